"""When a kind's moments fall for a person: their zone, their quiet hours, their working days."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from notifier.domain import clock
from notifier.domain.errors import Malformed
from notifier.domain.facts import day, instant
from notifier.domain.kind import Kind, Moment, Shift
from notifier.domain.preferences import Preferences

MARGIN: Final = timedelta(minutes=15)
"""How long before quiet hours something moved forward leaves, so that sending has time to end."""


def moment_at(moment: Moment, anchor: str, preferences: Preferences) -> datetime | None:
    """Return the instant (UTC) a moment stands for, before quiet hours are heeded.

    None if it cannot be: hours are counted from an instant only, and a day is none.
    """
    found = _read(anchor)
    if moment.at is not None:
        start = found if not isinstance(found, datetime) else _local_day(found, preferences)
        return clock.resolve(start + timedelta(days=moment.days), moment.at, preferences.zone)
    if moment.offset is None or not isinstance(found, datetime):
        return None
    return found + moment.offset


def end_of(text: str, preferences: Preferences) -> datetime:
    """Return the instant meant by a text; of a day, its end in the person's zone."""
    found = _read(text)
    if isinstance(found, datetime):
        return found
    return clock.resolve(found + timedelta(days=1), time(), preferences.zone)


def is_permitted(at: datetime, kind: Kind, preferences: Preferences) -> bool:
    """Tell whether a kind may speak to a person at an instant."""
    shown = clock.local(at, preferences.zone)
    if kind.for_staff and shown.weekday() not in preferences.working_days:
        return False
    return preferences.quiet is None or not preferences.quiet.holds(shown.time())


def shifted(at: datetime, kind: Kind, preferences: Preferences) -> datetime | None:
    """Return the instant nearest to `at` at which a kind may speak, in the direction it moves."""
    if kind.shift is Shift.LATER:
        return later(at, kind, preferences)
    edges = _edges(preferences)
    return clock.last_permitted(
        at, preferences.zone, edges, lambda each: is_permitted(each, kind, preferences), MARGIN
    )


def later(at: datetime, kind: Kind, preferences: Preferences) -> datetime | None:
    """Return the first instant from `at` on at which a kind may speak to a person."""
    edges = _edges(preferences)
    return clock.next_permitted(
        at, preferences.zone, edges, lambda each: is_permitted(each, kind, preferences)
    )


def instants_of(extra: Mapping[str, str]) -> dict[str, str]:
    """Return what of a fact is an instant or a day: the only things that wording may name."""
    return {name: value for name, value in extra.items() if _is_time(value)}


def _is_time(text: str) -> bool:
    try:
        _read(text)
    except Malformed:
        return False
    return True


def _read(text: str) -> datetime | date:
    """Return a day for `2026-03-29`, else an instant."""
    plain = len(text) == len("2026-03-29")
    return day(text, "anchor") if plain else instant(text, "anchor")


def _local_day(at: datetime, preferences: Preferences) -> date:
    return clock.local(at, preferences.zone).date()


def _edges(preferences: Preferences) -> tuple[time, ...]:
    quiet = preferences.quiet
    return (quiet.starts, quiet.ends) if quiet else ()
