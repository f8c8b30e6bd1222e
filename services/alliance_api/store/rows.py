"""Small words over SQLAlchemy Core for the modules that write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Select, Table, bindparam, insert
from uuid_utils.compat import uuid7

from .prepared import Prepared, as_json, insertion, prepared
from .transaction import Transaction

Found = Mapping[str, Any]


def new_id() -> UUID:
    """Return a new id: ordered by time, unguessable."""
    return uuid7()


@dataclass(frozen=True, slots=True)
class Query:
    """A statement that is compiled once, and the names of what it returns."""

    statement: Prepared
    names: tuple[str, ...]

    @classmethod
    def of(cls, found: Select[Any]) -> Query:
        """Compile it; its `bindparam`s are what it is asked with."""
        return cls(prepared(found), tuple(found.selected_columns.keys()))

    async def all(self, tx: Transaction, **values: Any) -> Sequence[Found]:
        """Return every row."""
        rows = await tx.fetch(self.statement, **values)
        return [dict(zip(self.names, row, strict=True)) for row in rows]

    async def one(self, tx: Transaction, **values: Any) -> Found | None:
        """Return the first row, or None."""
        found = await self.all(tx, **values)
        return found[0] if found else None


async def add(tx: Transaction, table: Table, **values: Any) -> None:
    """Insert one row of the principal's organisation."""
    row = {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()
    }
    statement = _addition(table, tuple(row))
    await tx.fetch(statement, organisation_id=tx.principal.organisation, **row)


@cache
def _addition(table: Table, names: tuple[str, ...]) -> Prepared:
    listed = ("organisation_id", *names)
    row = {name: bindparam(name, type_=table.c[name].type) for name in listed}
    return prepared(insert(table).values(row).inline())


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
