"""A session as a calendar entry (RFC 5545): when, and no word of what for."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from icalendar import Calendar, Event

SUMMARY = {"en": "Appointment", "de": "Termin", "es": "Cita"}


def entry(
    occasion: str, start: datetime, end: datetime, stamp: datetime, *, language: str = "en"
) -> bytes:
    """Return a calendar with one event in UTC. The same session is the same event in every mail."""
    calendar = Calendar()
    calendar.add("prodid", "-//Reminders//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    # An id says by its first word what it is of; its digest is as good to know an event again.
    event.add("uid", f"{sha256(occasion.encode()).hexdigest()[:32]}@reminders.invalid")
    event.add("dtstamp", stamp)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", SUMMARY.get(language, SUMMARY["en"]))
    # Others who see this calendar see that the time is taken, at most.
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
