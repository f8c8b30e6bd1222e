"""What the database guarantees of its columns."""

from __future__ import annotations

from .tables import metadata


def never_null(table: str) -> frozenset[str]:
    """Return the columns of a table that are NOT NULL; none of what is no table, such as a view."""
    found = metadata.tables.get(table)
    columns = found.columns if found is not None else ()
    return frozenset(column.name for column in columns if not column.nullable)
