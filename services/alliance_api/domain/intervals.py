"""Estimates that never come without their n and how far off they may be."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from alliance_api.domain.quantiles import t_quantile
from alliance_api.domain.statistics import Z95

LEVEL = 0.95
_UPPER = (1 + LEVEL) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, from how many observations, and its 95 % interval.

    `interval` is None where the observations are too few, or do not vary, to say anything.
    """

    value: float
    n: int
    interval: tuple[float, float] | None


def mean_estimate(values: Sequence[float]) -> Estimate | None:
    """Return the mean and its t-interval, mean ± t(n - 1) · SD / sqrt(n); None for no values.

    One value has no interval, and that of two may exceed the whole scale: so it is.
    """
    n = len(values)
    if not n:
        return None
    mean = statistics.fmean(values)
    if n == 1:
        return Estimate(mean, 1, None)
    half = t_quantile(_UPPER, n - 1) * statistics.stdev(values) / math.sqrt(n)
    return Estimate(mean, n, (mean - half, mean + half))


def correlation_estimate(x: Sequence[float], y: Sequence[float]) -> Estimate | None:
    """Return Pearson's r with Fisher's interval, tanh(atanh r ± 1.96 / sqrt(n - 3)).

    None for n < 3, and when either side does not vary; no interval for n = 3 or |r| = 1.
    Source: Fisher 1921.

    Raises:
        ValueError: for sequences of different lengths.
    """
    slope = slope_estimate(x, y)
    if slope is None or _flat(y):
        return None
    r = max(-1.0, min(1.0, slope.value * math.sqrt(spread(x) / spread(y))))
    if slope.n == 3 or math.isclose(abs(r), 1):  # noqa: PLR2004 - sqrt(n - 3) divides
        return Estimate(r, slope.n, None)
    half = Z95 / math.sqrt(slope.n - 3)
    return Estimate(r, slope.n, (math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)))


def slope_estimate(x: Sequence[float], y: Sequence[float]) -> Estimate | None:
    """Return the least-squares slope of y on x with its t(n - 2) interval.

    None for n < 3, where every line fits, and when x does not vary.

    Raises:
        ValueError: for sequences of different lengths.
    """
    if len(x) != len(y):
        raise ValueError("every x needs its y")
    n = len(x)
    if n < 3 or _flat(x):  # noqa: PLR2004 - two points always lie on a line
        return None
    spread_x = spread(x)
    value = _products(x, y) / spread_x
    error = max(0.0, spread(y) - value * value * spread_x) / (n - 2)
    half = t_quantile(_UPPER, n - 2) * math.sqrt(error / spread_x)
    return Estimate(value, n, (value - half, value + half))


def spread(values: Sequence[float]) -> float:
    """Return the sum of squared deviations from the mean."""
    mean = statistics.fmean(values)
    return math.fsum([(value - mean) * (value - mean) for value in values])


def _products(x: Sequence[float], y: Sequence[float]) -> float:
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    return math.fsum([(a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)])


def _flat(values: Sequence[float]) -> bool:
    # By the values themselves: the spread of equal tenths is seldom exactly 0.
    return min(values) == max(values)
