"""Consents: given, assented to, withdrawn; and what is true while they are live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update

from .rows import Found, add, all_of, new_id, one
from .tables import consents, staff, standing
from .transaction import Transaction


def is_live() -> tuple[Any, ...]:
    """Return the conditions under which a consent is live."""
    return (
        consents.c.withdrawn_at.is_(None),
        or_(consents.c.given_role == "CLIENT", consents.c.assented_at.is_not(None)),
    )


async def live(tx: Transaction, case: UUID, kind: str) -> bool:
    """Say whether there is a live consent of a kind (for the engine)."""
    asked = select(consents.c.id).where(
        consents.c.case_id == case, consents.c.kind == kind, *is_live()
    )
    return await one(tx, asked.limit(1)) is not None


async def standing_one(tx: Transaction, case: UUID, kind: str) -> Found | None:
    """Return the consent of a kind that was not withdrawn, live or waiting for an assent."""
    asked = select(consents).where(
        consents.c.case_id == case, consents.c.kind == kind, consents.c.withdrawn_at.is_(None)
    )
    return await one(tx, asked.order_by(consents.c.given_at, consents.c.id))


async def find(tx: Transaction, consent: UUID) -> Found | None:
    """Return a consent that the principal may see."""
    return await one(tx, select(consents).where(consents.c.id == consent))


async def give(tx: Transaction, **values: Any) -> UUID:
    """Insert a consent."""
    made = new_id()
    await add(tx, consents, id=made, **values)
    return made


async def assent(tx: Transaction, consent: UUID, now: datetime) -> None:
    """Let the client say yes to what a caregiver consented to."""
    await tx.run(
        update(consents)
        .where(consents.c.id == consent)
        .values(assented_by=tx.principal.person, assented_at=now)
    )


async def withdraw(tx: Transaction, consent: UUID, now: datetime) -> bool:
    """Withdraw a consent, and say whether the principal might."""
    done = await tx.run(
        update(consents)
        .where(consents.c.id == consent, consents.c.withdrawn_at.is_(None))
        .values(withdrawn_by=tx.principal.person, withdrawn_at=now)
    )
    return bool(done.rowcount)


async def let_supervisors(tx: Transaction, case: UUID, *, consented: bool) -> None:
    """Let a case's supervisors read more, or no longer (for the engine)."""
    await tx.run(
        update(standing)
        .where(standing.c.case_id == case, standing.c.relation == "SUPERVISOR")
        .values(consented=consented)
    )


async def ehrs(tx: Transaction) -> Sequence[UUID]:
    """Return the organisation's EHR systems (for the engine)."""
    rows = await all_of(
        tx,
        select(staff.c.person_id)
        .where(
            staff.c.role == "EHR",
            staff.c.starts_at <= func.now(),
            or_(staff.c.ends_at.is_(None), staff.c.ends_at > func.now()),
        )
        .distinct(),
    )
    return [row["person_id"] for row in rows]
