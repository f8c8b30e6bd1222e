"""The tables, the law and the views as SQL text: what the next migration freezes."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from alliance_api.charter.policies import law
from alliance_api.charter.withheld import WITHHELD_VIEW

from .tables import metadata


def tables_sql() -> str:
    """Return every table and index."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    parts: list[str] = []
    for table in metadata.sorted_tables:
        parts.append(str(CreateTable(table).compile(dialect=dialect)).strip() + ";")
        parts += [
            str(CreateIndex(index).compile(dialect=dialect)) + ";"
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        ]
    return "\n\n".join(parts) + "\n"


def law_sql() -> str:
    """Return row-level security, rights, policies and the views under them."""
    return "\n\n".join([*law(metadata.tables), WITHHELD_VIEW]) + "\n"
