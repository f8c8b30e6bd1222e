"""Rules that show a rupture: a fall beyond a person's own spread and beyond that between people.

All look down only. The published methods disagree on thresholds and there is no standard, so two
thresholds are reported, each with the stricter of the two spreads (Gumz 2012 [S30]).
"""

import math
import statistics
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from alliance_api.domain.charts import BASELINE, NOISE, Limits, RangeForm, frozen_limits, is_below
from alliance_api.domain.episodes import WINDOW, Alarm, AlarmRule, Episode, Pattern, episodes
from alliance_api.domain.exact import exact
from alliance_api.domain.intervals import spread
from alliance_api.domain.methods import Method

__all__ = [
    "CHART",
    "DROP_1SD",
    "DROP_2SD",
    "FALL_FROM_USUAL",
    "Episode",
    "Pattern",
    "chart_rule",
    "drop_rule",
    "drops",
    "fall_in_sds",
    "fall_rule",
    "fall_start",
    "fell_by",
    "spread_before",
    "stricter",
]

DROP_1SD = Method("rupture-drop-1sd", "1")
DROP_2SD = Method("rupture-drop-2sd", "1")
FALL_FROM_USUAL = Method("rupture-fall-from-usual", "1")
CHART = Method("rupture-chart", "1")

TOLERANCE = 0.5
"""A repair may stay this many SD below the level before the fall. [D]"""

LONGEST_DECLINE = 6
"""Sessions of the longest decline that was observed. Source: Gumz 2012 [S30b]."""

LEAST_BEFORE, LEAST_BEFORE_ALONE = 3, 5
"""Sessions before the first alarm, with an SD between people, and without one. [D]

Alliance at intake is an expectation, and two or three points have no spread worth the name.
"""


def stricter(within: float | None, between: float | None) -> float | None:
    """Return the larger of the known spreads, in scale points; None if none is above 0."""
    known = [sd for sd in (within, between) if sd is not None and sd > NOISE]
    return max(known, default=None)


def drops(
    values: Sequence[float],
    *,
    k: int,
    between_sd: float | None = None,
    window: int = WINDOW,
    tolerance: float = TOLERANCE,
) -> tuple[Episode, ...]:
    """Return drop-and-return ruptures in hindsight, as published: the SD is of *all* sessions.

    For looking back on a finished course; a later session may change what is found, so signals
    are made by `fall_rule` instead. `k` is 1 or 2.
    """
    within = _stdev(tuple(values)) if len(values) > 1 else None
    sd = stricter(within, between_sd)
    if sd is None:
        return ()
    return episodes(values, drop_rule(values, sd, k=k, window=window, tolerance=tolerance))


# Each threshold asks for it.
@lru_cache(maxsize=16)
def _stdev(values: tuple[float, ...]) -> float:
    return statistics.stdev(values)


def drop_rule(
    values: Sequence[float],
    sd: float,
    *,
    k: int,
    window: int = WINDOW,
    tolerance: float = TOLERANCE,
) -> AlarmRule:
    """Alarm at x_t - x_(t-1) <= -k · SD; repaired at x_u >= x_(t-1) - tolerance · SD.

    Between two undisturbed sessions with noise SD s the chance is Φ(-k · SD / (s · sqrt 2)):
    24 % at k = 1 and 8 % at k = 2 if s is the SD itself, 8 % and 0.2 % if SD is twice s.
    Source: Stiles 2004 and Strauss 2006 in a parametric form of our own (facts 2.2).

    Raises:
        ValueError: unless k is 1 or 2.
    """
    method = _drop_method(k)

    def rule(index: int) -> Alarm | None:
        if index == 0 or not fell_by(values[index - 1], values[index], k * sd):
            return None
        before = values[index - 1]
        return Alarm(method, index, before, before - tolerance * sd, window)

    return rule


def spread_before(
    values: Sequence[float], index: int, between_sd: float | None = None
) -> float | None:
    """Return the stricter spread as far as it is known before a session; None if too little is."""
    least = LEAST_BEFORE_ALONE if between_sd is None else LEAST_BEFORE
    if index < least:
        return None
    before = values[:index]
    return stricter(math.sqrt(spread(before) / (len(before) - 1)), between_sd)


def fall_in_sds(
    values: Sequence[float], index: int, between_sd: float | None = None
) -> float | None:
    """Return how many SDs a session lies below the median of the earlier ones.

    None as long as too little is known; below 0 for a rise.
    """
    sd = spread_before(values, index, between_sd)
    return None if sd is None else (statistics.median(values[:index]) - values[index]) / sd


def fall_rule(
    values: Sequence[float], *, k: float = 1, between_sd: float | None = None
) -> AlarmRule:
    """Alarm k · SD below what was usual, however many sessions the fall took; mended at any time.

    Usual is the median of all earlier sessions, so that neither one bad session of the baseline
    nor coming down from one good one matters; the SD is theirs or people's, the stricter. Without
    an SD between people take k = 2 or the chart: k = 1 of a person's own spread alone alarms at
    about every sixth undisturbed session. Rates found by simulation: `study`.
    """

    def rule(index: int) -> Alarm | None:
        if index < LEAST_BEFORE:
            return None
        level = statistics.median(values[:index])
        # The SD, which is slow to find, is never below the one between people.
        short = level - values[index] < k * (between_sd or 0) - _NEAR
        sd = None if short else spread_before(values, index, between_sd)
        if sd is None or not fell_by(level, values[index], k * sd):
            return None
        start = fall_start(values, index, level)
        return Alarm(FALL_FROM_USUAL, start, level, level - TOLERANCE * sd, window=None)

    return rule


def chart_rule(
    values: Sequence[float],
    at: Sequence[datetime] | None = None,
    *,
    baseline: int = BASELINE,
    form: RangeForm = RangeForm.MEAN,
    least: float = 0,
) -> AlarmRule:
    """Alarm below the lower limit; repaired within one sigma of the mean, at any later time.

    A fall of less than `least` points below the mean is none: near the ceiling limits are so
    narrow that a single step would be beyond them.

    Chance per undisturbed session: `charts.Chart.false_alarm_rate`. That the limits alone do not
    end an episode keeps a series that wavers around them from being many [D].
    Source: Eubanks-Carter, Gorman & Muran 2012.
    """
    before = frozen_limits(values, at, baseline=baseline, form=form)

    def rule(index: int) -> Alarm | None:
        found = before(index)
        if not (isinstance(found, Limits) and is_below(values[index], found)):
            return None
        if not fell_by(found.mean, values[index], least):
            return None
        return Alarm(CHART, index, found.mean, found.mean - found.sigma, window=None)

    return rule


def _drop_method(k: int) -> Method:
    methods = {1: DROP_1SD, 2: DROP_2SD}
    if k not in methods:
        raise ValueError("k is 1 or 2")
    return methods[k]


def fall_start(values: Sequence[float], index: int, level: float) -> int:
    """Return the first of the falling sessions, 6 at most, to lie a quarter of the fall down."""
    start, quarter = index, level - (level - values[index]) / 4
    while start > max(1, index - LONGEST_DECLINE + 1) and (
        values[start] < values[start - 1] <= quarter
    ):
        start -= 1
    return start


def fell_by(before: float, after: float, by: float) -> bool:
    """Tell whether a score fell by at least so many points, as the numbers are written."""
    # Near the edge of the numbers as written, so that a fall of exactly k SD is one; fractions are
    # slow, and most falls are nowhere near.
    fall = before - after
    if abs(fall - by) > _NEAR:
        return fall > by
    return exact(before) - exact(after) >= exact(by) - exact(NOISE)


_NEAR = 1e-6
