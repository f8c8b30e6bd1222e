"""A connection that comes back: a lost one is opened anew, with patience, for statements safe to repeat."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

_LONGEST_WAIT = 1.0
# The server stops, starts or forgets us; everything else is a mistake of ours and is raised.
_PASSING = ("08", "57P", "25P03")


def is_passing(error: psycopg.Error) -> bool:
    """Say whether another connection may do better."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(_PASSING)


class Steady:
    """One connection in autocommit, for one task at a time."""

    def __init__(self, url: str) -> None:
        """Keep the address; nothing is opened yet."""
        self._url = url
        self._connection: psycopg.AsyncConnection[Row] | None = None

    async def run(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """Run a statement that may be repeated, until a server has answered; return its rows.

        Whether an unanswered one was done cannot be known, so it must come to the same twice.
        """
        wait = 0.05
        while True:
            try:
                return await self.once(sql, parameters)
            except psycopg.Error as error:
                await self.close()
                if not is_passing(error):
                    raise
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311  (no secret)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def once(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """Run a statement once. Raises `psycopg.Error`."""
        connection = await self.connection()
        cursor = await connection.execute(sql.encode(), parameters)
        return await cursor.fetchall() if cursor.description else []

    async def connection(self) -> psycopg.AsyncConnection[Row]:
        """Return the connection, opened if there is none."""
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, row_factory=dict_row, connect_timeout=5
            )
        return self._connection

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
