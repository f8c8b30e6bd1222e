"""What a client would like therapy to be, and what a therapist says it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from .rows import Found, Query
from .tables import preferences
from .transaction import Transaction

_STATED = Query.of(
    select(preferences)
    .where(preferences.c.case_id == bindparam("case", type_=Uuid))
    .order_by(preferences.c.dimension, preferences.c.role)
)


async def stated(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return what the parties of a case say."""
    return await _STATED.all(tx, case=case)


async def state(
    tx: Transaction, case: UUID, role: str, values: dict[str, float], now: datetime
) -> None:
    """Keep what the principal says, dimension by dimension; what stays the same stays as old."""
    rows = [
        {
            "organisation_id": tx.principal.organisation,
            "case_id": case,
            "dimension": dimension,
            "role": role,
            "person_id": tx.principal.person,
            "value": value,
            "set_at": now,
        }
        for dimension, value in values.items()
    ]
    statement = insert(preferences)
    new: Any = statement.excluded
    await tx.run(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "case_id", "dimension", "role"],
            set_={"value": new.value, "person_id": new.person_id, "set_at": new.set_at},
            where=preferences.c.value != new.value,
        ),
        rows,
    )
