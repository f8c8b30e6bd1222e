"""Writing what planning decided: all that is new in one statement, all that is dropped in another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import metrics
from notifier.domain.planning import Changes
from notifier.domain.reminder import DropReason, Reminder

from .store import Connection, rows


async def write(connection: Connection, organisation: str, changes: Changes, now: datetime) -> None:
    """Write the changes of a case, in the transaction they were worked out in."""
    if changes.drop:
        await _drop(connection, organisation, changes.drop, now)
    if changes.plan:
        await _plan(connection, organisation, changes.plan)
    for each in changes.plan:
        metrics.add(metrics.PLANNED, 1, {"reminder.kind": each.kind})


async def _plan(connection: Connection, organisation: str, plan: Sequence[Reminder]) -> None:
    # A statement touches a row once: of two with one key the later one stands.
    found = [_values(each) for each in {each.key: each for each in plan}.values()]
    columns = [list(column) for column in zip(*found, strict=True)]
    await rows(connection, _PLAN, [organisation, *columns])


async def _drop(
    connection: Connection,
    organisation: str,
    drop: Sequence[tuple[UUID, DropReason]],
    now: datetime,
) -> None:
    given = {
        "organisation": organisation,
        "ids": [key for key, _ in drop],
        "reasons": [reason.value for _, reason in drop],
        "now": now,
    }
    await rows(connection, _DROP, given)


def _values(reminder: Reminder) -> tuple[Any, ...]:
    """Return what `_COLUMNS` names."""
    return (
        reminder.key,
        reminder.kind,
        reminder.case,
        reminder.occasion,
        reminder.anchor,
        reminder.recipient,
        reminder.label,
        reminder.step,
        reminder.due_at,
        reminder.not_before,
        reminder.expires_at,
        reminder.stale_after,
        json.dumps(dict(reminder.details)),
        reminder.fact,
        reminder.traceparent,
    )


_COLUMNS = {
    "id": "uuid",
    "kind": "text",
    "case_id": "text",
    "occasion": "text",
    "anchor": "text",
    "recipient": "text",
    "label": "text",
    "step": "integer",
    "due_at": "timestamptz",
    "not_before": "timestamptz",
    "expires_at": "timestamptz",
    "stale_after": "interval",
    "details": "jsonb",
    "fact": "text",
    "traceparent": "text",
}
# What was sent, is being sent or was given up stays as it is: `TRANSITIONS` of domain/reminder.py.
_PLAN = f"""
INSERT INTO reminders AS r (organisation_id, {", ".join(_COLUMNS)})
SELECT %s, p.* FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())}) AS p
ON CONFLICT (organisation_id, id) DO UPDATE SET
  due_at = excluded.due_at, not_before = excluded.not_before, expires_at = excluded.expires_at,
  stale_after = excluded.stale_after, details = excluded.details, fact = excluded.fact,
  traceparent = excluded.traceparent, reason = NULL, settled_at = NULL,
  state = CASE WHEN r.state = 'FAILED' THEN 'FAILED' ELSE 'PLANNED' END
WHERE r.state IN ('PLANNED', 'FAILED', 'DROPPED')
"""
_DROP = """
UPDATE reminders r SET state = 'DROPPED', reason = d.reason, settled_at = %(now)s
FROM unnest(%(ids)s::uuid[], %(reasons)s::text[]) AS d(id, reason)
WHERE r.organisation_id = %(organisation)s AND r.id = d.id AND r.state IN ('PLANNED', 'FAILED')
"""
