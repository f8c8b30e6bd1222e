"""`alliance erasures`: a list of the erased outside the database, and erasing them again."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from .common import Verbs, admin_url, group, masters, verb, with_database


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    erasures = group(verbs, "erasures", "keep who was erased, and erase them again after a restore")
    out = verb(erasures, "export", "write who was erased to a file, to be kept elsewhere", _export)
    out.add_argument("--out", type=Path, required=True)
    again = verb(erasures, "replay", "erase everybody in a file; before serving", _replay)
    again.add_argument("file", type=Path)
    again.add_argument(
        "--unchecked", action="store_true", help="take the file as it is, whoever wrote it"
    )


def _export(found: argparse.Namespace) -> int:
    count = asyncio.run(_write(found.out))
    print(f"{count} erased people are listed in {found.out}. Keep it apart from the backups.")
    return 0


async def _write(out: Path) -> int:
    from alliance_api.store import keeping, restoring

    async with keeping.connected(admin_url()) as connection:
        listed = await restoring.erased(connection)
    text = restoring.spelt(listed, masters().ring(), datetime.now(UTC))
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return len(listed)


def _replay(found: argparse.Namespace) -> int:
    from alliance_api.store.restoring import BadList, parsed
    from alliance_api.usecases.erasure import erase_again

    ring = None if found.unchecked else masters().ring()
    try:
        listed = parsed(found.file.read_text(encoding="utf-8"), ring)
    except (BadList, OSError) as error:
        sys.exit(f"Nobody was erased: {error}.")

    now = datetime.now(UTC).replace(microsecond=0)
    again = with_database(lambda database: erase_again(database, listed, now))
    print(f"{again} of {len(listed)} were erased again; the others are erased, or not there.")
    return 0
