"""Erasing a person, and the legal holds that keep one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import erasure

from ..types.people import HoldReason, LegalHold, Person
from .core import ref, verb


@strawberry.input
class ErasePersonInput:
    """Who is to be erased."""

    idempotency_key: strawberry.ID
    person: strawberry.ID


@verb(
    reads=("Patient",),
    writes=("Patient.d",),
    changes=("person", Person),
    codes=("LEGAL_HOLD",),
)
async def erase_person(tx: Transaction, now: datetime, given: ErasePersonInput) -> UUID:
    """Erase a person for good, as the privacy officer: nothing they wrote can be read any more."""
    return await erasure.erase(tx, now, person=ref("person", given.person, "person"))


@strawberry.input
class SetLegalHoldInput:
    """Who must be kept, and why."""

    idempotency_key: strawberry.ID
    person: strawberry.ID
    reason: HoldReason


@verb(
    reads=("Consent",),
    writes=("Consent.c",),
    changes=("hold", LegalHold),
    codes=("ALREADY_ERASED",),
)
async def set_legal_hold(tx: Transaction, now: datetime, given: SetLegalHoldInput) -> UUID:
    """Keep a person from being erased, as the privacy officer."""
    person = ref("person", given.person, "person")
    return await erasure.hold(tx, now, person=person, reason=given.reason.value)


@strawberry.input
class LiftLegalHoldInput:
    """A hold to end."""

    idempotency_key: strawberry.ID
    hold: strawberry.ID


@verb(
    reads=("Consent",),
    writes=("Consent.u",),
    changes=("hold", LegalHold),
    codes=("ALREADY_LIFTED",),
)
async def lift_legal_hold(tx: Transaction, now: datetime, given: LiftLegalHoldInput) -> UUID:
    """Let a person be erased again, as the privacy officer."""
    return await erasure.lift(tx, now, hold=ref("hold", given.hold, "hold"))
