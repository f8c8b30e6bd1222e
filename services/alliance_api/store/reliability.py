"""The derived reliability of each party of a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from .tables import reliability
from .transaction import Transaction


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
