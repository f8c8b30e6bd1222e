"""How reliable each party is, reported for each apart and never merged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from alliance_api.domain.attendance import SessionOutcome, on_time
from alliance_api.domain.commitments import CommitmentOutcome, CommitmentRecord, follow_through
from alliance_api.domain.instants import between
from alliance_api.domain.methods import Method
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.statistics import MINIMUM_N, Rate, median, variation

__all__ = [
    "METHOD",
    "MINIMUM_N",
    "CommitmentOutcome",
    "CommitmentRecord",
    "Policy",
    "Rate",
    "Reliability",
    "SessionRecord",
    "failed_by",
    "reliability",
]

METHOD = Method("reliability", "1")
_UNDECIDED = frozenset({None, SessionOutcome.MOVED})
_NOT_HELD = frozenset({SessionOutcome.MISSED, SessionOutcome.LATE_CANCELLED})


@dataclass(frozen=True, slots=True)
class Policy:
    """An organisation's own conventions [D]; there is no common standard for any of them."""

    grace_minutes: float = 5
    late_notice_hours: float = 24
    interval_days: float | None = None
    tolerance_days: float = 2


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session as far as reliability is concerned.

    `outcome` is None until somebody has said. `cancelled_by` is who called it off or, for a MISSED
    session, who stayed away; None is neither party for a cancellation. A MISSED session of which
    nobody said more is the client's (NHS 3: "did not attend, no advance warning"). `excused`
    keeps it out of the client's account: illness, or a fault of the system. Delays are in minutes.
    """

    planned_start: datetime
    outcome: SessionOutcome | None
    cancelled_by: PartyRole | None = None
    excused: bool = False
    client_delay: float | None = None
    therapist_delay: float | None = None
    held_start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reliability:
    """One party's reliability. Every figure is None below `MINIMUM_N` observations, never 0.

    `sessions` is the denominator of `kept`. `cadence` is the share of intervals between kept
    sessions that lie within the tolerance of the plan, with no intervals at all where the plan
    names none; `cadence_variation` their coefficient of variation. The period runs from the first
    to the last session that was decided.
    """

    party: PartyRole
    sessions: int
    kept: Rate
    punctual: Rate
    median_delay_minutes: float | None
    cadence: Rate
    cadence_variation: float | None
    follow_through: Rate
    late_cancellations: int
    period_start: datetime | None
    period_end: datetime | None
    method: Method = METHOD


def reliability(
    party: PartyRole,
    sessions: Iterable[SessionRecord],
    commitments: Iterable[CommitmentRecord],
    now: datetime,
    policy: Policy,
) -> Reliability:
    """Return one party's reliability over the sessions planned to start by `now`.

    Raises:
        ValueError: for datetimes without an offset.
    """
    past = _decided(sessions, now)
    held = [each for each in past if each.outcome is SessionOutcome.KEPT]
    judged = [failed_by(party, each, policy) for each in past]
    failed, counted = judged.count(True), len(judged) - judged.count(None)
    delays = [delay for delay in (_delay(party, each) for each in held) if delay is not None]
    intervals = _intervals_in_days(held)
    return Reliability(
        party=party,
        sessions=counted,
        kept=Rate(counted - failed, counted),
        punctual=Rate(sum(on_time(each, policy.grace_minutes) for each in delays), len(delays)),
        median_delay_minutes=median(delays) if len(delays) >= MINIMUM_N else None,
        cadence=_cadence(intervals, policy),
        cadence_variation=variation(intervals) if len(intervals) >= MINIMUM_N else None,
        follow_through=follow_through(party, commitments).completed,
        late_cancellations=sum(_is_late_cancellation(party, each) for each in past),
        period_start=past[0].planned_start if past else None,
        period_end=past[-1].planned_start if past else None,
    )


def failed_by(party: PartyRole, session: SessionRecord, policy: Policy) -> bool | None:
    """Return whether a party failed a session; None where it does not count for that party.

    The therapist answers for everything planned. The client answers for what was kept and what
    failed by the client; what others called off, or was called off in time, is not a failing.
    """
    if session.outcome in _UNDECIDED:
        return None
    failed = _is_failure(party, session, policy)
    kept = session.outcome is SessionOutcome.KEPT
    return failed if failed or kept or party is PartyRole.THERAPIST else None


def _decided(sessions: Iterable[SessionRecord], now: datetime) -> list[SessionRecord]:
    past = [
        each
        for each in sessions
        if each.outcome not in _UNDECIDED and between(each.planned_start, now) >= timedelta()
    ]
    return sorted(past, key=lambda each: between(now, each.planned_start))


def _is_failure(party: PartyRole, session: SessionRecord, policy: Policy) -> bool:
    if session.outcome is SessionOutcome.KEPT:
        return False
    if party is PartyRole.THERAPIST:
        # Without regard to `excused`: the therapist keeps the record and cannot excuse themselves.
        return session.cancelled_by is PartyRole.THERAPIST
    if session.excused or session.outcome not in _NOT_HELD:
        return False
    if session.cancelled_by is not None:
        return session.cancelled_by is PartyRole.CLIENT
    return session.outcome is SessionOutcome.MISSED and not _came_on_time(session, policy)


def _came_on_time(session: SessionRecord, policy: Policy) -> bool:
    return session.client_delay is not None and on_time(session.client_delay, policy.grace_minutes)


def _is_late_cancellation(party: PartyRole, session: SessionRecord) -> bool:
    if party is PartyRole.CLIENT and session.excused:
        return False
    return session.outcome is SessionOutcome.LATE_CANCELLED and session.cancelled_by is party


def _delay(party: PartyRole, session: SessionRecord) -> float | None:
    return session.client_delay if party is PartyRole.CLIENT else session.therapist_delay


def _intervals_in_days(held: Sequence[SessionRecord]) -> list[float]:
    # A session may have been held out of its planned order.
    starts = sorted(
        (each.held_start or each.planned_start for each in held), key=datetime.timestamp
    )
    return [between(one, next_one) / timedelta(days=1) for one, next_one in pairwise(starts)]


def _cadence(intervals: Sequence[float], policy: Policy) -> Rate:
    if policy.interval_days is None:
        return Rate(0, 0)
    planned = policy.interval_days
    regular = sum(abs(each - planned) <= policy.tolerance_days for each in intervals)
    return Rate(regular, len(intervals))
