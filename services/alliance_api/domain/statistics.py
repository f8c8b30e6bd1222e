"""Small-sample statistics that know when to say nothing."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""

MINIMUM_N = 5
"""Fewer observations than this say too little about a person to be shown. [D]"""


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float] | None:
    """Return the Wilson score interval of a proportion, within [0, 1]; None when n is 0.

    Source: Wilson 1927, (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    Raises:
        ValueError: unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n")
    if n == 0:
        return None
    p = successes / n
    centre = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At p = 0 and p = 1 the ends are exact on paper but not in floating point.
    return max(0.0, min(p, (centre - half) / scale)), min(1.0, max(p, (centre + half) / scale))


def median(values: Sequence[float]) -> float | None:
    """Return the middle value, the mean of the two middle ones if they are even; None if none."""
    return float(statistics.median(values)) if values else None


def variation(values: Sequence[float]) -> float | None:
    """Return the coefficient of variation, sample SD / mean; None for n < 2 or a mean of 0."""
    if len(values) < 2:  # noqa: PLR2004 - one value does not vary
        return None
    mean = statistics.fmean(values)
    return statistics.stdev(values) / mean if mean else None


@dataclass(frozen=True, slots=True)
class Rate:
    """A proportion with its n. It has no value below `MINIMUM_N`, and none is not zero."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The proportion, 0 to 1; None when the denominator is below `MINIMUM_N`."""
        return self.numerator / self.denominator if self.denominator >= MINIMUM_N else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % Wilson interval; None whenever the value is."""
        return wilson(self.numerator, self.denominator) if self.value is not None else None
