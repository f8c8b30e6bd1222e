"""The derived reliability of each party of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from .prepared import as_json, replacement
from .rows import Found, Query
from .tables import reliability
from .transaction import Transaction

_PRESENT = Query.of(
    select(*(column for column in reliability.c if column.name != "organisation_id")).where(
        reliability.c.case_id == bindparam("case", type_=Uuid)
    )
)


async def present(tx: Transaction, case: UUID) -> dict[str, Found]:
    """Return the figures of a case by party (for the engine)."""
    return {row["party"]: row for row in await _PRESENT.all(tx, case=case)}


async def keep(tx: Transaction, case: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace figures, each a row with its `party` (for the engine)."""
    if not rows:
        return
    values = [{"case_id": case, **row} for row in rows]
    names = tuple(values[0])
    replaced = tuple(name for name in names if name not in ("case_id", "party"))
    await tx.fetch(
        replacement(reliability, names, replaced),
        organisation=tx.principal.organisation,
        rows=as_json(values),
    )
