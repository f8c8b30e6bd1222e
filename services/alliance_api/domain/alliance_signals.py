"""Rules over scores: each returns its episodes, one mark for each, however long it lasts."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from alliance_api.domain.beyond_noise import SHARE_OF_RANGE, beyond_noise_rule
from alliance_api.domain.change import METHOD as CHANGE_METHOD
from alliance_api.domain.change import Direction, change
from alliance_api.domain.episodes import AlarmRule, Episode, episodes
from alliance_api.domain.marks import Mark, mark_run, runs
from alliance_api.domain.methods import Method
from alliance_api.domain.psychometrics import CEILING_METHOD
from alliance_api.domain.scoring import pomp
from alliance_api.domain.tension import reported
from alliance_api.domain.views import Cut, Pairing, Reading, Reports, Series, TensionReport

LOW = Method("low-alliance", "1")
DIVERGENCE = Method("divergence", "1")

FIRST = 3
"""The mean of so many first scores is where a person began; intake alone is expectation. [D]"""


@dataclass(frozen=True, slots=True)
class MarkedRupture:
    """A rupture and, once it came, its repair; both are known by the session of the alarm."""

    mark: Mark
    repair: Mark | None


def low(series: Series) -> Iterator[Mark]:
    """Yield each run of scores below the cut; none without a cut."""
    if series.cut is None:
        return
    cut = series.cut
    for run in runs([_is_low(reading.value, cut) for reading in series.readings]):
        yield _mark(series.readings, run, LOW)


def reliable_falls(series: Series) -> Iterator[Mark]:
    """Yield each run of scores reliably below the mean of the first three; none without a norm."""
    first = series.readings[:FIRST]
    if series.norm is None or len(first) < FIRST:
        return
    before = statistics.fmean(reading.value for reading in first)
    fallen = [False] * FIRST + [
        change(before, reading.value, series.norm).direction is Direction.DOWN
        for reading in series.readings[FIRST:]
    ]
    for run in runs(fallen):
        yield _mark(series.readings, run, CHANGE_METHOD)


def ruptures(series: Series) -> tuple[MarkedRupture, ...]:
    """Return the ruptures of a series: falls beyond its own noise, and by 1 SD between people."""
    values = [reading.value for reading in series.readings]
    found = episodes(values, _rupture_rule(series, values))
    return tuple(_rupture(series.readings, each) for each in found)


def reported_ruptures(reports: Reports) -> tuple[MarkedRupture, ...]:
    """Return the ruptures an informant reported."""
    found = reported([each.tension for each in reports.reports])
    return tuple(_rupture(reports.reports, each) for each in found)


def at_ceiling(series: Series, least: int) -> Iterator[Mark]:
    """Yield each run of at least so many scores at the maximum."""
    flags = [reading.value >= series.maximum for reading in series.readings]
    for run in runs(flags, least):
        yield _mark(series.readings, run, CEILING_METHOD, least)


def divergences(
    series: Sequence[Series], pairing: Pairing, far: float, least: int
) -> Iterator[Mark]:
    """Yield each run of shared sessions in which one sees at least `far` POMP more than the other.

    Nothing if the view lacks either series. Evidence and episodes are sessions.
    """
    by_key = {each.key: each for each in series}
    if pairing.client not in by_key or pairing.therapist not in by_key:
        return
    client, therapist = _by_session(by_key[pairing.client]), _by_session(by_key[pairing.therapist])
    shared = [session for session in client if session in therapist]
    gaps = [therapist[session].pomp - client[session].pomp for session in shared]
    # Both have rated: before the later of them did, nobody could compare.
    at = [max(client[session].at, therapist[session].at) for session in shared]
    for side in (1, -1):
        for run in runs([side * gap >= far for gap in gaps], least):
            yield mark_run(shared, at, run, DIVERGENCE, least)


def _is_low(value: float, cut: Cut) -> bool:
    return value <= cut.value if cut.inclusive else value < cut.value


def _mark(readings: Sequence[Reading], run: range, method: Method, least: int = 1) -> Mark:
    keys = [reading.key for reading in readings]
    return mark_run(keys, [reading.at for reading in readings], run, method, least)


def _rupture_rule(series: Series, values: Sequence[float]) -> AlarmRule:
    sd = series.norm.sd if series.norm else SHARE_OF_RANGE * (series.maximum - series.minimum)
    return beyond_noise_rule(values, sd)


def _rupture(seen: Sequence[Reading | TensionReport], episode: Episode) -> MarkedRupture:
    alarm, method, repair = episode.alarm, episode.method, episode.repair
    begin = seen[alarm].key
    fall = tuple(seen[i].key for i in episode.evidence if i != repair)
    mark = Mark(begin, seen[alarm].at, fall, method, episode.over)
    if repair is None:
        return MarkedRupture(mark, None)
    mended = (*fall, seen[repair].key)
    return MarkedRupture(mark, Mark(begin, seen[repair].at, mended, method, episode.over))


# Few values come again and again, and exact fractions are slow.
_pomp = lru_cache(maxsize=4096)(pomp)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How one informant saw a session, in percent of maximum possible, and when they said so."""

    pomp: float
    at: datetime


def _by_session(series: Series) -> dict[str, _Seen]:
    return {
        reading.session: _Seen(_pomp(reading.value, series.minimum, series.maximum), reading.at)
        for reading in series.readings
        if reading.session is not None
    }
