"""A calendar entry says when, and nothing of what it is of or who sends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from notifier.channels.calendar import entry

pytestmark = pytest.mark.ground

START = datetime(2026, 3, 12, 14, tzinfo=UTC)
SESSION = "session-01920000-0000-7000-8000-000000000001"


def made(occasion: str = SESSION) -> bytes:
    return entry(occasion, START, START + timedelta(minutes=50), START)


def uid(content: bytes) -> str:
    [event] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return str(event["UID"])


def test_an_entry_has_no_word_of_what_it_is_of() -> None:
    said = made().decode().lower()
    assert not [word for word in ("session", "alliance", "therap", SESSION) if word in said]


def test_the_same_session_is_the_same_event_and_another_one_is_another() -> None:
    assert uid(made()) == uid(made())
    assert uid(made()) != uid(made(f"{SESSION[:-1]}2"))
