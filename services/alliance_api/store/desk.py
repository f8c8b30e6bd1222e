"""The authorization server's desk: its own tables, in the schema `oauth`, under a role of its own.

Nothing clinical is there, and whoever sits at the desk sees nothing clinical: `alliance_oauth` has
no right outside the schema, and `alliance_api` has none inside until it becomes that role.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

OAUTH = "alliance_oauth"
BECOME_OAUTH = f"SET LOCAL ROLE {OAUTH}"
# Whose the wrapped keys of the signing keys are, to whoever wraps and unwraps them.
SIGNING = b"oauth|signing"
Row = dict[str, Any]


class Desk:
    """One transaction as `alliance_oauth`. Whoever opened it commits it."""

    def __init__(self, driver: psycopg.AsyncConnection[Any]) -> None:
        """Wrap a connection that has become the role."""
        self._driver = driver

    async def rows(self, statement: str, **values: Any) -> list[Row]:
        """Run a statement; return its rows by the names of their columns."""
        async with self._driver.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def row(self, statement: str, **values: Any) -> Row | None:
        """Run a statement that has at most one row."""
        found = await self.rows(statement, **values)
        return found[0] if found else None

    async def run(self, statement: str, **values: Any) -> int:
        """Run a statement; return how many rows it touched."""
        async with self._driver.cursor() as cursor:
            await cursor.execute(statement.encode(), values)
            return cursor.rowcount
