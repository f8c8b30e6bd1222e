"""The ledger's pool: statements that may be repeated are, and a transaction is one block."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from .steady import Row, is_passing

Connection = psycopg.AsyncConnection[Row]
PATIENCE_SECONDS = 3.0


class Unavailable(Exception):  # noqa: N818  (it says what is the matter)
    """The database could not be asked now."""


class Store:
    """Connections to the notifier's database."""

    def __init__(self, url: str, *, size: int = 8) -> None:
        """Prepare the pool; nothing is opened yet."""
        self.url = url
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=PATIENCE_SECONDS,
            kwargs={"autocommit": True, "row_factory": dict_row},
        )

    async def open(self) -> None:
        """Begin to connect; a database that is not there yet is no reason to fail."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """Run a statement that comes to the same twice; return its rows. Raises `Unavailable`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_SECONDS
        while loop.time() < until:
            try:
                async with self._pool.connection() as connection:
                    return await rows(connection, sql, parameters)
            except PoolTimeout:
                break
            except psycopg.Error as error:
                if not is_passing(error):
                    raise
            # After a restart every connection is dead, and each would be found out by using it.
            await self._pool.check()
            await asyncio.sleep(random.uniform(0.02, 0.2))  # noqa: S311  (no secret)
        raise Unavailable

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection in a transaction that ends with the block. Raises `Unavailable`."""
        try:
            async with self._pool.connection() as connection, connection.transaction():
                yield connection
        except PoolTimeout:
            raise Unavailable from None
        except psycopg.Error as error:
            if is_passing(error):
                raise Unavailable from None
            raise


async def rows(
    connection: Connection, sql: str, parameters: Mapping[str, Any] | None = None
) -> list[Row]:
    """Run a statement on a connection; return its rows."""
    cursor = await connection.execute(sql.encode(), parameters)
    return await cursor.fetchall() if cursor.description else []
