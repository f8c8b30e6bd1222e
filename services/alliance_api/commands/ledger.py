"""`alliance ledger`: sealing the read ledger, keeping checkpoints elsewhere, and verifying."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from .common import Verbs, admin_url, group, verb

KEY = "LEDGER_KEY_FILE"
_SET_BACK = (
    "This server numbers its transactions below those that are sealed already, as a new one does "
    "after a restore: what is read now can never be sealed. docs/how-to/restore.md says how to "
    "raise them."
)


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    ledger = group(verbs, "ledger", "seal the read ledger, and find out whether it was touched")
    verb(ledger, "seal", "sign what was read since the last seal", _seal)
    point = verb(ledger, "checkpoint", "write down the last seals, to be kept elsewhere", _point)
    point.add_argument("--out", type=Path, required=True)
    out = verb(ledger, "export", "write the ledger of every organisation to a file", _export)
    out.add_argument("--out", type=Path, required=True)
    check = verb(ledger, "verify", "name the first entry that was touched", _verify)
    check.add_argument("--checkpoint", type=Path, help="the last seals, kept elsewhere")
    check.add_argument("--keys", type=Path, required=True, help="the public keys, a JWK Set")
    check.add_argument("--file", type=Path, help="an export, instead of DATABASE_ADMIN_URL")
    keys = verb(ledger, "keys", "write the public key of LEDGER_KEY_FILE as a JWK Set", _keys)
    keys.add_argument("--out", type=Path, required=True)


def _key() -> Any:
    from chassis.signing import key_at

    path = os.environ.get(KEY, "")
    if not path:
        sys.exit(f"Set {KEY} to where the signing key is, or shall be: not where the database is.")
    return key_at(Path(path))


@contextmanager
def _connection() -> Iterator[Any]:
    import psycopg

    with psycopg.connect(admin_url()) as connection:
        yield connection


def _seal(_: argparse.Namespace) -> int:
    import asyncio

    from alliance_api.store.seals import is_set_back, organisations

    with _connection() as connection:
        found = organisations(connection)
        if is_set_back(connection):
            sys.exit(_SET_BACK)
    sealed = asyncio.run(_seal_all(admin_url(), found, _key()))
    print(f"Sealed {sealed} entries of {len(found)} organisations.")
    return 0


async def _seal_all(url: str, found: list[UUID], key: Any) -> int:
    from alliance_api.charter.principal import house_of
    from alliance_api.store.seals import seal
    from alliance_api.store.transaction import Database

    database, total = Database(url, size=1), 0
    await database.open()
    for organisation in found:
        while True:
            async with database.write(house_of(organisation)) as tx:
                made = await seal(tx, key.id, key.sign)
            total += made
            if not made:
                break
    await database.close()
    return total


def _point(found: argparse.Namespace) -> int:
    from alliance_api.store.seals import organisations, seals_of

    with _connection() as connection:
        last = [
            chain[-1] for each in organisations(connection) if (chain := seals_of(connection, each))
        ]
    key = _key()
    points = [{"organisation": s.organisation, "number": s.number, "head": s.head} for s in last]
    text = json.dumps(points, sort_keys=True)
    signed = {"points": points, "key": key.id, "signature": key.sign(text.encode())}
    found.out.write_text(json.dumps(signed, indent=1), encoding="utf-8")
    print(f"Kept {len(points)} seals in {found.out}. Put it where the database is not.")
    return 0


def _keys(found: argparse.Namespace) -> int:
    found.out.write_text(json.dumps({"keys": [_key().public]}, indent=1), encoding="utf-8")
    print(f"Written: {found.out}")
    return 0


def _export(found: argparse.Namespace) -> int:
    from alliance_api.domain.ledger_lines import lines_of
    from alliance_api.store.seals import entries_of, organisations, seals_of

    with _connection() as connection, found.out.open("w", encoding="utf-8", newline="\n") as file:
        for each in organisations(connection):
            ledger = (seals_of(connection, each), entries_of(connection, each))
            file.writelines(lines_of(str(each), *ledger))
    print(f"Written: {found.out}")
    return 0


def _verify(found: argparse.Namespace) -> int:
    from chassis.signing import verifier

    try:
        is_good = verifier(json.loads(found.keys.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sys.exit(f"{found.keys}: is not a JWK Set of public keys.")
    points = _points(found.checkpoint, is_good) if found.checkpoint else {}
    if found.file:
        return _judge(_from_file(found.file), is_good, points)
    with _connection() as connection:
        return _judge(_from_database(connection), is_good, points)


def _points(path: Path, is_good: Callable[[str, bytes, str], bool]) -> dict[str, Any]:
    from alliance_api.domain.seals import Checkpoint

    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(found["points"], sort_keys=True).encode()
        signed = is_good(found["key"], text, found["signature"])
        points = {point["organisation"]: Checkpoint(**point) for point in found["points"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        signed, points = False, {}
    if not signed:
        sys.exit(
            f"{path}: is not signed by one of the keys. Take the right file, or the right keys."
        )
    return points


Ledger = tuple[str, list[Any], Any]


def _from_database(connection: Any) -> Iterator[Ledger]:
    from alliance_api.store.seals import entries_of, organisations, seals_of

    for each in organisations(connection):
        yield str(each), seals_of(connection, each), entries_of(connection, each)


def _from_file(path: Path) -> Iterator[Ledger]:
    from alliance_api.domain.ledger_lines import NotALine, ledgers_of

    try:
        with path.open("rb") as file:
            ledgers = ledgers_of(file)
    except OSError:
        sys.exit(f"{path}: there is no such file.")
    except NotALine as error:
        sys.exit(f"{path}: {error}. Take the file as `alliance ledger export` wrote it.")
    for organisation, (seals, entries) in ledgers.items():
        yield organisation, seals, entries


def _judge(ledgers: Iterator[Ledger], is_good: Any, points: dict[str, Any]) -> int:
    from alliance_api.domain.seals import Broken, Fault, verify

    faults, total, unseen = 0, 0, set(points)
    for organisation, seals, entries in ledgers:
        unseen.discard(organisation)
        fault = verify(seals, entries, is_good, points.get(organisation))
        total += seals[-1].total if seals else 0
        faults += _tell(organisation, fault)
    for organisation in sorted(unseen):
        faults += _tell(organisation, Fault(Broken.ROLLED_BACK, points[organisation].number))
    if not faults:
        print(f"Intact: {total} sealed entries.")
    return 1 if faults else 0


def _tell(organisation: str, fault: Any) -> int:
    if fault is None:
        return 0
    from alliance_api.domain.seals import ID

    entry = f", entry {UUID(fault.entry)}" if fault.entry and len(fault.entry) == 2 * ID else ""
    print(f"{organisation}: {fault.kind} in seal {fault.seal}{entry}", file=sys.stderr)
    return 1
