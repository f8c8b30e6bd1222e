"""Erasing a person, and the legal holds that stand in its way; a privacy officer's work.

What they wrote cannot be read any more: its key is destroyed. What they said and who they were is
deleted. What is left is a tombstone: rows that say that there was somebody, for what others did, for
published aggregates and for the read ledger, which all stay.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.ids import Kind
from alliance_api.store import cases, erasure, outbox, words
from alliance_api.store import consents as kept
from alliance_api.store.transaction import Transaction

from . import consents, research
from .common import not_found, opening, refuse, text_id
from .derive import derive_alliance
from .derive_goals import derive_goals
from .derive_signals import derive_signals
from .reliability import derive


async def erase(tx: Transaction, now: datetime, *, person: UUID) -> UUID:
    """Erase a person for good. Whoever was erased before stays as they are."""
    if await erasure.find(tx, person) is None:
        not_found("person", "person")
    if not await erasure.record(tx, person, now):
        return person
    await tx.lock(words.lock_of(person))
    async with tx.as_engine():
        if await erasure.held(tx, person):
            refuse("LEGAL_HOLD", "A legal hold keeps what this person said. Lift it first.", None)
    await carry_out(tx, now, person)
    return person


async def carry_out(tx: Transaction, now: datetime, person: UUID) -> None:
    """Erase a person, whoever asked for it and whatever stands in its way."""
    # What they are just writing comes first, and is erased with the rest.
    await tx.lock(words.lock_of(person))
    async with tx.as_engine():
        affected = await erasure.cases_of(tx, person)
        given = await erasure.consents_of(tx, person)
    await tx.lock(*(opening(case) for case in affected))
    await tx.lock(*(f"consent:{consent['case_id']}" for consent in given))
    for consent in given:
        async with tx.as_engine():
            await kept.withdraw(tx, consent["id"], now)
        await consents.end(tx, now, consent)
    async with tx.as_engine():
        await erasure.forget(tx, person)
        await erasure.bury(tx, person, now)
        for case in affected:
            await _derive(tx, now, case, person)
        await outbox.state(tx, facts.person_erased(text_id(Kind.PERSON, person), now))


async def _derive(tx: Transaction, now: datetime, case: UUID, erased: UUID) -> None:
    """Derive a case's figures from what is left (as the engine)."""
    found = await cases.find(tx, case)
    if found is None:
        return
    if found["client_id"] == erased:
        await research.end(tx, case)
    await derive_alliance(tx, case)
    await derive_goals(tx, found)
    await derive(tx, found, now)
    await derive_signals(tx, now, case)


async def hold(tx: Transaction, now: datetime, *, person: UUID, reason: str) -> UUID:
    """Keep a person from being erased. Returns the hold."""
    if await erasure.find(tx, person) is None:
        not_found("person", "person")
    # Whoever erases them holds this alone: a hold comes before it, or too late.
    await tx.lock(words.lock_of(person), shared=True)
    found = await erasure.find(tx, person)
    if found is None or found["erased_at"] is not None:
        refuse("ALREADY_ERASED", "This person was erased. There is nothing left to keep.", "person")
    return await erasure.hold(tx, person, reason, now)


async def lift(tx: Transaction, now: datetime, *, hold: UUID) -> UUID:
    """Lift a legal hold."""
    found = await erasure.find_hold(tx, hold)
    if found is None:
        not_found("hold", "hold")
    if found["lifted_at"] is not None:
        refuse("ALREADY_LIFTED", "This hold was lifted before.", "hold")
    await erasure.lift(tx, hold, now)
    return hold
