"""Writing what planning decided: all that is new in one statement, all that is dropped in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

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
    found = {each.key: _values(each) for each in plan}
    # As one text: an array for each column takes five times as long to write down.
    given = {"organisation": organisation, "planned": orjson.dumps(list(found.values())).decode()}
    await rows(connection, _PLAN, given)


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


def _values(reminder: Reminder) -> dict[str, Any]:
    """Return what `_COLUMNS` names."""
    return {
        "id": reminder.key,
        "kind": reminder.kind,
        "case_id": reminder.case,
        "occasion": reminder.occasion,
        "anchor": reminder.anchor,
        "recipient": reminder.recipient,
        "label": reminder.label,
        "step": reminder.step,
        "due_at": reminder.due_at,
        "not_before": reminder.not_before,
        "expires_at": reminder.expires_at,
        "stale_after": f"{reminder.stale_after.total_seconds()} seconds",
        "details": dict(reminder.details),
        "fact": reminder.fact,
        "traceparent": reminder.traceparent,
    }


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
SELECT %(organisation)s, p.* FROM json_to_recordset(%(planned)s)
  AS p({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
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
