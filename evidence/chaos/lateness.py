"""When each reminder arrived, against when it should have; and what held up those that came later.

The rule is due + lease + 5 seconds, by the sink's clock. What came later is late, and counted. It is
explained only by what the driver or the sink did to that very reminder: it was held by a worker when
that was killed, or PostgreSQL restarted while it was due, more than once (each further time costs a
lease); the provider refused it or let it hang (each time costs the pause before the next try, at most,
or the time-out). A late one that this does not explain is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from notifier.worker.sender import FIRST_DELAY, LONGEST_DELAY, SEND_SECONDS

STALLED = "stalled"


@dataclass(frozen=True)
class Journey:
    """What happened to one reminder: true instants, what the provider said to it, its workers' deaths."""

    due: float
    arrived: float
    refusals: Sequence[tuple[float, str]]
    deaths: int


@dataclass(frozen=True)
class Lateness:
    """How late they were."""

    untouched_p99: float
    p99: float
    slowest: float
    late: int
    twice_held_up: int
    refused: int
    findings: tuple[Journey, ...]

    @property
    def unexplained(self) -> int:
        """How many were late, and nothing that was done to them says why."""
        return len(self.findings)


def lateness(
    journeys: Iterable[Journey],
    outages: Sequence[tuple[float, float]],
    lease: float,
    patience: float,
) -> Lateness:
    """Judge every journey."""
    found = sorted(journeys, key=_delay)
    late = [each for each in found if _delay(each) > lease + patience]
    again = {id(each): _further_leases(each, outages) * lease for each in late}
    paused = {id(each): _pauses(each) for each in late}
    untouched = [each for each in found if not each.refusals and not _held_up(each, outages)]
    return Lateness(
        untouched_p99=_percentile(untouched),
        p99=_percentile(found),
        slowest=_delay(found[-1]),
        late=len(late),
        twice_held_up=sum(again[id(each)] > 0 for each in late),
        refused=sum(paused[id(each)] > 0 and not again[id(each)] for each in late),
        findings=tuple(
            each
            for each in late
            if _delay(each) > lease + patience + again[id(each)] + paused[id(each)]
        ),
    )


def _delay(journey: Journey) -> float:
    return journey.arrived - journey.due


def _percentile(journeys: Sequence[Journey]) -> float:
    return _delay(journeys[len(journeys) * 99 // 100]) if journeys else 0.0


def _held_up(journey: Journey, outages: Sequence[tuple[float, float]]) -> int:
    """Count what may have cost a lease: the deaths of its workers, and the database's."""
    met = sum(began < journey.arrived and ended > journey.due for began, ended in outages)
    return journey.deaths + met


def _further_leases(journey: Journey, outages: Sequence[tuple[float, float]]) -> int:
    return max(0, _held_up(journey, outages) - 1)


def _pauses(journey: Journey) -> float:
    """Return the longest that it may have waited because of what the provider answered."""
    before = [kind for at, kind in journey.refusals if at <= journey.arrived]
    return sum(
        SEND_SECONDS + FIRST_DELAY
        if kind == STALLED
        else min(LONGEST_DELAY, FIRST_DELAY * 2 ** (number + journey.deaths))
        for number, kind in enumerate(before, 1)
    )


def as_journeys(
    found: Mapping[str, tuple[float, int]], seen: Mapping[str, Mapping[str, list[list[float]]]]
) -> list[Journey]:
    """Return the journeys of keys that arrived, given when each was due and its workers' deaths."""
    return [
        Journey(
            due,
            float(seen["effects"][key][0]),  # type: ignore[arg-type]  # instants, no pairs
            [(float(at), str(kind)) for at, kind in seen["refusals"].get(key, [])],
            deaths,
        )
        for key, (due, deaths) in found.items()
        if key in seen["effects"]
    ]
