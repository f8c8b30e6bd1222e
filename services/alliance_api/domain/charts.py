"""The individuals chart: a person's own sessions against that person's own frozen baseline."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import pairwise

from alliance_api.domain.exact import difference
from alliance_api.domain.false_alarms import false_alarm_rate
from alliance_api.domain.instants import on_the_line
from alliance_api.domain.methods import Method

METHOD = Method("individuals-chart", "1")
BASELINE, PROVISIONAL_BASELINE = 8, 5
"""Valid sessions a baseline needs, and how many give a provisional one. [D]"""

D2, D2_MEDIAN, D4 = 1.128, 0.954, 3.267
"""Constants of moving ranges of two: mean, median, upper limit. Source: facts 2.2 [S65]."""

LONG_GAP = 3
"""A gap above this many median intervals breaks the series of moving ranges. [D]"""

NOISE = 1e-9


class RangeForm(StrEnum):
    """From which moving range the spread is told; the median one bears with an outlier."""

    MEAN = "MEAN"
    MEDIAN = "MEDIAN"


class Standing(StrEnum):
    """How far a baseline can be trusted."""

    FULL = "FULL"
    PROVISIONAL = "PROVISIONAL"


class NoChart(StrEnum):
    """Why there are no limits."""

    TOO_FEW_SESSIONS = "TOO_FEW_SESSIONS"
    CEILING = "CEILING"
    NO_VARIATION = "NO_VARIATION"


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre and limits, unclipped, in scale points; `ranges` moving ranges from `n` points."""

    mean: float
    range: float
    sigma: float
    lower: float
    upper: float
    range_upper: float
    n: int
    ranges: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A series against its baseline: indices (from 0) of later points below the lower limit.

    `limits` is None when `reason` says why; then nothing is below. Points above the upper limit
    are no alarm and are not even listed. `false_alarm_rate` is the chance per later session.
    """

    limits: Limits | None
    standing: Standing | None
    below: tuple[int, ...]
    false_alarm_rate: float | None
    reason: NoChart | None = None
    method: Method = METHOD


def moving_ranges(values: Sequence[float], at: Sequence[datetime] | None = None) -> list[float]:
    """Return |x_i - x_(i-1)|, leaving out the pairs a long gap lies between.

    Raises:
        ValueError: if `at` has another length, or carries no offsets from UTC.
    """
    gaps = _long_gaps(at, len(values)) if at is not None else frozenset()
    return [
        abs(difference(before, here))
        for i, (before, here) in enumerate(pairwise(values), 1)
        if i not in gaps
    ]


def limits(
    values: Sequence[float],
    at: Sequence[datetime] | None = None,
    form: RangeForm = RangeForm.MEAN,
) -> Limits | None:
    """Return mean ± 3 · MRbar / 1.128, or ± 3 · median MR / 0.954; None without a moving range.

    Of the given points and no others; limits that collapse are returned as they are, see `chart`.
    Source: NIST/SEMATECH e-Handbook 6.3.2.2.
    """
    ranges = moving_ranges(values, at)
    if not ranges:
        return None
    mean = statistics.fmean(values)
    if form is RangeForm.MEAN:
        typical, constant = math.fsum(ranges) / len(ranges), D2
    else:
        typical, constant = statistics.median(ranges), D2_MEDIAN
    sigma = typical / constant
    lower, upper = mean - 3 * sigma, mean + 3 * sigma
    return Limits(mean, typical, sigma, lower, upper, D4 * typical, len(values), len(ranges))


def chart(
    values: Sequence[float],
    at: Sequence[datetime] | None = None,
    *,
    baseline: int = BASELINE,
    maximum: float | None = None,
    form: RangeForm = RangeForm.MEAN,
) -> Chart:
    """Return the series with the limits its next point will be judged by.

    Limits are frozen on the first `baseline` points; as long as there are fewer, but at least 5,
    they are provisional. Every point was judged by the points *before* it, so it is never part of
    its own baseline and no later point changes the verdict. A baseline whose moving ranges are
    all 0 has no chart: CEILING if it lies at `maximum`, else NO_VARIATION.

    Raises:
        ValueError: for a baseline below 5, or for instants that do not fit the values.
    """
    if baseline < PROVISIONAL_BASELINE:
        raise ValueError("a baseline has at least 5 points")
    before = frozen_limits(values, at, baseline=baseline, form=form)
    found = before(len(values))
    if isinstance(found, NoChart):
        return Chart(None, None, (), None, _why(found, values[:baseline], maximum))
    below = tuple(
        i for i in range(PROVISIONAL_BASELINE, len(values)) if is_below(values[i], before(i))
    )
    standing = Standing.FULL if found.n >= BASELINE else Standing.PROVISIONAL
    return Chart(found, standing, below, false_alarm_rate(found.n))


def limits_before(
    index: int,
    values: Sequence[float],
    at: Sequence[datetime] | None = None,
    *,
    baseline: int = BASELINE,
    form: RangeForm = RangeForm.MEAN,
) -> Limits | NoChart:
    """Return the limits in force for the point at `index`, or why there are none."""
    return frozen_limits(values, at, baseline=baseline, form=form)(index)


def frozen_limits(
    values: Sequence[float],
    at: Sequence[datetime] | None = None,
    *,
    baseline: int = BASELINE,
    form: RangeForm = RangeForm.MEAN,
) -> Callable[[int], Limits | NoChart]:
    """Return `limits_before` by index; a baseline is computed once for all it judges."""

    @cache
    def of_first(n: int) -> Limits | NoChart:
        if n < PROVISIONAL_BASELINE:
            return NoChart.TOO_FEW_SESSIONS
        found = limits(values[:n], at[:n] if at is not None else None, form)
        if found is None:
            return NoChart.TOO_FEW_SESSIONS
        return found if found.range > NOISE else NoChart.NO_VARIATION

    return lambda index: of_first(min(index, baseline))


def is_below(value: float, found: Limits | NoChart) -> bool:
    """Tell whether a value lies below the lower limit, by more than floating-point noise."""
    return isinstance(found, Limits) and value < found.lower - NOISE


def _why(found: NoChart, first: Sequence[float], maximum: float | None) -> NoChart:
    if found is NoChart.NO_VARIATION and maximum is not None and min(first) >= maximum:
        return NoChart.CEILING
    return found


def _long_gaps(at: Sequence[datetime], n: int) -> frozenset[int]:
    if len(at) != n:
        raise ValueError("every value needs its instant")
    if n <= 1:
        return frozenset()
    intervals = [here - before for before, here in pairwise(on_the_line(at))]
    longest = LONG_GAP * statistics.median(each.total_seconds() for each in intervals)
    return frozenset(i for i, each in enumerate(intervals, 1) if each.total_seconds() > longest)
