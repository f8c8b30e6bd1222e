"""Transactions bound to a principal. Without one every table is empty, and nothing can be written.

Reads go out as one pipelined round trip: bind, then the statement with its ledger row. A write
opens a transaction that its caller, the edge, commits by leaving the block.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy.exc
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable

from alliance_api.charter.policies import ENGINE, RECOMPUTE
from alliance_api.charter.principal import SETTINGS, Principal
from chassis.database import Reads, for_sqlalchemy
from chassis.vault import Key, NoMasters, Vault

from .desk import BECOME_OAUTH, OAUTH, Desk
from .prepared import Prepared

TRACE = "alliance.trace"
_BOUND = ", ".join(
    f"set_config('{name}', ${number}, true)"
    for number, name in enumerate((*SETTINGS, TRACE), start=1)
)
BIND = f"SELECT {_BOUND}"
# A ledger row of a read may wait for the next flush: only a crash of the database server itself
# can then lose the last instants of *read* entries. Writes always wait.
BIND_READ = f"{BIND}, set_config('synchronous_commit', 'off', true)"
_BIND_WRITE = Prepared(
    "SELECT "
    + ", ".join(
        f"set_config('{name}', %(v{i})s, true)" for i, name in enumerate((*SETTINGS, TRACE))
    ),
    {},
)
_BECOME_ENGINE = Prepared(f"SET LOCAL ROLE {ENGINE}", {})
_BECOME_RECOMPUTE = Prepared(f"SET LOCAL ROLE {RECOMPUTE}", {})
_BECOME_OAUTH = Prepared(BECOME_OAUTH, {})
_AT_DESK = f"SELECT set_config('role', '{OAUTH}', true)"
_BECOME_ONESELF = Prepared("SET LOCAL ROLE NONE", {})
_LOCK = Prepared("SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))", {})
_LOCK_SHARED = Prepared("SELECT pg_advisory_xact_lock_shared(hashtextextended(%(name)s, 0))", {})


class Database:
    """The alliance database: one pool for reads, one for writes."""

    def __init__(self, url: str, *, size: int = 16, vault: Vault | None = None) -> None:
        """Prepare; `url` is of a role that is under the law. Without a vault no words are read."""
        self.vault = vault or Vault(NoMasters())
        self._reads = Reads(url, size=size)
        self._engine: AsyncEngine = create_async_engine(
            for_sqlalchemy(url),
            pool_size=size,
            pool_pre_ping=True,
        )
        # Whose ledger has grown since it was last sealed from here.
        self.readers: set[UUID] = set()

    async def open(self) -> None:
        """Open the first connection; raises if the database cannot be reached."""
        await self._reads.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._reads.close()
        await self._engine.dispose()

    def take_readers(self) -> set[UUID]:
        """Return whose ledger has grown since this was asked last."""
        taken, self.readers = self.readers, set()
        return taken

    async def check(self) -> None:
        """Raise unless the database answers."""
        await self._reads.run([("SELECT 1", [])])

    async def read(
        self, principal: Principal, sql: str, parameters: Sequence[str | None], trace: str = ""
    ) -> bytes:
        """Run one statement as a principal and return its one value, the finished body."""
        self.readers.add(principal.organisation)
        bound = [value.encode() for value in (*principal.settings, trace)]
        found = await self._reads.run([(BIND_READ, bound), (sql, encoded(parameters))])
        return found or b""

    async def look(self, principal: Principal, sql: str, parameters: Sequence[str | None]) -> bytes:
        """Run a statement as a principal of which nothing confidential comes out: no ledger grows."""
        bound = [value.encode() for value in (*principal.settings, "")]
        return await self._reads.run([(BIND_READ, bound), (sql, encoded(parameters))]) or b""

    @asynccontextmanager
    async def write(
        self, principal: Principal, trace: str = "", *, rehearsal: bool = False
    ) -> AsyncIterator[Transaction]:
        """Open a transaction for a principal; it is committed when the block ends well.

        A rehearsal is taken back however it ends.
        """
        async with self._engine.connect() as connection, connection.begin() as begun:
            transaction = Transaction(connection, principal, self.vault)
            await transaction.bind(trace)
            yield transaction
            if rehearsal:
                await begun.rollback()

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """Open a transaction on the authorization server's own tables; it commits at the end."""
        async with self._engine.connect() as connection, connection.begin():
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            desk = Desk(driver)
            await desk.run(BECOME_OAUTH)
            yield desk

    async def at_desk(self, sql: str, parameters: Sequence[str | None]) -> bytes | None:
        """Run one statement on the authorization server's tables in one round trip.

        Return its one value. Where a connection is lost it may be run a second time.
        """
        return await self._reads.run([(_AT_DESK, []), (sql, encoded(parameters))])


