"""Dead letters: what could not be delivered, for somebody to look at and to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .steady import Steady


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A reminder that was given up, and the code of why."""

    reminder: UUID
    kind: str
    reason: str
    at: datetime


async def dead_letters(url: str) -> list[DeadLetter]:
    """Return them, the latest last."""
    steady = Steady(url)
    found = await steady.run(_DEAD)
    await steady.close()
    return [DeadLetter(row["id"], row["kind"], row["reason"], row["settled_at"]) for row in found]


async def replay(url: str, reminder: UUID) -> bool:
    """Plan a dead one again under its old key; False if there is none or it has expired."""
    steady = Steady(url)
    found = await steady.run(_REPLAY, {"id": reminder})
    await steady.close()
    return bool(found)


_DEAD = """
SELECT id, kind, reason, settled_at FROM reminders WHERE state = 'DEAD' ORDER BY settled_at, id
"""
_REPLAY = """
UPDATE reminders SET state = 'PLANNED', reason = NULL, settled_at = NULL, tries = 0,
  not_before = ledger_now()
WHERE id = %(id)s AND state = 'DEAD' AND expires_at > ledger_now() RETURNING id
"""
