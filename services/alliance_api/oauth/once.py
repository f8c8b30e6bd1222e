"""What may happen once only, or so often in a stretch of time: decided by PostgreSQL for all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
import sqlalchemy.exc

from alliance_api.store.desk import Desk
from alliance_api.store.transaction import Database

from .opaque import hashed

TIDY_SECONDS: Final = 3600.0
_log = logging.getLogger("alliance.oauth")

_TAKE: Final = """
INSERT INTO oauth.once (hash, expires_at) VALUES ($1::text::bytea, $2::text::timestamptz)
ON CONFLICT (hash) DO NOTHING RETURNING 'first'
"""
_COUNT: Final = """
INSERT INTO oauth.counters (hash, since, count, expires_at)
VALUES (%(hash)s, %(since)s, 1, %(until)s)
ON CONFLICT (hash, since) DO UPDATE SET count = counters.count + 1
RETURNING count
"""


async def first(db: Database, kind: str, name: str, until: datetime) -> bool:
    """Say whether a name of a kind is used for the first time, and keep it until then.

    Where a connection is lost on the way it may say no of a first time, and never yes of another.
    """
    digest = hashed(f"{kind}\0{name}").hex()
    given = [f"\\x{digest}", until.isoformat()]
    return await db.at_desk(_TAKE, given) is not None


async def within(  # noqa: PLR0913  (what is counted, how often, and by whose clock)
    db: Database, kind: str, name: str, most: int, seconds: int, now: datetime
) -> bool:
    """Count an attempt; say whether it is one of the first `most` in this stretch of seconds."""
    async with db.desk() as desk:
        return await counted(desk, kind, name, seconds, now) <= most


async def counted(desk: Desk, kind: str, name: str, seconds: int, now: datetime) -> int:
    """Count an attempt; return how many there were in this stretch of seconds."""
    since = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
    until = since + timedelta(seconds=seconds)
    row = await desk.row(_COUNT, hash=hashed(f"{kind}\0{name}"), since=since, until=until)
    return int(row["count"]) if row else 0


_OLD: Final = (
    "DELETE FROM oauth.once WHERE expires_at < %(at)s",
    "DELETE FROM oauth.counters WHERE expires_at < %(at)s",
    "DELETE FROM oauth.requests WHERE expires_at < %(day)s",
    "DELETE FROM oauth.devices WHERE expires_at < %(day)s",
    "DELETE FROM oauth.launches WHERE expires_at < %(day)s",
    "DELETE FROM oauth.grants WHERE expires_at < %(day)s",
)


@asynccontextmanager
async def tidying(db: Database, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """Tidy once an hour meanwhile."""
    running = asyncio.create_task(_tidy_on(db, clock))
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def _tidy_on(db: Database, clock: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        try:
            await tidy(db, clock())
        except (psycopg.Error, sqlalchemy.exc.SQLAlchemyError) as error:
            # What is left over decides nothing; the next hour does it.
            _log.warning("oauth.untidy", extra={"exception.type": type(error).__name__})


async def tidy(db: Database, at: datetime) -> int:
    """Take away what is over and decides nothing any more; return how many rows."""
    done = 0
    for statement in _OLD:
        async with db.desk() as desk:
            done += await desk.run(statement, at=at, day=at - timedelta(days=1))
    return done
