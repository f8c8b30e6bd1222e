"""Small words over SQLAlchemy Core for the modules that write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, insert
from uuid_utils.compat import uuid7

from .transaction import Transaction

Found = Mapping[str, Any]


def new_id() -> UUID:
    """Return a new id: ordered by time, unguessable."""
    return uuid7()


async def add(tx: Transaction, table: Table, **values: Any) -> None:
    """Insert one row of the principal's organisation."""
    await tx.run(insert(table).values(organisation_id=tx.principal.organisation, **values))


async def add_all(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the principal's organisation, if there are any."""
    if rows:
        organisation = tx.principal.organisation
        await tx.run(insert(table), [{"organisation_id": organisation, **row} for row in rows])


async def one(tx: Transaction, statement: Select[Any]) -> Found | None:
    """Return the first row, or None."""
    row = (await tx.run(statement)).mappings().first()
    return dict(row) if row is not None else None


async def all_of(tx: Transaction, statement: Select[Any]) -> Sequence[Found]:
    """Return every row."""
    return [dict(row) for row in (await tx.run(statement)).mappings()]
