"""Instants and spans, spelled as the API does."""

from __future__ import annotations

from datetime import timedelta


def instant(text: str) -> str:
    """Return an instant, as PostgreSQL prints it, as the API does: to the second."""
    day, _, time = text.partition(" ")
    return f"{day}T{time[:8]}+00:00"


def span(value: timedelta) -> str:
    """Return a span as ISO 8601 has it, of whole days and a part of one."""
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    days = f"{value.days}D" if value.days else ""
    return f"P{days}" + (f"T{time}" if time else "") if days or time else "PT0S"
