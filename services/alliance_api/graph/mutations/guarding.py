"""Consents, broken glass, and process notes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import consents, emergencies, notes

from ..types.guarding import Consent, ConsentKind, Emergency, Note, Verdict
from .core import TEXTS, maybe, ref, verb


@strawberry.input
class GiveConsentInput:
    """What the client consents to; or a caregiver, for a young client who then assents."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    kind: ConsentKind


@verb(
    reads=("EpisodeOfCare", "Consent"),
    writes=("Consent.c", "Consent.u"),
    changes=("consent", Consent),
    codes=("NOT_YOURS",),
)
async def give_consent(tx: Transaction, now: datetime, given: GiveConsentInput) -> UUID:
    """Consent to something, or assent to what a caregiver consented to."""
    case = ref("case", given.case, "case")
    return await consents.give(tx, now, case=case, kind=given.kind.value)


@strawberry.input
class WithdrawConsentInput:
    """A consent to end."""

    idempotency_key: strawberry.ID
    consent: strawberry.ID


@verb(
    reads=("EpisodeOfCare", "Consent"),
    writes=("Consent.u",),
    changes=("consent", Consent),
    codes=("NOT_YOURS", "ALREADY_WITHDRAWN"),
)
async def withdraw_consent(tx: Transaction, now: datetime, given: WithdrawConsentInput) -> UUID:
    """Withdraw a consent, effective at once."""
    return await consents.withdraw(tx, now, consent=ref("consent", given.consent, "consent"))


@strawberry.input
class BreakGlassInput:
    """A case outside one's care, and why it must be read now."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    reason: str


@verb(
    reads=("EpisodeOfCare", "AuditEvent"),
    writes=("break_glass",),
    changes=("emergency", Emergency),
    codes=(*TEXTS, "NOT_A_CLINICIAN", "ALREADY_OPEN"),
)
async def break_glass(tx: Transaction, now: datetime, given: BreakGlassInput) -> UUID:
    """Read a case for 60 minutes in an emergency; the client and the privacy officer are told."""
    case = ref("case", given.case, "case")
    return await emergencies.break_glass(tx, now, case=case, reason=given.reason)


@strawberry.input
class ReviewEmergencyInput:
    """A privacy officer's verdict."""

    idempotency_key: strawberry.ID
    emergency: strawberry.ID
    verdict: Verdict


@verb(
    reads=("AuditEvent",),
    writes=("AuditEvent.u",),
    changes=("emergency", Emergency),
    codes=("OWN_EMERGENCY", "ALREADY_REVIEWED"),
)
async def review_emergency(tx: Transaction, now: datetime, given: ReviewEmergencyInput) -> UUID:
    """Judge a broken glass, as the privacy officer."""
    emergency = ref("emergency", given.emergency, "emergency")
    return await emergencies.review(tx, now, emergency=emergency, verdict=given.verdict.value)


@strawberry.input
class WriteNoteInput:
    """What a therapist wants to remember; nobody else will read it."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    body: str
    session: strawberry.ID | None = None


@verb(
    reads=("EpisodeOfCare", "DocumentReference"),
    writes=("DocumentReference.c",),
    changes=("note", Note),
    codes=(*TEXTS, "NOT_A_THERAPIST", "SESSION_OF_ANOTHER_CASE"),
)
async def write_note(tx: Transaction, now: datetime, given: WriteNoteInput) -> UUID:
    """Write a process note, for oneself alone."""
    return await notes.write(
        tx,
        now,
        case=ref("case", given.case, "case"),
        body=given.body,
        session=maybe("session", given.session, "session"),
    )
