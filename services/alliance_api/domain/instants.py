"""Instants on the absolute time line.

Python subtracts and compares two datetimes of the *same* zone by the wall clock, which is an hour
wrong across a change to or from summer time. Every span in this project is taken here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from alliance_api.domain.errors import Problem

_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


def between(earlier: datetime, later: datetime) -> timedelta:
    """Return the real time from one instant to another; negative if they are the other way round.

    Raises:
        ValueError: if either carries no offset from UTC.
    """
    # Offsets are taken away afterwards, so that the ends of the calendar do not overflow.
    wall_clock = later.replace(tzinfo=None) - earlier.replace(tzinfo=None)
    return wall_clock - (_offset(later) - _offset(earlier))


def on_the_line(instants: Sequence[datetime]) -> list[timedelta]:
    """Return how far each instant lies from a common one, so that many can be subtracted.

    Raises:
        ValueError: if one carries no offset from UTC.
    """
    if not all(map(is_aware, instants)):
        raise ValueError("a datetime without an offset is not an instant")
    # Of two zones Python heeds the offsets, and within UTC the wall clock is right.
    return [at - _ORIGIN for at in instants]


def is_aware(at: datetime) -> bool:
    """Tell whether a datetime says which instant it means."""
    return at.utcoffset() is not None


def check_aware(**instants: datetime | None) -> tuple[Problem, ...]:
    """Return a `NAIVE_TIME` problem for each named datetime without an offset; None passes."""
    return tuple(
        Problem("NAIVE_TIME", "Give the time with its offset from UTC.", field)
        for field, at in instants.items()
        if at is not None and not is_aware(at)
    )


def rfc3339(at: datetime) -> str:
    """Spell an instant in UTC: `2025-03-30T09:00:00Z`.

    Raises:
        ValueError: if it carries no offset from UTC.
    """
    _offset(at)
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _offset(at: datetime) -> timedelta:
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("a datetime without an offset is not an instant")
    return offset
