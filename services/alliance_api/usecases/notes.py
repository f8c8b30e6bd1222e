"""Process notes: what a therapist writes for themselves, and nobody else ever reads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from alliance_api.domain.errors import refuse_if
from alliance_api.domain.texts import check_text
from alliance_api.store import cases, notes
from alliance_api.store.transaction import Transaction

from .common import case_of, refuse, session_of

LONGEST_NOTE = 20_000


async def write(
    tx: Transaction, now: datetime, *, case: UUID, body: str, session: UUID | None
) -> UUID:
    """Write a note for oneself. No fact: not even that it was written is anybody's business."""
    refuse_if(check_text(body, "body", LONGEST_NOTE))
    await case_of(tx, case)
    if "THERAPIST" not in await cases.own_roles(tx, case):
        refuse("NOT_A_THERAPIST", "Process notes are a therapist's own.", "case")
    if session is not None:
        await session_of(tx, session, case)
    return await notes.write(
        tx,
        case_id=case,
        author_id=tx.principal.person,
        session_id=session,
        body=body,
        written_at=now,
    )
