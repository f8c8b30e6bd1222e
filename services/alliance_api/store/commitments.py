"""Commitments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, update

from . import words
from .rows import Found, Query, add, new_id, one
from .tables import commitments
from .transaction import Transaction


async def find(tx: Transaction, commitment: UUID) -> Found | None:
    """Return a commitment that the principal may see."""
    return await one(tx, select(commitments).where(commitments.c.id == commitment))


async def make(tx: Transaction, wording: str, **values: Any) -> UUID:
    """Insert a commitment of the principal."""
    made = new_id()
    sealed = await words.seal(tx, words.PROMISE, (made,), wording)
    await add(tx, commitments, id=made, owner_id=tx.principal.person, wording=sealed, **values)
    return made


async def settle(tx: Transaction, commitment: UUID, outcome: str, now: datetime) -> bool:
    """Settle the principal's own commitment; say whether it was theirs."""
    done = await tx.run(
        update(commitments)
        .where(commitments.c.id == commitment, commitments.c.owner_id == tx.principal.person)
        .values(outcome=outcome, settled_at=now)
    )
    return done.rowcount == 1


_HISTORY = Query.of(
    select(
        commitments.c.id,
        commitments.c.owner_role,
        commitments.c.due_at,
        commitments.c.outcome,
        commitments.c.settled_at,
    )
    .where(commitments.c.case_id == bindparam("case", type_=Uuid))
    .order_by(commitments.c.due_at, commitments.c.id)
)


async def history(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return what was promised in a case, without a word of it (for the engine)."""
    return await _HISTORY.all(tx, case=case)
