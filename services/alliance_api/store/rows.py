"""Small words over SQLAlchemy Core for the modules that write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, insert
from uuid_utils.compat import uuid7

from .prepared import as_json, insertion
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


async def add_figures(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the principal's organisation in which there are no words of anybody's."""
    if rows:
        organisation = tx.principal.organisation
        statement = insertion(table, tuple(rows[0]))
        await tx.fetch(statement, organisation=organisation, rows=as_json(rows))


async def one(tx: Transaction, statement: Select[Any]) -> Found | None:
    """Return the first row, or None."""
    row = (await tx.run(statement)).mappings().first()
    return dict(row) if row is not None else None


async def all_of(tx: Transaction, statement: Select[Any]) -> Sequence[Found]:
    """Return every row."""
    result = await tx.run(statement)
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]
