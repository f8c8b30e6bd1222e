"""The derived reliability of each party of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import insert

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


async def keep(tx: Transaction, case: UUID, party: str, values: Mapping[str, Any]) -> None:
    """Insert or replace a party's figures (for the engine)."""
    row = {
        "organisation_id": tx.principal.organisation,
        "case_id": case,
        "party": party,
        **values,
    }
    await tx.run(
        insert(reliability)
        .values(row)
        .on_conflict_do_update(index_elements=["organisation_id", "case_id", "party"], set_=values)
    )
