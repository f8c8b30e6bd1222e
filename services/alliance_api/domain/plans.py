"""Planning sessions: spans, overlaps and time zones."""

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from alliance_api.domain.errors import Problem
from alliance_api.domain.instants import between, check_aware

SHORTEST = timedelta(minutes=5)
LONGEST = timedelta(hours=12)
_NONE = timedelta()


def overlaps(a_start: datetime, a_end: datetime, b_start: datetime, b_end: datetime) -> bool:
    """Tell whether two spans [start, end) share any time; back to back, they do not.

    Raises:
        ValueError: for datetimes without an offset.
    """
    return between(a_start, b_end) > _NONE and between(b_start, a_end) > _NONE


def check_zone(name: str, field: str = "time_zone") -> tuple[Problem, ...]:
    """Return why a name is not a time zone of the IANA database, such as `Europe/London`."""
    if name in _zones():
        return ()
    message = "Give a name from the IANA time zone database, such as Europe/London."
    return (Problem("UNKNOWN_TIME_ZONE", message, field),)


def check_span(planned_start: datetime, planned_end: datetime) -> tuple[Problem, ...]:
    """Return why a session cannot be planned so: 5 minutes to 12 hours, end after start."""
    naive = check_aware(planned_start=planned_start, planned_end=planned_end)
    if naive:
        return naive
    length = between(planned_start, planned_end)
    if length <= _NONE:
        return (Problem("ENDS_BEFORE_START", "Let it end after it starts.", "planned_end"),)
    if length < SHORTEST:
        return (Problem("TOO_SHORT", "Plan at least 5 minutes.", "planned_end"),)
    if length > LONGEST:
        return (Problem("TOO_LONG", "Plan at most 12 hours.", "planned_end"),)
    return ()


@cache
def _zones() -> frozenset[str]:
    # Asking ZoneInfo(name) instead would open whatever file the caller names.
    return frozenset(available_timezones())
