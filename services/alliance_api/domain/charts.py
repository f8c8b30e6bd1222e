"""The individuals chart: a person's own sessions against that person's own frozen baseline."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from alliance_api.domain.exact import exact
from alliance_api.domain.false_alarms import false_alarm_rate
from alliance_api.domain.instants import between
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
        float(abs(exact(here) - exact(before)))
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
    # Summed exactly, so that a series of equal values has a range of 0 and not nearly so.
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
    """Return the series against limits frozen on its first `baseline` points.

    With fewer points, but at least 5, the limits are provisional: of all points but the last, so
    that the tested point is never part of its own baseline. A baseline without moving ranges has
    no chart: CEILING if it lies at `maximum`, else NO_VARIATION.

    Raises:
        ValueError: for a baseline below 5.
    """
    if baseline < PROVISIONAL_BASELINE:
        raise ValueError("a baseline has at least 5 points")
    n = baseline_length(len(values), baseline)
    first = values[:n]
    found = limits(first, at[:n] if at is not None else None, form)
    if n < PROVISIONAL_BASELINE or found is None:
        return Chart(None, None, (), None, NoChart.TOO_FEW_SESSIONS)
    if found.range <= NOISE:
        at_maximum = maximum is not None and min(first) >= maximum
        return Chart(None, None, (), None, NoChart.CEILING if at_maximum else NoChart.NO_VARIATION)
    below = tuple(i for i in range(n, len(values)) if values[i] < found.lower - NOISE)
    standing = Standing.FULL if n >= BASELINE else Standing.PROVISIONAL
    return Chart(found, standing, below, false_alarm_rate(n), None)


def baseline_length(sessions: int, baseline: int = BASELINE) -> int:
    """Return how many first points the limits of a series of this length are made of."""
    return baseline if sessions > baseline else min(baseline, sessions)


def _long_gaps(at: Sequence[datetime], n: int) -> frozenset[int]:
    if len(at) != n:
        raise ValueError("every value needs its instant")
    intervals = [between(before, here) for before, here in pairwise(at)]
    if not intervals:
        return frozenset()
    longest = LONG_GAP * statistics.median(each.total_seconds() for each in intervals)
    return frozenset(i for i, each in enumerate(intervals, 1) if each.total_seconds() > longest)
