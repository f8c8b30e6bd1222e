"""Facts, written in the transaction of the change they state; and idempotency keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from alliance_api.domain.facts import Fact
from alliance_api.domain.ids import parse_id
from chassis.telemetry import traceparent

from .rows import Found, add, new_id, one
from .tables import facts, idempotency_keys, read_ledger
from .transaction import Transaction


async def state(tx: Transaction, fact: Fact | None) -> None:
    """Insert a fact, if there is one to state (for the engine)."""
    if fact is None:
        return
    await add(
        tx,
        facts,
        id=new_id(),
        type=fact.type,
        case_id=_uuid(fact.case) if fact.case else None,
        subject_id=_uuid(fact.subject),
        at=fact.at,
        extra=dict(fact.extra),
        traceparent=traceparent(),
    )


def _uuid(text: str) -> UUID:
    found = parse_id(text)
    if found is None:
        raise ValueError(text)
    return found[1]


async def note(  # noqa: PLR0913  (what a row says)
    tx: Transaction,
    case: UUID | None,
    facet: str,
    operation: str | None,
    *,
    refused: bool = False,
    document: str = "",
) -> None:
    """Leave a row in the read ledger: of a change of who may read, or of a refused attempt."""
    await add(
        tx,
        read_ledger,
        id=new_id(),
        person_id=tx.principal.person,
        application=tx.principal.application,
        purpose=tx.principal.purpose,
        operation=operation,
        document_hash=document,
        facets=[facet],
        cases=[case] if case else [],
        outcome="REFUSED" if refused else "ALLOWED",
    )


async def claim(tx: Transaction, key: str, mutation: str, input_hash: str, changed: UUID) -> None:
    """Keep what a key was used for."""
    values: dict[str, Any] = {
        "organisation_id": tx.principal.organisation,
        "person_id": tx.principal.person,
        "key": key,
        "mutation": mutation,
        "input_hash": input_hash,
        "changed_id": changed,
    }
    await tx.run(insert(idempotency_keys).values(values))


async def claimed(tx: Transaction, key: str) -> Found | None:
    """Return what a key of the principal was used for; wait for whoever uses it right now."""
    await tx.lock(f"key:{tx.principal.organisation}:{tx.principal.person}:{key}")
    return await one(
        tx,
        select(idempotency_keys).where(
            idempotency_keys.c.person_id == tx.principal.person, idempotency_keys.c.key == key
        ),
    )
