"""When a case may be closed, and what of its plans ends with it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alliance_api.domain.errors import Problem
from alliance_api.domain.instants import between


def check_closing(
    closed_on: date, *, opened_on: date, today: date, last_held: date | None
) -> tuple[Problem, ...]:
    """Return why a case cannot be closed on a day; all days are in the case's own time zone.

    `last_held` is the day of the last session that was kept, if there was one.
    """
    if closed_on > today:
        message = "Close a case on the day on which care ended, once it has."
        return (Problem("IN_THE_FUTURE", message, "closed_on"),)
    if closed_on < opened_on:
        message = "A case ends on the day on which it was opened, or later."
        return (Problem("CLOSED_BEFORE_OPENED", message, "closed_on"),)
    if last_held is not None and closed_on < last_held:
        message = "A session was held after that day. Give the day of the last one, or a later one."
        return (Problem("HELD_AFTER_CLOSING", message, "closed_on"),)
    return ()


def ends_with(planned_start: datetime, *, closed_on: date, zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether a planned session falls with its case: it is still to come, or came after it.

    What was planned until the closing day, and whose time has passed, may have taken place: it
    stays, so that somebody can say what became of it.

    Raises:
        ValueError: for datetimes without an offset.
    """
    is_to_come = between(now, planned_start) > timedelta()
    return is_to_come or planned_start.astimezone(zone).date() > closed_on
