"""Wall clocks and the absolute time line, in every zone and across every change of the clocks.

A local time that a change skips means the first instant after the gap; one that comes twice means
the first of the two. Every length is measured in UTC, where an hour is an hour.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
FURTHEST = 40
"""Days after which a search for a permitted instant is given up: no week looks like that."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return a zone of the IANA database; the name must have been checked before."""
    return ZoneInfo(name)


def local(at: datetime, zone: str) -> datetime:
    """Return what the wall clock of a zone shows at an instant."""
    return at.astimezone(zone_of(zone))


def resolve(day: date, wall: time, zone: str) -> datetime:
    """Return the instant (UTC) at which a zone's wall clock shows a time on a day.

    In a gap it is the first instant after it; of two it is the first.
    """
    shown = datetime.combine(day, wall, zone_of(zone))
    at = shown.astimezone(UTC)
    if local(at, zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return at
    # In a gap: before the change the offset of fold 0 holds, after it that of fold 1.
    after, before = sorted((at, shown.replace(fold=1).astimezone(UTC)), reverse=True)
    return changes_between(before - _SECOND, after + _SECOND, zone) or after


def both(day: date, wall: time, zone: str) -> tuple[datetime, ...]:
    """Return the instants at which a wall clock shows a time: two where it comes twice."""
    first = resolve(day, wall, zone)
    second = datetime.combine(day, wall, zone_of(zone)).replace(fold=1).astimezone(UTC)
    return (first, second) if second > first else (first,)


def changes_between(start: datetime, end: datetime, zone: str) -> datetime | None:
    """Return the first instant (UTC, whole seconds) in (start, end] with another offset, if any.

    Two changes within one span that undo each other are not seen: give spans of a day or so.
    """
    before = local(start, zone).utcoffset()
    if local(end, zone).utcoffset() == before:
        return None
    low, high = start.astimezone(UTC), end.astimezone(UTC)
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        if local(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def next_permitted(
    at: datetime, zone: str, edges: tuple[time, ...], permitted: Callable[[datetime], bool]
) -> datetime | None:
    """Return the first instant from `at` on that is permitted; None within 40 days.

    `edges` are the local times at which what is permitted can change; midnight and the changes of
    the clocks are always looked at.
    """
    if permitted(at):
        return at
    for each in _candidates(at, zone, edges, 1):
        if each > at and permitted(each):
            return each
    return None


def last_permitted(
    at: datetime,
    zone: str,
    edges: tuple[time, ...],
    permitted: Callable[[datetime], bool],
    margin: timedelta,
) -> datetime | None:
    """Return the last instant until `at` that is permitted, `margin` before an edge."""
    if permitted(at):
        return at
    for each in _candidates(at, zone, edges, -1):
        if each <= at and permitted(each - margin):
            return each - margin
    return None


def _candidates(at: datetime, zone: str, edges: tuple[time, ...], step: int) -> Iterator[datetime]:
    """Yield the instants near `at` at which anything can change, outwards from it."""
    today = local(at, zone).date()
    for ahead in range(-1, FURTHEST):
        day = today + step * ahead * _DAY
        found = {each for wall in (*edges, time()) for each in both(day, wall, zone)}
        midnight = resolve(day, time(), zone)
        change = changes_between(midnight - _SECOND, resolve(day + _DAY, time(), zone), zone)
        yield from sorted({*found, *([change] if change else [])}, reverse=step < 0)
