"""Transactions bound to a principal. Without one every table is empty, and nothing can be written.

Reads go out as one pipelined round trip: bind, then the statement with its ledger row. A write
opens a transaction that its caller, the edge, commits by leaving the block.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable

from alliance_api.charter.principal import SETTINGS, Principal
from chassis.database import Reads, for_sqlalchemy

TRACE = "alliance.trace"
_BOUND = ", ".join(
    f"set_config('{name}', ${number}, true)"
    for number, name in enumerate((*SETTINGS, TRACE), start=1)
)
BIND = f"SELECT {_BOUND}"
# A ledger row of a read may wait for the next flush: only a crash of the database server itself
# can then lose the last instants of *read* entries. Writes always wait.
BIND_READ = f"{BIND}, set_config('synchronous_commit', 'off', true)"


class Database:
    """The alliance database: one pool for reads, one for writes."""

    def __init__(self, url: str, *, size: int = 16) -> None:
        """Prepare; `url` is of a role that is under the law."""
        self._reads = Reads(url, size=size)
        self._engine: AsyncEngine = create_async_engine(
            for_sqlalchemy(url),
            pool_size=size,
            pool_pre_ping=True,
        )

    async def open(self) -> None:
        """Open the first connection; raises if the database cannot be reached."""
        await self._reads.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._reads.close()
        await self._engine.dispose()

    async def check(self) -> None:
        """Raise unless the database answers."""
        await self._reads.run([("SELECT 1", [])])

    async def read(
        self, principal: Principal, sql: str, parameters: Sequence[str | None], trace: str = ""
    ) -> bytes:
        """Run one statement as a principal and return its one value, the finished body."""
        bound = [value.encode() for value in (*principal.settings, trace)]
        found = await self._reads.run([(BIND_READ, bound), (sql, encoded(parameters))])
        return found or b""

    @asynccontextmanager
    async def write(self, principal: Principal, trace: str = "") -> AsyncIterator[Transaction]:
        """Open a transaction for a principal; it is committed when the block ends well."""
        async with self._engine.begin() as connection:
            transaction = Transaction(connection, principal)
            await transaction.bind(trace)
            yield transaction


class Transaction:
    """What a use case works with: it never commits."""

    def __init__(self, connection: AsyncConnection, principal: Principal) -> None:
        """Wrap a connection whose transaction has begun."""
        self._connection = connection
        self.principal = principal

    async def bind(self, trace: str) -> None:
        """Bind the principal to the transaction."""
        names = (*SETTINGS, TRACE)
        values = dict(zip(names, (*self.principal.settings, trace), strict=True))
        bound = ", ".join(f"set_config('{name}', :v{i}, true)" for i, name in enumerate(names))
        parameters = {f"v{i}": values[name] for i, name in enumerate(names)}
        await self._connection.execute(text(f"SELECT {bound}"), parameters)

    async def run(self, statement: Executable, rows: Any = None) -> CursorResult[Any]:
        """Run a statement."""
        return await self._connection.execute(statement, rows)

    @asynccontextmanager
    async def as_engine(self) -> AsyncIterator[None]:
        """Act as the engine role: it derives from what it may not show, and states facts."""
        await self._connection.execute(text("SET LOCAL ROLE alliance_engine"))
        yield
        # Not in a `finally`: after an error the transaction is over, and the role with it.
        await self._connection.execute(text("SET LOCAL ROLE NONE"))

    async def lock(self, *names: object) -> None:
        """Wait until no other transaction holds one of the names, and hold them till the end."""
        for name in sorted(str(name) for name in names):
            statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
            await self._connection.execute(statement, {"name": name})

    async def read(self, sql: str, parameters: Sequence[str | None]) -> bytes:
        """Run a compiled statement inside this transaction and return its one value."""
        raw = await self._connection.get_raw_connection()
        driver: Any = raw.driver_connection
        async with psycopg.AsyncRawCursor(driver) as cursor:
            await cursor.execute(sql, list(parameters), prepare=True)
            row = await cursor.fetchone()
        return str(row[0]).encode() if row and row[0] is not None else b""


def encoded(parameters: Sequence[str | None]) -> list[bytes | None]:
    """Return parameters as the wire wants them."""
    return [None if value is None else value.encode() for value in parameters]
