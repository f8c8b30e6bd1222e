"""Making commitments and settling them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.domain import facts
from alliance_api.domain.commitments import CommitmentOutcome, check_settle
from alliance_api.domain.errors import refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.instants import check_aware
from alliance_api.domain.texts import check_text
from alliance_api.store import commitments, outbox
from alliance_api.store.transaction import Transaction

from .common import case_of, going_case, not_found, own_party, refuse, text_id
from .derive_signals import Part, derive_signals
from .reliability import derive


async def make(
    tx: Transaction, now: datetime, *, case: UUID, wording: str, due_at: datetime
) -> UUID:
    """Promise to do something by then. Returns the commitment."""
    refuse_if((*check_text(wording, "wording"), *check_aware(due_at=due_at)))
    if due_at <= now:
        refuse("DUE_IN_THE_PAST", "A promise is due in the future. Choose a later time.", "due_at")
    frame = await going_case(tx, case)
    role = await own_party(tx, case)
    made = await commitments.make(
        tx, case_id=case, owner_role=role, wording=wording, due_at=due_at, made_at=now
    )
    async with tx.as_engine():
        fact = facts.commitment_made(
            text_id(Kind.CASE, case),
            text_id(Kind.COMMITMENT, made),
            now,
            owner=text_id(Kind.PERSON, tx.principal.person),
            due=due_at.astimezone(ZoneInfo(frame["time_zone"])).date(),
        )
        await outbox.state(tx, fact)
    return made


async def settle(
    tx: Transaction, now: datetime, *, commitment: UUID, outcome: CommitmentOutcome
) -> UUID:
    """Say what became of one's own promise."""
    await tx.lock(f"commitment:{commitment}")
    found = await commitments.find(tx, commitment)
    if found is None:
        not_found("commitment", "commitment")
    case = await case_of(tx, found["case_id"], "commitment")
    zone = ZoneInfo(case["time_zone"])
    today = now.astimezone(zone).date()
    due = found["due_at"].astimezone(zone).date()
    present = CommitmentOutcome(found["outcome"])
    refuse_if(check_settle(present, outcome, due=due, settled_on=today, today=today))
    if not await commitments.settle(tx, commitment, outcome.value, now):
        refuse("NOT_YOURS", "Only the one who promised settles a promise.", "commitment")
    async with tx.as_engine():
        fact = facts.commitment_settled(
            text_id(Kind.CASE, found["case_id"]), text_id(Kind.COMMITMENT, commitment), now
        )
        await outbox.state(tx, fact)
        await derive(tx, case, now)
        await derive_signals(tx, now, case["id"], Part.APPEARANCES)
    return commitment
