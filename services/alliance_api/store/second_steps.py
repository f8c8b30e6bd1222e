"""The sealed seeds of people's one-time codes: what they are bound to, and wrapping them anew."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import psycopg

from chassis.masters import DoesNotOpen, LocalMasters, UnknownMaster, Wrapped

from .desk import BECOME_OAUTH

Connection = psycopg.AsyncConnection[Any]


def about(account: UUID) -> bytes:
    """Return what a seed is bound to, so that it opens for its own account only."""
    return b"account|" + account.bytes


async def masters_used(connection: Connection) -> Counter[str]:
    """Return how many seeds hang on each master."""
    asked = (
        "SELECT totp_master, count(*) FROM oauth.accounts WHERE totp_master IS NOT NULL "
        "GROUP BY totp_master"
    )
    async with connection.transaction():
        await connection.execute(BECOME_OAUTH.encode())
        rows = await (await connection.execute(asked)).fetchall()
    return Counter({str(master): int(count) for master, count in rows})


async def rewrap(connection: Connection, masters: LocalMasters) -> tuple[int, int]:
    """Wrap every seed with the current master that is not; return how many, and how many could not."""
    async with connection.transaction():
        await connection.execute(BECOME_OAUTH.encode())
        asked = (
            "SELECT id, totp_master, totp_sealed FROM oauth.accounts WHERE totp_master <> %s "
            "ORDER BY id FOR UPDATE"
        )
        rows = await (await connection.execute(asked, [masters.ring().current])).fetchall()
        done = [await _rewrap(connection, masters, *row) for row in rows]
    return sum(done), len(done) - sum(done)


async def _rewrap(
    connection: Connection, masters: LocalMasters, account: UUID, master: str, sealed: str
) -> bool:
    try:
        opened = await masters.unwrap(Wrapped(master, sealed), about(account))
        made = await masters.wrap(opened, about(account))
    except (UnknownMaster, DoesNotOpen):
        return False
    await connection.execute(
        "UPDATE oauth.accounts SET totp_master = %s, totp_sealed = %s WHERE id = %s",
        [made.master, made.text, account],
    )
    return True
