"""What became of a planned session, and who was there when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alliance_api.domain.errors import Problem
from alliance_api.domain.instants import between, check_aware
from alliance_api.domain.parties import PartyRole

__all__ = [
    "PartyDelays",
    "PartyRole",
    "SessionOutcome",
    "cancellation_outcome",
    "check_times",
    "delay_minutes",
    "is_late_notice",
    "notice",
    "on_time",
    "party_delays",
]

LATE_NOTICE = timedelta(hours=24)
"""Less notice than this is late. A local policy; there is no common standard. [D]"""

GRACE_MINUTES = 5.0
"""Up to this late is on time. [D]"""

DAY = timedelta(hours=24)


class SessionOutcome(StrEnum):
    """What became of a session: NHS 5 and 6 are KEPT, 3 and 7 MISSED, 2 and 4 CANCELLED."""

    KEPT = "KEPT"
    CANCELLED = "CANCELLED"
    LATE_CANCELLED = "LATE_CANCELLED"
    MISSED = "MISSED"
    MOVED = "MOVED"


@dataclass(frozen=True, slots=True)
class PartyDelays:
    """Minutes each party was late, negative when early, None when nobody can know."""

    client: float | None
    therapist: float | None


def notice(planned_start: datetime, cancelled_at: datetime) -> timedelta:
    """Return how long before the planned start it was cancelled; negative if afterwards.

    Real time, so an hour less over the night clocks go forward.

    Raises:
        ValueError: for datetimes without an offset.
    """
    return between(cancelled_at, planned_start)


def is_late_notice(given: timedelta, threshold: timedelta = LATE_NOTICE) -> bool:
    """Tell whether notice was late: strictly less than the threshold."""
    return given < threshold


def cancellation_outcome(
    planned_start: datetime, cancelled_at: datetime, threshold: timedelta = LATE_NOTICE
) -> SessionOutcome:
    """Return LATE_CANCELLED or CANCELLED; calling off after the planned start is late too.

    Raises:
        ValueError: for datetimes without an offset.
    """
    late = is_late_notice(notice(planned_start, cancelled_at), threshold)
    return SessionOutcome.LATE_CANCELLED if late else SessionOutcome.CANCELLED


def delay_minutes(planned_start: datetime, actual: datetime) -> float:
    """Return the minutes between plan and fact, negative when early.

    Raises:
        ValueError: for datetimes without an offset.
    """
    return between(planned_start, actual) / timedelta(minutes=1)


def on_time(delay: float, grace: float = GRACE_MINUTES) -> bool:
    """Tell whether a delay in minutes is within the grace, its end included."""
    return delay <= grace


def party_delays(
    planned_start: datetime,
    started_at: datetime | None,
    client_arrived_at: datetime | None,
    therapist_ready_at: datetime | None,
    grace: float = GRACE_MINUTES,
) -> PartyDelays:
    """Return each party's own delay in minutes, as far as the record can tell.

    A known arrival speaks for itself. Without it, a punctual start shows that nobody was late,
    so its delay stands for the party's. A late start without arrival times blames nobody:
    None, and the session stays out of that party's denominator.

    Raises:
        ValueError: for datetimes without an offset.
    """

    def delay(seen_at: datetime | None) -> float | None:
        if seen_at is not None:
            return delay_minutes(planned_start, seen_at)
        start = None if started_at is None else delay_minutes(planned_start, started_at)
        return start if start is not None and on_time(start, grace) else None

    return PartyDelays(client=delay(client_arrived_at), therapist=delay(therapist_ready_at))


def check_times(  # noqa: PLR0913 - the record of a session has this many times
    *,
    planned_start: datetime,
    started_at: datetime | None,
    ended_at: datetime | None,
    now: datetime,
    client_arrived_at: datetime | None = None,
    therapist_ready_at: datetime | None = None,
) -> tuple[Problem, ...]:
    """Return why a session's times cannot be recorded so; all problems, in the order of fields.

    Every given time must carry an offset, lie within 24 hours of the plan (an end within 24 hours
    of the start instead) and not lie after `now`; the end must lie after the start.
    """
    came = {
        "started_at": started_at,
        "client_arrived_at": client_arrived_at,
        "therapist_ready_at": therapist_ready_at,
    }
    naive = check_aware(planned_start=planned_start, ended_at=ended_at, now=now, **came)
    if naive:
        return naive
    return (
        *_check_future(now, {**came, "ended_at": ended_at}),
        *_check_near(planned_start, came),
        *_check_length(started_at, ended_at),
    )


def _check_future(now: datetime, times: dict[str, datetime | None]) -> tuple[Problem, ...]:
    return tuple(
        Problem("IN_THE_FUTURE", "Record what has happened, once it has.", field)
        for field, at in times.items()
        if at is not None and between(now, at) > timedelta()
    )


def _check_near(planned_start: datetime, times: dict[str, datetime | None]) -> tuple[Problem, ...]:
    return tuple(
        Problem("FAR_FROM_PLAN", "Give a time within 24 hours of the plan, or move it.", field)
        for field, at in times.items()
        if at is not None and abs(between(planned_start, at)) > DAY
    )


def _check_length(started_at: datetime | None, ended_at: datetime | None) -> tuple[Problem, ...]:
    if ended_at is None:
        return ()
    if started_at is None:
        return (Problem("START_REQUIRED", "Say when it started as well.", "started_at"),)
    length = between(started_at, ended_at)
    if length <= timedelta():
        return (Problem("ENDS_BEFORE_START", "Let it end after it started.", "ended_at"),)
    if length > DAY:
        return (Problem("TOO_LONG", "Record at most 24 hours.", "ended_at"),)
    return ()
