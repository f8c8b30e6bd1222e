"""Slow falls as episodes: what EWMA and CUSUM see in the sessions after a frozen baseline.

For looking at a course, not for alarms: they find what creeps, and cry wolf more often than the
rule that signals are made by (docs/reference/ruptures.md says how often).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from alliance_api.domain.charts import BASELINE, NOISE, Limits, frozen_limits
from alliance_api.domain.drift import CUSUM_METHOD, EWMA_METHOD, cusum, ewma
from alliance_api.domain.episodes import Alarm, Episode, follow
from alliance_api.domain.methods import Method
from alliance_api.domain.ruptures import TOLERANCE

# Of the sessions since a fresh start: the first below, and the first of the fall that led there.
_Seen = Callable[[Sequence[float], Limits], tuple[int, int] | None]


def slow_falls(
    values: Sequence[float], at: Sequence[datetime] | None = None, *, baseline: int = BASELINE
) -> tuple[Episode, ...]:
    """Return the slow falls after the first `baseline` sessions, by EWMA and then by CUSUM.

    One begins with the first session after the smoothed series last lay at its mean (EWMA), or
    after the sum was last 0 (CUSUM). It is mended, at any time, by a session no more than half a
    sigma below the mean; then both begin afresh. None without a full baseline, or of one that
    does not vary. Rises are no falls.
    """
    limits = frozen_limits(values, at, baseline=baseline)(baseline)
    if len(values) <= baseline or not isinstance(limits, Limits):
        return ()
    return tuple(
        episode
        for method, seen in ((EWMA_METHOD, _by_ewma), (CUSUM_METHOD, _by_cusum))
        for episode in _falls(values, baseline, limits, method, seen)
    )


def _falls(
    values: Sequence[float], since: int, limits: Limits, method: Method, seen: _Seen
) -> Iterator[Episode]:
    mended_at = limits.mean - TOLERANCE * limits.sigma
    while below := seen(values[since:], limits):
        alarm, start = below
        why = Alarm(method, since + start, limits.mean, mended_at, window=None)
        episode, since = follow(values, since + alarm, why)
        yield episode


def _by_ewma(values: Sequence[float], limits: Limits) -> tuple[int, int] | None:
    found = ewma(values, limits.mean, limits.sigma)
    return _first(found.below, [each >= limits.mean - NOISE for each in found.smoothed])


def _by_cusum(values: Sequence[float], limits: Limits) -> tuple[int, int] | None:
    found = cusum(values, limits.mean, limits.sigma)
    return _first(found.below, [each <= NOISE for each in found.low])


def _first(below: Sequence[int], usual: Sequence[bool]) -> tuple[int, int] | None:
    if not below:
        return None
    before = (index for index in range(below[0] - 1, -1, -1) if usual[index])
    return below[0], next(before, -1) + 1
