"""What every verb begins with."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from alliance_api.store.transaction import Database
    from chassis.masters import LocalMasters

T = TypeVar("T")
MASTERS, MASTERS_FILE = "MASTER_KEYS", "MASTER_KEYS_FILE"
Command = Callable[[argparse.Namespace], int]
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  (argparse names it no other way)


def verb(verbs: Verbs, name: str, help_: str, run: Command) -> argparse.ArgumentParser:
    """Add a verb that calls `run`; return its parser, for its options."""
    parser = verbs.add_parser(name, help=help_, description=help_)
    parser.set_defaults(run=run)
    return parser


def group(verbs: Verbs, name: str, help_: str) -> Verbs:
    """Add a verb that has verbs of its own: `alliance ledger verify`."""
    parser = verbs.add_parser(name, help=help_, description=help_)
    return parser.add_subparsers(title="verbs", metavar="VERB", required=True)


def admin_url() -> str:
    """Return the operator's database URL, or leave saying how to give it."""
    url = os.environ.get("DATABASE_ADMIN_URL", "")
    file = os.environ.get("DATABASE_ADMIN_URL_FILE")
    if file and not url:
        url = Path(file).read_text(encoding="utf-8").strip()
    if not url:
        sys.exit(
            "Set DATABASE_ADMIN_URL to PostgreSQL 18 as a user that may create roles, for example "
            "postgresql://postgres@localhost/alliance"
        )
    return url


def masters() -> LocalMasters:
    """Return the operator's master keys, or leave saying how to give them."""
    from alliance_api.settings import NO_MASTERS
    from chassis.masters import BadMasters, local_masters

    text, file = os.environ.get(MASTERS), os.environ.get(MASTERS_FILE)
    if not (text or file):
        sys.exit(NO_MASTERS)
    try:
        return local_masters(text, Path(file) if file else None)
    except (BadMasters, OSError) as error:
        sys.exit(f"The master keys cannot be read: {error}")


def have_masters() -> bool:
    """Say whether the operator gave master keys."""
    return bool(os.environ.get(MASTERS) or os.environ.get(MASTERS_FILE))


def with_database(work: Callable[[Database], Awaitable[T]], *, opening: bool = False) -> T:
    """Run work on the operator's database; `opening` what is sealed needs the master keys."""
    from alliance_api.store.transaction import Database
    from chassis.vault import Vault

    async def run() -> T:
        vault = Vault(masters()) if opening else None
        database = Database(admin_url(), size=2, vault=vault)
        await database.open()
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