class Transaction:
    """What a use case works with: it never commits."""

    def __init__(self, connection: AsyncConnection, principal: Principal, vault: Vault) -> None:
        """Wrap a connection whose transaction has begun."""
        self._connection = connection
        self._driver: psycopg.AsyncConnection[Any] | None = None
        self.principal = principal
        self.vault = vault
        # The principal's own, once it was needed (`words.own_key`).
        self.key: Key | None = None

    async def bind(self, trace: str) -> None:
        """Bind the principal to the transaction."""
        values = (*self.principal.settings, trace)
        await self.fetch(_BIND_WRITE, **{f"v{i}": value for i, value in enumerate(values)})

    async def run(self, statement: Executable, rows: Any = None) -> CursorResult[Any]:
        """Run a statement."""
        return await self._connection.execute(statement, rows)

    async def fetch(self, statement: Prepared, /, **values: Any) -> list[tuple[Any, ...]]:
        """Run a statement that was prepared, on the driver itself, and return its rows."""
        driver = await self._its_driver()
        try:
            async with driver.cursor() as cursor:
                await cursor.execute(
                    statement.sql.encode(), {**statement.fixed, **values}, prepare=True
                )
                return await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            # As of any other statement: whoever catches one need not know how it was run.
            wrapped = sqlalchemy.exc.DBAPIError("", None, error, hide_parameters=True)
            raise wrapped from error

    async def _its_driver(self) -> psycopg.AsyncConnection[Any]:
        if self._driver is None:
            raw = await self._connection.get_raw_connection()
            driver: Any = raw.driver_connection
            self._driver = driver
        return self._driver

    def as_engine(self) -> AbstractAsyncContextManager[None]:
        """Act as the engine role: it derives from what it may not show, and states facts."""
        return self._as(_BECOME_ENGINE)

    def as_recompute(self) -> AbstractAsyncContextManager[None]:
        """Act as the role that scores answers anew. The service may not; an operator may."""
        return self._as(_BECOME_RECOMPUTE)

    def as_oauth(self) -> AbstractAsyncContextManager[None]:
        """Act as the authorization server's role, to end grants together with what they rest on."""
        return self._as(_BECOME_OAUTH)

    @asynccontextmanager
    async def _as(self, become: Prepared) -> AsyncIterator[None]:
        await self.fetch(become)
        yield
        # Not in a `finally`: after an error the transaction is over, and the role with it.
        await self.fetch(_BECOME_ONESELF)

    async def lock(self, *names: object, shared: bool = False) -> None:
        """Wait until no other transaction holds one of the names, and hold them till the end.

        Those who hold a name `shared` do not wait for each other.
        """
        for name in sorted(str(name) for name in names):
            await self.fetch(_LOCK_SHARED if shared else _LOCK, name=name)

    async def read(self, sql: str, parameters: Sequence[str | None]) -> bytes:
        """Run a compiled statement inside this transaction and return its one value."""
        async with psycopg.AsyncRawCursor(await self._its_driver()) as cursor:
            await cursor.execute(sql, list(parameters), prepare=True)
            row = await cursor.fetchone()
        return str(row[0]).encode() if row and row[0] is not None else b""


def encoded(parameters: Sequence[str | None]) -> list[bytes | None]:
    """Return parameters as the wire wants them."""
    return [None if value is None else value.encode() for value in parameters]
