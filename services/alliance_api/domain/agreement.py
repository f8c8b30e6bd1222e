"""How far clients and therapists of a whole organisation agree, told coarsely."""

import math
from collections.abc import Sequence

from alliance_api.domain.icc import icc
from alliance_api.domain.intervals import Estimate

__all__ = ["LEAST_DYADS", "MOST_AGREEMENT", "agreement"]

LEAST_DYADS = 20
"""Fewer dyads make an interval as wide as the scale. [D]"""
STEP = 0.05
MOST_AGREEMENT = 0.9
"""Told as more, it would tell every therapist what their clients said from what they said."""


def agreement(dyads: Sequence[tuple[float, float]], *, absolute: bool) -> Estimate | None:
    """Return the intraclass correlation of dyads in 20ths, with its interval rounded outwards.

    `absolute`: the same value counts (ICC(2,1)), for forms that are the same item for item; else
    the same order (ICC(3,1)). None below `LEAST_DYADS`, and where nothing varies.
    """
    found = icc(dyads) if len(dyads) >= LEAST_DYADS else None
    if found is None:
        return None
    exact = found.absolute if absolute else found.consistency
    value = _clipped(math.floor(exact.value / STEP + 0.5) * STEP)
    n = exact.n // 5 * 5
    if exact.interval is None:
        return Estimate(value, n, None)
    low, high = exact.interval
    ends = math.floor(low / STEP) * STEP, math.ceil(high / STEP) * STEP
    return Estimate(value, n, (min(value, max(-1.0, ends[0])), max(value, min(1.0, ends[1]))))


def _clipped(value: float) -> float:
    return round(min(max(value, -MOST_AGREEMENT), MOST_AGREEMENT), 2)
