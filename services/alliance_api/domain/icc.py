"""Intraclass correlations of a cohort: how far informants agree over many dyads."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from alliance_api.domain.intervals import LEVEL, Estimate
from alliance_api.domain.methods import Method
from alliance_api.domain.quantiles import f_quantile

METHOD = Method("icc", "1")
_UPPER = (1 + LEVEL) / 2


@dataclass(frozen=True, slots=True)
class Icc:
    """The six coefficients of `n` targets and `k` raters, each with its 95 % interval.

    `absolute` is ICC(2,1): the same value counts. `consistency` is ICC(3,1): the same order
    counts. `one_way` is ICC(1,1). `..._of_mean` are of the raters' mean, ICC(·,k), and endlessly
    low where those means differ by no more than error can make them. The mean squares are between
    targets, within targets, between raters, and residual.
    """

    n: int
    k: int
    between: float
    within: float
    raters: float
    residual: float
    one_way: Estimate
    absolute: Estimate
    consistency: Estimate
    one_way_of_mean: Estimate
    absolute_of_mean: Estimate
    consistency_of_mean: Estimate
    method: Method = METHOD


def icc(table: Sequence[Sequence[float]]) -> Icc | None:
    """Return the coefficients of a table with one row a target and one column a rater.

    None below 3 targets or 2 raters, and when nothing varies. Interval None where raters agree
    perfectly, or contradict each other so that their means do not differ: it would have no width.
    Source: Shrout & Fleiss 1979.

    Raises:
        ValueError: for rows of different lengths.
    """
    n, k = len(table), len(table[0]) if table else 0
    if n < 3 or k < 2 or len({value for row in table for value in row}) < 2:  # noqa: PLR2004 - see above
        return None
    between, within, raters, residual = _mean_squares(table, n, k)
    one_way = _one_way(between, within, n, k)
    absolute = _absolute(between, raters, residual, n, k)
    consistency = _consistency(between, residual, n, k)
    return Icc(
        n,
        k,
        between,
        within,
        raters,
        residual,
        one_way,
        absolute,
        consistency,
        _stepped_up(one_way, k),
        _stepped_up(absolute, k),
        _stepped_up(consistency, k),
    )


def _mean_squares(
    table: Sequence[Sequence[float]], n: int, k: int
) -> tuple[float, float, float, float]:
    rows = [statistics.fmean(row) for row in table]
    columns = [statistics.fmean(column) for column in zip(*table, strict=True)]
    grand = statistics.fmean(rows)
    targets = k * math.fsum((row - grand) ** 2 for row in rows)
    raters = n * math.fsum((column - grand) ** 2 for column in columns)
    total = math.fsum((value - grand) ** 2 for row in table for value in row)
    residual = max(0.0, total - targets - raters)
    return (
        targets / (n - 1),
        (raters + residual) / (n * (k - 1)),
        raters / (k - 1),
        residual / ((n - 1) * (k - 1)),
    )


def _one_way(between: float, within: float, n: int, k: int) -> Estimate:
    value = (between - within) / (between + (k - 1) * within)
    return Estimate(value, n, _of_f(between, within, n, k, n * (k - 1)))


def _consistency(between: float, residual: float, n: int, k: int) -> Estimate:
    value = (between - residual) / (between + (k - 1) * residual)
    return Estimate(value, n, _of_f(between, residual, n, k, (n - 1) * (k - 1)))


def _of_f(between: float, error: float, n: int, k: int, df: int) -> tuple[float, float] | None:
    if not (between and error):
        return None
    f = between / error
    low, high = f / f_quantile(_UPPER, n - 1, df), f * f_quantile(_UPPER, df, n - 1)
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _absolute(between: float, raters: float, residual: float, n: int, k: int) -> Estimate:
    value = (between - residual) / (between + (k - 1) * residual + k * (raters - residual) / n)
    if not (between and residual):
        return Estimate(value, n, None)
    # Satterthwaite's degrees of freedom, as in Shrout & Fleiss 1979, p. 424.
    a, f_raters = n * (1 + (k - 1) * value) - k * value, raters / residual
    df = (n - 1) * (k - 1) * (k * value * f_raters + a) ** 2
    df /= (n - 1) * k**2 * value**2 * f_raters**2 + a**2
    up, down = f_quantile(_UPPER, n - 1, df), f_quantile(_UPPER, df, n - 1)
    shared = k * raters + (k * n - k - n) * residual
    low = n * (between - up * residual) / (up * shared + n * between)
    high = n * (down * between - residual) / (shared + n * down * between)
    return Estimate(value, n, (low, high))


def _stepped_up(one: Estimate, k: int) -> Estimate:
    """Spearman-Brown: the coefficient of the mean of k raters."""

    def up(r: float) -> float:
        share = 1 + (k - 1) * r
        return k * r / share if share > 0 else -math.inf

    ends = None if one.interval is None else (up(one.interval[0]), up(one.interval[1]))
    return Estimate(up(one.value), one.n, ends)
