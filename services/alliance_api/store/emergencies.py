"""Broken glass: who opened what to themselves, why, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from . import words
from .rows import Found, add, new_id, one
from .tables import emergencies, staff
from .transaction import Transaction


async def may_break(tx: Transaction) -> bool:
    """Say whether the principal is a clinician of the organisation now."""
    asked = select(staff.c.role).where(
        staff.c.person_id == tx.principal.person,
        staff.c.role == "CLINICIAN",
        staff.c.starts_at <= func.now(),
        or_(staff.c.ends_at.is_(None), staff.c.ends_at > func.now()),
    )
    return tx.principal.patient is None and await one(tx, asked.limit(1)) is not None


async def open_one(tx: Transaction, reason: str, **values: Any) -> UUID:
    """Insert an emergency of the principal."""
    made = new_id()
    sealed = await words.seal(tx, words.REASON, (made,), reason)
    await add(tx, emergencies, id=made, reason=sealed, **values)
    return made


async def find(tx: Transaction, emergency: UUID) -> Found | None:
    """Return an emergency that the principal may see."""
    return await one(tx, select(emergencies).where(emergencies.c.id == emergency))


async def judge(tx: Transaction, emergency: UUID, verdict: str, now: datetime) -> bool:
    """Keep a verdict, and say whether the principal might give it."""
    done = await tx.run(
        update(emergencies)
        .where(emergencies.c.id == emergency, emergencies.c.reviewed_at.is_(None))
        .values(verdict=verdict, reviewed_by=tx.principal.person, reviewed_at=now)
    )
    return bool(done.rowcount)
