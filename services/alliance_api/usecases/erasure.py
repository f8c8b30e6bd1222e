"""Erasing a person, and the legal holds that stand in its way; a privacy officer's work.

What they wrote cannot be read any more: its key is destroyed. What they said and who they were is
deleted. What is left is a tombstone: rows that say that there was somebody, for what others did, for
published aggregates and for the read ledger, which all stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.ids import Kind
from alliance_api.store import cases, erasure, grants, outbox, restoring, sign_ins, words
from alliance_api.store import consents as kept
from alliance_api.store.transaction import Database, Transaction

from . import consents, research
from .common import not_found, opening, refuse, text_id
from .derive_all import derive_all


async def erase(tx: Transaction, now: datetime, *, person: UUID) -> UUID:
    """Erase a person for good. Whoever was erased before stays as they are."""
    if await erasure.find(tx, person) is None:
        not_found("person", "person")
    await erasure.record(tx, person, now)
    await tx.lock(words.lock_of(person))
    if await erasure.is_erased(tx, person):
        return person
    async with tx.as_engine():
        await _check_holds(tx, person)
    await carry_out(tx, now, person)
    return person


async def _check_holds(tx: Transaction, person: UUID) -> None:
    """Refuse to erase whom a hold keeps: on them, or on a client whose record they are part of.

    A key opens all that somebody wrote, or nothing: of a record that is held no part can be kept
    without its authors (as the engine).
    """
    clients = await erasure.clients_of(tx, person)
    # A hold that is just being set comes before this, or too late.
    await tx.lock(*(_holding(each) for each in {person, *clients}), shared=True)
    held = await erasure.held(tx, {person, *clients})
    if person in held:
        refuse("LEGAL_HOLD", "A legal hold keeps what this person said. Lift it first.", None)
    if held:
        message = (
            "A legal hold keeps the record of a client whom this person cared for or stood beside, "
            "and with it what they wrote there. Lift it first."
        )
        refuse("LEGAL_HOLD", message, None)


def _holding(person: UUID) -> str:
    """Return the lock under which a hold on a person is set, and beside which others are erased."""
    return f"hold:{person}"


async def erase_again(database: Database, listed: Sequence[restoring.Erased], now: datetime) -> int:
    """Erase whoever a restored database knows again (as the operator); return how many."""
    count = 0
    for each in listed:
        person, asked_by = each["person"], each["asked_by"]
        principal = restoring.asker(each["organisation"], person)
        async with database.write(principal) as tx:
            there = await restoring.known(tx, person, asked_by)
            if person not in there:
                continue
            by = asked_by if asked_by in there else person
            await restoring.record(tx, person, by, each["erased_at"])
            await carry_out(tx, now, person, each["erased_at"])
            count += 1
    return count


async def carry_out(
    tx: Transaction, now: datetime, person: UUID, erased_at: datetime | None = None
) -> None:
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
    await grants.end_all(tx, person, now)
    await sign_ins.forget_all(tx, person)
    async with tx.as_engine():
        await erasure.forget(tx, person)
        await erasure.bury(tx, person, now, erased_at or now)
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
    await derive_all(tx, now, found)


async def hold(tx: Transaction, now: datetime, *, person: UUID, reason: str) -> UUID:
    """Keep a person from being erased. Returns the hold."""
    if await erasure.find(tx, person) is None:
        not_found("person", "person")
    # Whoever erases them holds this alone: a hold comes before it, or too late.
    await tx.lock(words.lock_of(person), shared=True)
    if await erasure.is_erased(tx, person):
        refuse("ALREADY_ERASED", "This person was erased. There is nothing left to keep.", "person")
    await tx.lock(_holding(person))
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
