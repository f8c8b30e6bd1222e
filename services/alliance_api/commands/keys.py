"""`alliance keys`: master keys, and what hangs on each."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .common import MASTERS_FILE, Verbs, admin_url, group, masters, verb

if TYPE_CHECKING:
    from chassis.masters import LocalMasters


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    keys = group(verbs, "keys", "make master keys, replace them, and see what hangs on each")
    new = verb(keys, "new", "make a master key; with a file, put it first there", _new)
    new.add_argument("--file", type=Path, help="made if it is missing, readable by you only")
    verb(keys, "list", "say how many people's keys each master key wraps", _list)
    verb(keys, "rotate", "wrap every person's key with the first master key", _rotate)
    retire = verb(
        keys, "retire", f"take a master key that wraps nothing out of {MASTERS_FILE}", _retire
    )
    retire.add_argument("name")
    verb(keys, "seal", "seal texts that were stored before there were keys", _seal)


def _new(found: argparse.Namespace) -> int:
    import secrets
    from datetime import UTC, datetime

    from chassis.masters import BYTES, BadMasters, Ring, parse

    name = f"{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(3)}"
    key = os.urandom(BYTES)
    file: Path | None = found.file
    if file is None:
        print(Ring({name: key}).text())
        return 0
    try:
        ring = parse(file.read_text(encoding="utf-8")) if file.exists() else None
    except (BadMasters, OSError) as error:
        sys.exit(f"{file} is left as it is: {error}")
    (ring.with_new(name, key) if ring else Ring({name: key})).write(file)
    print(f"{name} is the first key in {file}. Keep a copy where neither database nor backups are.")
    return 0


def _list(_: argparse.Namespace) -> int:
    ring = masters().ring()
    used = asyncio.run(_used())
    for name in ring.names:
        current = "  current" if name == ring.current else ""
        print(f"{used.pop(name, 0):8}  {name}{current}")
    for name, count in sorted(used.items()):
        print(f"{count:8}  {name}  MISSING: what these people wrote cannot be read")
    return 1 if used else 0


async def _used() -> dict[str, int]:
    from alliance_api.store import keeping

    async with keeping.connected(admin_url()) as connection:
        return dict(await keeping.masters_used(connection))


def _rotate(_: argparse.Namespace) -> int:
    found = masters()
    done, failed = asyncio.run(_rewrap(found))
    print(f"{done} keys are wrapped with {found.ring().current} now.")
    if failed:
        print(f"{failed} could not be: their master is not here, or they were changed.")
    return 1 if failed else 0


async def _rewrap(found: LocalMasters) -> tuple[int, int]:
    from alliance_api.store import keeping

    async with keeping.connected(admin_url()) as connection:
        result = await keeping.rewrap(connection, found)
    return result.done, result.failed


def _retire(found: argparse.Namespace) -> int:
    name, file = found.name, os.environ.get(MASTERS_FILE)
    if not file:
        sys.exit(f"Set {MASTERS_FILE}: a master key is taken out of a file.")
    ring = masters().ring()
    if name not in ring.names:
        sys.exit(f"There is no master key of this name in {file}.")
    if name == ring.current:
        sys.exit("This one is the current one. Make another first: `alliance keys new --file`.")
    used = asyncio.run(_retire_one(name, Path(file)))
    if used:
        sys.exit(f"{used} keys hang on it. Wrap them anew first: `alliance keys rotate`.")
    print(
        f"{name} is gone from {file}. What was wrapped with it, in backups too, is lost for good."
    )
    return 0


async def _retire_one(name: str, file: Path) -> int:
    from alliance_api.store import keeping

    async with keeping.connected(admin_url()) as connection:
        ring = masters().ring()
        return await keeping.retire(connection, name, lambda: ring.without(name).write(file))


def _seal(_: argparse.Namespace) -> int:
    print(f"{seal_texts()} texts were sealed.")
    return 0


def seal_texts() -> int:
    """Seal every text that is not; return how many."""
    from alliance_api.store import keeping
    from chassis.vault import Vault

    async def run() -> int:
        async with keeping.connected(admin_url()) as connection:
            return await keeping.seal_texts(connection, Vault(masters()))

    return asyncio.run(run())


def plain_texts() -> int:
    """Return how many texts are not sealed."""
    from alliance_api.store import keeping

    async def run() -> int:
        async with keeping.connected(admin_url()) as connection:
            return await keeping.plain_texts(connection)

    return asyncio.run(run())
