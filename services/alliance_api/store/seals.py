"""Sealing the read ledger, and reading it back for a verifier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import insert, select, text

from alliance_api.domain.seals import Entry, Seal, next_seal

from .tables import ledger_seals
from .transaction import Transaction

Sign = Callable[[bytes], str]
"""Signs the octets of a seal's header; returns the signature as text."""

BATCH = 10_000

_VALUES = """
  r.id, r.transaction::text::bigint, r.position,
  to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.person_id::text,
  r.application, r.purpose, r.operation, r.document_hash, r.trace_id,
  array_to_string(r.facets, ','), array_to_string(r.cases, ','), r.outcome
FROM read_ledger r
"""
# Below the oldest transaction that still runs nothing can be added any more.
_WAITING = f"""
SELECT {_VALUES}
WHERE r.transaction < pg_snapshot_xmin(pg_current_snapshot())
  AND (r.transaction, r.position) > (CAST(CAST(:transaction AS text) AS xid8), :position)
ORDER BY r.transaction, r.position LIMIT {BATCH}
"""
_ALL = f"SELECT {_VALUES} WHERE r.organisation_id = %s ORDER BY r.transaction, r.position"
_SEALS = """
SELECT organisation_id::text, number, after_transaction::text::bigint, after_position,
  last_transaction::text::bigint, last_position, entries, total, root, previous,
  to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), key_id, leaves, signature
FROM ledger_seals
"""


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a row as it was selected."""
    return Entry(row[0].bytes, (row[1], row[2]), tuple(row[3:]))


def seal_of(row: Sequence[Any]) -> Seal:
    """Return the seal of a row as it was selected."""
    organisation, number, at, ap, lt, lp, entries, total, root, previous, *rest = row
    sealed_at, key_id, leaves, signature = rest
    return Seal(
        organisation, number, (at, ap), (lt, lp), entries, total, root, previous, sealed_at,
        key_id, bytes(leaves), signature,
    )  # fmt: skip


async def seal(tx: Transaction, key_id: str, sign: Sign) -> int:
    """Seal the next batch of the principal's organisation; return how many entries it has."""
    await tx.lock(f"seal:{tx.principal.organisation}")
    async with tx.as_engine():
        before = await _last(tx)
        place = before.last if before else (0, 0)
        given = {"transaction": str(place[0]), "position": place[1]}
        rows = (await tx.run(text(_WAITING), given)).all()
        if not rows:
            return 0
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        organisation = str(tx.principal.organisation)
        made = next_seal(organisation, before, [entry_of(row) for row in rows], now, key_id)
        await _keep(tx, made, sign(made.header))
    return made.entries


async def _last(tx: Transaction) -> Seal | None:
    row = (await tx.run(text(f"{_SEALS} ORDER BY number DESC LIMIT 1"))).first()
    return seal_of(row) if row else None


async def _keep(tx: Transaction, made: Seal, signature: str) -> None:
    values = {
        "organisation_id": tx.principal.organisation,
        "number": made.number,
        "after_transaction": str(made.after[0]),
        "after_position": made.after[1],
        "last_transaction": str(made.last[0]),
        "last_position": made.last[1],
        "entries": made.entries,
        "total": made.total,
        "root": made.root,
        "leaves": made.leaves,
        "previous": made.previous,
        "sealed_at": datetime.fromisoformat(made.sealed_at),
        "key_id": made.key_id,
        "signature": signature,
    }
    await tx.run(insert(ledger_seals).values(values))


async def latest(tx: Transaction) -> int | None:
    """Return the number of the last seal (for the engine)."""
    asked = select(ledger_seals.c.number).order_by(ledger_seals.c.number.desc()).limit(1)
    return (await tx.run(asked)).scalar_one_or_none()


def organisations(connection: psycopg.Connection[Any]) -> list[UUID]:
    """Return every organisation (above the law)."""
    rows = connection.execute("SELECT organisation_id FROM organisations ORDER BY 1")
    return [row[0] for row in rows]


def is_set_back(connection: psycopg.Connection[Any]) -> bool:
    """Return whether what is read now would stand before what is sealed (above the law)."""
    asked = "SELECT EXISTS (SELECT FROM ledger_seals WHERE last_transaction > pg_current_xact_id())"
    return bool(connection.execute(asked).fetchall()[0][0])


def seals_of(connection: psycopg.Connection[Any], organisation: UUID) -> list[Seal]:
    """Return an organisation's seals by number (above the law)."""
    asked = f"{_SEALS} WHERE organisation_id = %s ORDER BY number"
    return [seal_of(row) for row in connection.execute(asked.encode(), [organisation])]


def entries_of(connection: psycopg.Connection[Any], organisation: UUID) -> Iterator[Entry]:
    """Yield an organisation's entries by place (above the law), a few thousand at a time."""
    with connection.cursor(name="ledger") as cursor:
        cursor.itersize = 5_000
        for row in cursor.execute(_ALL.encode(), [organisation]):
            yield entry_of(row)
