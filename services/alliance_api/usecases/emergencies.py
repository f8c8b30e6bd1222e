"""Breaking the glass: a clinician reads a case for an hour, with a reason that others will judge."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.errors import refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.texts import check_text
from alliance_api.store import cases, emergencies, outbox, teams
from alliance_api.store.transaction import Transaction

from .common import not_found, refuse, text_id

LASTS = timedelta(minutes=60)
LONGEST_REASON = 1000
BREAK_GLASS = "BREAK_GLASS"


async def break_glass(tx: Transaction, now: datetime, *, case: UUID, reason: str) -> UUID:
    """Open a case to oneself for an hour. The client and the privacy officer are told."""
    refuse_if(check_text(reason, "reason", LONGEST_REASON))
    if not await emergencies.may_break(tx):
        refuse("NOT_A_CLINICIAN", "Only clinicians of the organisation may do this.", None)
    async with tx.as_engine():
        found = await cases.find(tx, case)
        if found is None:
            not_found("case", "case")
        if await teams.place(tx, case, tx.principal.person, BREAK_GLASS, now) is not None:
            refuse("ALREADY_OPEN", "The glass of this case is broken already.", "case")
    ends_at = now + LASTS
    made = await emergencies.open_one(
        tx,
        case_id=case,
        person_id=tx.principal.person,
        reason=reason,
        opened_at=now,
        ends_at=ends_at,
    )
    await outbox.note(tx, case, "EMERGENCY", "breakGlass")
    async with tx.as_engine():
        await teams.stand(
            tx,
            case_id=case,
            person_id=tx.principal.person,
            relation=BREAK_GLASS,
            client_id=found["client_id"],
            starts_at=now,
            ends_at=ends_at,
        )
        fact = facts.emergency_opened(
            text_id(Kind.CASE, case),
            text_id(Kind.EMERGENCY, made),
            now,
            by=text_id(Kind.PERSON, tx.principal.person),
            ends_at=ends_at,
        )
        await outbox.state(tx, fact)
    return made


async def review(tx: Transaction, now: datetime, *, emergency: UUID, verdict: str) -> UUID:
    """Judge, as the privacy officer, whether it was justified. Final."""
    found = await emergencies.find(tx, emergency)
    if found is None:
        not_found("emergency", "emergency")
    if found["person_id"] == tx.principal.person:
        refuse("OWN_EMERGENCY", "Nobody reviews what they did themselves.", "emergency")
    if found["reviewed_at"] is not None:
        refuse("ALREADY_REVIEWED", "This was judged before.", "emergency")
    if not await emergencies.judge(tx, emergency, verdict, now):
        refuse("NOT_ALLOWED", "Only a privacy officer of the organisation does this.", None)
    async with tx.as_engine():
        fact = facts.emergency_reviewed(
            text_id(Kind.CASE, found["case_id"]), text_id(Kind.EMERGENCY, emergency), now
        )
        await outbox.state(tx, fact)
    return emergency
