"""A thief with dumps, data files and some master keys, who looks for what somebody wrote."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from alliance_api.store.words import PLACES, owner
from chassis import embedded
from chassis.masters import DoesNotOpen, Ring, decoded
from chassis.migrating import ensure_database
from chassis.vault import Key
from tests.house import House, drop, maintenance

# Every text of the experiment holds this word.
CANARY = "keys-canary"
# As long as a wrapped key is when it is spelled; whatever looks like one is tried.
_WRAPPED = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{80}(?![A-Za-z0-9+/=])")


@dataclass(frozen=True)
class Loot:
    """What a thief has found: words in plain, sealed texts, and whatever looks like a key."""

    plain: int
    rows: list[tuple[UUID, UUID, bytes, str]]  # organisation, person, about, what is stored
    wrapped: set[str]

    def __add__(self, other: Loot) -> Loot:
        plain = self.plain + other.plain
        return Loot(plain, self.rows + other.rows, self.wrapped | other.wrapped)


def searched(raw: bytes) -> Loot:
    """Search bytes, whatever they are."""
    keys = {found.decode() for found in _WRAPPED.findall(raw)}
    return Loot(raw.count(CANARY.encode()), [], keys)


def dumped(house: House) -> bytes:
    """Return a backup of the whole database."""
    command = [str(embedded.binaries() / "pg_dump"), "--no-owner", house.admin_url]
    return subprocess.run(command, check=True, capture_output=True).stdout


def looted(house: House, dump: bytes) -> Loot:
    """Restore a dump elsewhere, and take everything that is sealed in it."""
    url = ensure_database(maintenance(house.admin_url), f"loot_{uuid4().hex[:8]}")
    psql = [str(embedded.binaries() / "psql"), "--quiet", "--set", "ON_ERROR_STOP=1", url]
    try:
        subprocess.run(psql, input=dump, check=True, capture_output=True)
        with psycopg.connect(url) as connection:
            sealed = _sealed(connection)
    finally:
        drop(url)
    return searched(dump) + sealed


def _sealed(connection: psycopg.Connection[Any]) -> Loot:
    rows = []
    for place in PLACES:
        keys = ", ".join(place.keys)
        question = (
            f"SELECT organisation_id, {place.author}, {place.column}, {keys} FROM {place.table}"
        )
        for organisation, author, text, *row in connection.execute(question.encode()):
            rows.append((organisation, author, place.about(*row), text))
    found = connection.execute("SELECT wrapped FROM person_keys").fetchall()
    return Loot(0, rows, {wrapped for (wrapped,) in found})


def files(house: House) -> Loot:
    """Search the database's files and the server's log of changes, as they lie on the disk."""
    house.admin.execute("CHECKPOINT")
    [(folder,)] = house.rows("SHOW data_directory")
    mine = {
        str(oid)
        for (oid,) in house.rows("SELECT oid FROM pg_database WHERE datname = current_database()")
    }
    found = Loot(0, [], set())
    for path in Path(folder).rglob("*"):
        # The server may hold databases of others, too.
        if path.is_file() and (path.parent.parent.name != "base" or path.parent.name in mine):
            found += searched(path.read_bytes())
    return found


def recovered(loot: Loot, ring: Ring, people: dict[UUID, UUID]) -> set[str]:
    """Return the texts of some people that a thief with these master keys can read."""
    found: set[str] = set()
    for person, organisation in people.items():
        about = owner(organisation, person)
        keys = [key for text in loot.wrapped if (key := _unwrapped(ring, text, about))]
        mine = [
            (place, text) for o, p, place, text in loot.rows if (o, p) == (organisation, person)
        ]
        for key in keys:
            found |= {opened for place, text in mine if (opened := _opened(key, place, text))}
    return found


def _unwrapped(ring: Ring, text: str, about: bytes) -> Key | None:
    sealed = decoded(text)
    for name in ring.names:
        try:
            raw = ring.cipher(name).decrypt(
                sealed[:12], sealed[12:], b"master|" + name.encode() + b"|" + about
            )
        except Exception:  # noqa: BLE001, S112  (whatever is wrong with it, it is no key)
            continue
        return Key(raw, about)
    return None


def _opened(key: Key, about: bytes, text: str) -> str | None:
    try:
        return key.open(text.encode(), about)
    except DoesNotOpen:
        return None
