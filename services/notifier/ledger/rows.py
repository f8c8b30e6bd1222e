"""Rows of reminders, as the domain knows them."""

from __future__ import annotations

from types import MappingProxyType

from notifier.domain.reminder import Reminder

from .steady import Row

COLUMNS = (
    "id, organisation_id, kind, case_id, occasion, anchor, recipient, label, step, due_at, "
    "not_before, expires_at, stale_after, details, fact, traceparent"
)


def reminder_of(row: Row) -> Reminder:
    """Return the reminder of a row that has `COLUMNS`."""
    return Reminder(
        key=row["id"],
        organisation=row["organisation_id"],
        kind=row["kind"],
        occasion=row["occasion"],
        anchor=row["anchor"],
        case=row["case_id"],
        recipient=row["recipient"],
        label=row["label"],
        step=row["step"],
        due_at=row["due_at"],
        not_before=row["not_before"],
        expires_at=row["expires_at"],
        stale_after=row["stale_after"],
        details=MappingProxyType(row["details"]),
        fact=row["fact"],
        traceparent=row["traceparent"],
    )
