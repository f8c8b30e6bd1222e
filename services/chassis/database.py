"""PostgreSQL for both services: addresses, the embedded server, and pipelined reads.

A read is one round trip. The statement that binds the caller and the statement it protects travel
together, and form one implicit transaction that ends when the server has answered.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import sqlalchemy.exc
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, PoolTimeout

MOST_STATEMENTS = 500
# A plan takes some forty times the memory of its text, on every connection: so many octets of text
# are kept planned, or a caller who sends long documents, each another one, fills the server.
MOST_TEXT = 2 * 1024 * 1024
_TRIES = 3

# What is raised where the database cannot. Of the last, every connection of a pool was busy too long.
CANNOT: Final = (psycopg.Error, sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError)


def address(url: str, **parts: str) -> str:
    """Return a PostgreSQL URL with its user (`user=`) or database (`database=`) replaced."""
    split = urlsplit(url)
    netloc, path = split.netloc, split.path
    if "user" in parts:
        netloc = f"{parts['user']}@{netloc.rpartition('@')[2]}"
    if "database" in parts:
        path = f"/{parts['database']}"
    return urlunsplit((split.scheme, netloc, path, split.query, split.fragment))


def with_settings(url: str, settings: Mapping[str, str]) -> str:
    """Return a PostgreSQL URL whose connections begin with these settings."""
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return f"{url}{'&' if '?' in url else '?'}options={quote(options, safe='')}"


def for_sqlalchemy(url: str) -> str:
    """Return a PostgreSQL URL as SQLAlchemy wants it, with our one driver named."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def state_of(error: BaseException) -> str:
    """Return the SQLSTATE of a driver's error, or of one that wraps it.

    A connection that could not be had or was lost has none and counts as `08000`; an error made
    in this process (a value that cannot be told to PostgreSQL, say) as `XX000`.
    """
    found = getattr(error, "orig", None) or error
    if state := getattr(found, "sqlstate", None):
        return str(state)
    lost = (psycopg.OperationalError, psycopg.InterfaceError, sqlalchemy.exc.TimeoutError)
    return "08000" if isinstance(found, lost) else "XX000"


class Line:
    """One connection in pipeline mode: prepared statements, and no transaction of its own."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Put a fresh connection into pipeline mode."""
        self._pg = connection.pgconn
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._names: dict[str, bytes] = {}
        self._text = 0

    async def run(self, statements: Sequence[tuple[str, Sequence[bytes | None]]]) -> bytes | None:
        """Run statements as one transaction in one round trip; return the last one's first value.

        Raises the `psycopg.Error` of the first statement that failed: then nothing was done.
        """
        try:
            for sql, parameters in statements:
                self._send(sql, parameters)
            self._pg.pipeline_sync()
            return await self._receive()
        except psycopg.errors.DatabaseError as error:
            if error.sqlstate is None:
                self._pg.finish()
            raise
        except BaseException:
            # Cancelled between question and answer: what comes next would be another's answer.
            self._pg.finish()
            raise

    def _send(self, sql: str, parameters: Sequence[bytes | None]) -> None:
        name = self._names.get(sql)
        if name is None:
            name = self._prepare(sql)
        self._pg.send_query_prepared(name, parameters)

    def _prepare(self, sql: str) -> bytes:
        text = sql.encode()
        if len(self._names) >= MOST_STATEMENTS or self._text + len(text) > MOST_TEXT:
            self._forget()
        name = hashlib.sha256(text).hexdigest()[:32].encode()
        self._pg.send_prepare(name, text)
        self._names[sql] = name
        self._text += len(text)
        return name

    def _forget(self) -> None:
        self._names.clear()
        self._text = 0
        self._pg.send_query_params(b"DEALLOCATE ALL", [])

    async def _receive(self) -> bytes | None:
        value: bytes | None = None
        failure: psycopg.Error | None = None
        while self._pg.flush() == 1:
            await _ready(self._pg.socket, write=True)
        while True:
            while self._pg.is_busy():
                await _ready(self._pg.socket)
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is None:
                self._alive(failure)
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                break
            if result.status == pq.ExecStatus.TUPLES_OK:
                value = result.get_value(0, 0) if result.ntuples else None
            elif result.status == pq.ExecStatus.FATAL_ERROR and failure is None:
                failure = psycopg.errors.error_from_result(result)
        if failure is not None:
            # A statement that failed to prepare is not there; ask again next time.
            self._forget()
            self._pg.pipeline_sync()
            await self._drain()
            raise failure
        return value

    async def _drain(self) -> None:
        while True:
            while self._pg.is_busy():
                await _ready(self._pg.socket)
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is None:
                self._alive(None)
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return

    def _alive(self, failure: psycopg.Error | None) -> None:
        # Between two results there is an empty one; from a lost connection nothing else comes.
        if self._pg.status != pq.ConnStatus.OK:
            raise failure or psycopg.OperationalError("the connection to PostgreSQL was lost")


async def _ready(descriptor: int, *, write: bool = False) -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    add, remove = (
        (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
    )
    add(descriptor, wake)
    try:
        await future
    finally:
        remove(descriptor)


class Reads:
    """A pool of pipelined connections."""

    def __init__(self, url: str, *, size: int = 16) -> None:
        """Prepare the pool; nothing is opened yet."""
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            kwargs={"autocommit": True, "prepare_threshold": None},
            configure=self._configure,
            timeout=5,
        )

    async def open(self) -> None:
        """Open the pool and its first connection."""
        await self._pool.open(wait=True)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def run(self, statements: Sequence[tuple[str, Sequence[bytes | None]]]) -> bytes | None:
        """Run statements as `Line.run` does; a connection that was found dead is replaced.

        Only for statements that may be run again: the reads, and their ledger rows, which are
        written in the same transaction or not at all.
        """
        patience = _TRIES
        # After a restart every connection in the pool is dead, and each is found out by using it.
        stale = self._pool.max_size
        while True:
            try:
                async with self._pool.connection() as connection:
                    return await self._line(connection).run(statements)
            except psycopg.OperationalError as error:
                if error.sqlstate is not None and not error.sqlstate.startswith(("08", "57P")):
                    raise
                if stale and not isinstance(error, PoolTimeout):
                    stale -= 1
                    continue
                patience -= 1
                if not patience:
                    raise
                await asyncio.sleep(0.05 * (_TRIES - patience))

    async def _configure(self, connection: psycopg.AsyncConnection[Any]) -> None:
        connection._alliance_line = Line(connection)  # type: ignore[attr-defined]  # noqa: SLF001

    def _line(self, connection: psycopg.AsyncConnection[Any]) -> Line:
        line: Line = connection._alliance_line  # type: ignore[attr-defined]  # noqa: SLF001
        return line
