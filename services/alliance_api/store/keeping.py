"""Keeping keys, as an operator: wrapping them anew, taking a master away, sealing what is plain.

All of it in small transactions, while the service goes on. Keys are wrapped anew as the keeper, who
reads nothing that they open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from alliance_api.charter.policies import KEEPER
from chassis.masters import DoesNotOpen, LocalMasters, UnknownMaster, Wrapped
from chassis.vault import PREFIX, Key, Vault

from . import second_steps
from .desk import SIGNING
from .words import MASTERS, PLACES, Place, owner

BATCH = 200
Connection = psycopg.AsyncConnection[Any]


@dataclass(slots=True)
class Rewrapped:
    """How many keys were wrapped anew, and how many could not be: they stay as they are."""

    done: int = 0
    failed: int = 0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Connect as the operator; each statement is a transaction of its own unless said otherwise."""
    async with await Connection.connect(url, autocommit=True) as connection:
        yield connection


async def masters_used(connection: Connection) -> Counter[str]:
    """Return how many keys hang on each master."""
    rows = await connection.execute(
        "SELECT master, count(*) FROM (SELECT master FROM person_keys UNION ALL "
        "SELECT master FROM oauth.signing_keys) AS found GROUP BY master"
    )
    found: Counter[str] = Counter(dict(await rows.fetchall()))
    return found + await second_steps.masters_used(connection)


async def rewrap(connection: Connection, masters: LocalMasters) -> Rewrapped:
    """Wrap every key with the current master that is not."""
    found = Rewrapped()
    organisations = await connection.execute("SELECT organisation_id FROM organisations ORDER BY 1")
    for (organisation,) in await organisations.fetchall():
        after: UUID | None = UUID(int=0)
        while after is not None:
            after = await _rewrap_some(connection, masters, organisation, after, found)
    await _rewrap_signing(connection, masters, found)
    done, failed = await second_steps.rewrap(connection, masters)
    return Rewrapped(found.done + done, found.failed + failed)


async def _rewrap_signing(connection: Connection, masters: LocalMasters, found: Rewrapped) -> None:
    """Do the same for the keys that tokens are signed with: they are few."""
    async with connection.transaction():
        rows = await connection.execute(
            "SELECT kid, master, wrapped FROM oauth.signing_keys WHERE master <> %s FOR UPDATE",
            [masters.ring().current],
        )
        for kid, master, wrapped in await rows.fetchall():
            try:
                raw = await masters.unwrap(Wrapped(master, wrapped), SIGNING)
            except (UnknownMaster, DoesNotOpen):
                found.failed += 1
                continue
            made = await masters.wrap(raw, SIGNING)
            await connection.execute(
                "UPDATE oauth.signing_keys SET master = %s, wrapped = %s WHERE kid = %s",
                [made.master, made.text, kid],
            )
            found.done += 1


async def _rewrap_some(
    connection: Connection, masters: LocalMasters, organisation: UUID, after: UUID, found: Rewrapped
) -> UUID | None:
    async with connection.transaction():
        await connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(KEEPER)))
        await connection.execute(
            "SELECT set_config('alliance.organisation', %s, true)", [str(organisation)]
        )
        rows = await connection.execute(
            "SELECT person_id, master, wrapped FROM person_keys "
            "WHERE master <> %s AND person_id > %s ORDER BY person_id LIMIT %s FOR UPDATE",
            [masters.ring().current, after, BATCH],
        )
        people = await rows.fetchall()
        for person, master, wrapped in people:
            about = owner(organisation, person)
            try:
                made = await masters.wrap(
                    await masters.unwrap(Wrapped(master, wrapped), about), about
                )
            except (UnknownMaster, DoesNotOpen):
                found.failed += 1
                continue
            await connection.execute(
                "UPDATE person_keys SET master = %s, wrapped = %s WHERE person_id = %s",
                [made.master, made.text, person],
            )
            found.done += 1
    return people[-1][0] if len(people) == BATCH else None


async def retire(connection: Connection, name: str, forget: Callable[[], None]) -> int:
    """Call `forget` if no key hangs on a master, while nobody can have one wrapped by it.

    Returns how many keys do; then nothing was done.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [MASTERS])
        used = (await masters_used(connection))[name]
        if not used:
            forget()
    return used


# What was stored before there were keys


async def plain_texts(connection: Connection) -> int:
    """Return how many texts are not sealed."""
    total = 0
    for place in PLACES:
        asked = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
            sql.Identifier(place.table), _is_plain(place)
        )
        total += (await (await connection.execute(asked)).fetchall())[0][0]
    return total


async def seal_texts(connection: Connection, vault: Vault) -> int:
    """Seal every text that is not; return how many."""
    done = 0
    for place in PLACES:
        keys = await _seal_some(connection, vault, place, ())
        done += len(keys)
        while len(keys) == BATCH:
            keys = await _seal_some(connection, vault, place, keys[-1])
            done += len(keys)
    return done


def _is_plain(place: Place) -> sql.Composed:
    return sql.SQL("{column} <> '' AND NOT starts_with({column}, {prefix})").format(
        column=sql.Identifier(place.column), prefix=sql.Literal(PREFIX)
    )


async def _seal_some(
    connection: Connection, vault: Vault, place: Place, after: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """Seal some texts, whose keys come after the last ones; return their keys, in order."""
    names = [sql.Identifier(name) for name in ("organisation_id", *place.keys)]
    keyed = sql.SQL(", ").join(names)
    later = sql.SQL("({}) > ({}) AND ").format(keyed, sql.SQL(", ").join(map(sql.Literal, after)))
    question = sql.SQL(
        "SELECT {author}, {column}, {keyed} FROM {table} WHERE {later}{is_plain} "
        "ORDER BY {keyed} LIMIT {limit} FOR UPDATE"
    ).format(
        author=sql.Identifier(place.author),
        column=sql.Identifier(place.column),
        keyed=keyed,
        table=sql.Identifier(place.table),
        later=later if after else sql.SQL(""),
        is_plain=_is_plain(place),
        limit=sql.Literal(BATCH),
    )
    change = sql.SQL("UPDATE {} SET {} = %s WHERE {}").format(
        sql.Identifier(place.table),
        sql.Identifier(place.column),
        sql.SQL(" AND ").join(sql.SQL("{} = %s").format(name) for name in names),
    )
    async with connection.transaction(), connection.cursor() as cursor:
        rows = await (await cursor.execute(question)).fetchall()
        sealed = []
        for author, text, organisation, *keys in rows:
            key = await _key_of(connection, vault, organisation, author)
            sealed.append((vault.seal(key, text, place.about(*keys)), organisation, *keys))
        if sealed:
            await cursor.executemany(change, sealed)
    return [row[2:] for row in rows]


async def _key_of(connection: Connection, vault: Vault, organisation: UUID, person: UUID) -> Key:
    about = owner(organisation, person)
    found = "SELECT master, wrapped FROM person_keys WHERE organisation_id = %s AND person_id = %s"
    row = await (await connection.execute(found, [organisation, person])).fetchone()
    if row is None:
        await connection.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [MASTERS]
        )
        made = await vault.new_key(about)
        await connection.execute(
            "INSERT INTO person_keys (organisation_id, person_id, master, wrapped) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [organisation, person, made.master, made.text],
        )
        row = await (await connection.execute(found, [organisation, person])).fetchone()
    assert row is not None  # noqa: S101  (it was just inserted, by us or another)
    return await vault.key(Wrapped(*row), about)
