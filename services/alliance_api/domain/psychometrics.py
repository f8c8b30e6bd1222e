"""Findings about many scores: ceilings, alignment, internal consistency.

What is noticeable about a single form is told by `findings`.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from alliance_api.domain.exact import exact
from alliance_api.domain.methods import Method
from alliance_api.domain.statistics import wilson

CEILING_METHOD = Method("ceiling", "1")

CEILING_SHARE = 0.15
"""A scale is at its ceiling if strictly more forms than this share are. Terwee et al. 2007 [M]"""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The share of `n` forms at the maximum, with its Wilson interval. At the ceiling a form
    says nothing about improvement, which is not the same as "excellent".
    """  # noqa: D205 - one sentence, two lines

    n: int
    share: float
    interval: tuple[float, float] | None
    flagged: bool
    method: Method = CEILING_METHOD


def ceiling(scores: Sequence[float], maximum: float) -> Ceiling | None:
    """Return how many scores are at the maximum; None, not 0, without scores."""
    n = len(scores)
    if not n:
        return None
    top = sum(score >= maximum for score in scores)
    return Ceiling(n, top / n, wilson(top, n), top / n > CEILING_SHARE)


def t_score(score: float, mean: float, sd: float) -> float:
    """Return 50 + 10 (score - mean) / sd, by the norm of the *same* scale and population.

    Raises:
        ValueError: unless sd > 0.
    """
    if sd <= 0:
        raise ValueError("sd must be above 0")
    return 50 + 10 * (score - mean) / sd


def rescale(value: float, from_range: tuple[float, float], to_range: tuple[float, float]) -> float:
    """Return a value mapped linearly from one range to another, such as 0..100 to 1..9. Exact.

    Raises:
        ValueError: for a range that is empty.
    """
    (low, high), (to_low, to_high) = from_range, to_range
    if not (low < high and to_low < to_high):
        raise ValueError("a range goes up")
    share = (exact(value) - exact(low)) / (exact(high) - exact(low))
    return float(exact(to_low) + share * (exact(to_high) - exact(to_low)))


def alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Return Cronbach's alpha, k/(k - 1) · (1 - Σ item variances / variance of totals).

    One row a person, one column an item, keyed; variances over n - 1. None below 2 rows or 2
    items, and when totals do not vary. May be negative. Source: Cronbach 1951.

    Raises:
        ValueError: for rows of different lengths.
    """
    items = list(zip(*rows, strict=True))
    k = len(items)
    if len(rows) < 2 or k < 2:  # noqa: PLR2004 - neither varies
        return None
    totals = [math.fsum(row) for row in rows]
    if min(totals) == max(totals):
        return None
    within = math.fsum(statistics.variance(item) for item in items)
    return k / (k - 1) * (1 - within / statistics.variance(totals))
