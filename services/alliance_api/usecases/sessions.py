"""Planning, moving, cancelling and recording sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.attendance import (
    SessionOutcome,
    cancellation_outcome,
    check_times,
    notice,
    party_delays,
)
from alliance_api.domain.disclosure import Disclosure, openings
from alliance_api.domain.errors import Problem, refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.plans import check_span
from alliance_api.store import cases, derived, measurements, outbox, sessions
from alliance_api.store.transaction import Transaction

from .common import case_of, going_case, not_found, opening, refuse, session_of, text_id
from .derive import derive_alliance
from .derive_signals import Part, derive_signals
from .reliability import derive


async def schedule(  # noqa: PLR0913  (what a plan is made of)
    tx: Transaction,
    now: datetime,
    *,
    case: UUID,
    planned_start: datetime,
    planned_end: datetime,
    modality: str,
    therapist: UUID | None,
) -> UUID:
    """Plan a session; therapist and manager do. Returns the session."""
    refuse_if(check_span(planned_start, planned_end))
    frame = await going_case(tx, case)
    leads = await _therapist(tx, case, therapist)
    number = await _free(tx, case, leads, planned_start, planned_end)
    session = await sessions.plan(
        tx,
        case_id=frame["id"],
        therapist_id=leads,
        number=number,
        planned_start=planned_start,
        planned_end=planned_end,
        modality=modality,
    )
    fact = facts.session_planned(
        text_id(Kind.CASE, case),
        text_id(Kind.SESSION, session),
        now,
        planned_start=planned_start,
        planned_end=planned_end,
        therapist=text_id(Kind.PERSON, leads),
    )
    await _state(tx, fact)
    return session


async def move(
    tx: Transaction, now: datetime, *, session: UUID, planned_start: datetime, planned_end: datetime
) -> UUID:
    """Move a planned session; the chain is kept. Returns the new session."""
    refuse_if(check_span(planned_start, planned_end))
    # The case before the session: whoever closes the case takes them in this order, too.
    await going_case(tx, (await session_of(tx, session))["case_id"], "session")
    old = await _planned(tx, session)
    number = await _free(
        tx, old["case_id"], old["therapist_id"], planned_start, planned_end, but=session
    )
    await _replan(tx, session, "MOVED")
    moved = await sessions.plan(
        tx,
        case_id=old["case_id"],
        therapist_id=old["therapist_id"],
        number=number,
        planned_start=planned_start,
        planned_end=planned_end,
        modality=old["modality"],
        moved_from=session,
    )
    fact = facts.session_moved(
        text_id(Kind.CASE, old["case_id"]),
        text_id(Kind.SESSION, session),
        now,
        moved_to=text_id(Kind.SESSION, moved),
        planned_start=planned_start,
        planned_end=planned_end,
        therapist=text_id(Kind.PERSON, old["therapist_id"]),
    )
    await _state(tx, fact)
    async with tx.as_engine():
        await derive_signals(tx, now, old["case_id"], Part.OCCASIONS)
    return moved


async def cancel(
    tx: Transaction, now: datetime, *, session: UUID, cancelled_by: str, excused: bool
) -> UUID:
    """Cancel a planned session on behalf of a party; notice counts on the absolute time line."""
    old = await _planned(tx, session)
    outcome = cancellation_outcome(old["planned_start"], now)
    await _replan(tx, session, "CANCELLED")
    async with tx.as_engine():
        await sessions.record(
            tx,
            session_id=session,
            case_id=old["case_id"],
            outcome=outcome.value,
            cancelled_by=cancelled_by,
            cancelled_at=now,
            notice=notice(old["planned_start"], now),
            excused=excused,
        )
        await outbox.state(
            tx,
            facts.session_cancelled(
                text_id(Kind.CASE, old["case_id"]), text_id(Kind.SESSION, session), now
            ),
        )
        await derive(tx, await case_of(tx, old["case_id"]), now)
        await derive_signals(tx, now, old["case_id"], Part.OCCASIONS, Part.APPEARANCES)
    return session


async def record(  # noqa: PLR0913  (the record of a session has this many times)
    tx: Transaction,
    now: datetime,
    *,
    session: UUID,
    outcome: str,
    started_at: datetime | None,
    ended_at: datetime | None,
    client_arrived_at: datetime | None,
    therapist_ready_at: datetime | None,
    missed_by: str | None,
    excused: bool,
) -> UUID:
    """Record what happened; opens what was to be shown in the next session."""
    old = await _planned(tx, session)
    await tx.lock(opening(old["case_id"]))
    kept = outcome == SessionOutcome.KEPT
    times = {
        "started_at": started_at,
        "ended_at": ended_at,
        "client_arrived_at": client_arrived_at,
        "therapist_ready_at": therapist_ready_at,
    }
    refuse_if(check_times(planned_start=old["planned_start"], now=now, **times))
    refuse_if(_check_outcome(outcome, started_at, missed_by))
    delays = party_delays(old["planned_start"], started_at, client_arrived_at, therapist_ready_at)
    await sessions.record(
        tx,
        session_id=session,
        case_id=old["case_id"],
        outcome=outcome,
        started_at=started_at,
        ended_at=ended_at,
        client_delay=delays.client,
        therapist_delay=delays.therapist,
        cancelled_by=missed_by,
        excused=excused,
    )
    async with tx.as_engine():
        await sessions.set_state(tx, session, "RECORDED")
        scores = None
        if kept and started_at is not None:
            await _open_waiting(tx, old, started_at)
            scores = await derived.scored(tx, old["case_id"])
            await derive_alliance(tx, old["case_id"], scores)
        await outbox.state(
            tx,
            facts.session_recorded(
                text_id(Kind.CASE, old["case_id"]),
                text_id(Kind.SESSION, session),
                now,
                outcome=outcome,
            ),
        )
        await derive(tx, await case_of(tx, old["case_id"]), now)
        parts = (part for part in Part if part is not Part.GOALS)
        await derive_signals(tx, now, old["case_id"], *parts, scores=scores)
    return session


def _check_outcome(
    outcome: str, started_at: datetime | None, missed_by: str | None
) -> tuple[Problem, ...]:
    if outcome not in (SessionOutcome.KEPT, SessionOutcome.MISSED):
        message = "Record KEPT or MISSED; to cancel or move a session use its own mutation."
        return (Problem("OUTCOME_NOT_ALLOWED", message, "outcome"),)
    if outcome == SessionOutcome.KEPT and started_at is None:
        message = "A kept session needs the time at which it started."
        return (Problem("START_REQUIRED", message, "started_at"),)
    if outcome == SessionOutcome.KEPT and missed_by is not None:
        message = "A kept session was missed by nobody. Leave this out."
        return (Problem("OUTCOME_NOT_ALLOWED", message, "missed_by"),)
    if outcome == SessionOutcome.MISSED and started_at is not None:
        message = "A missed session did not start. Leave the time out, or record it as KEPT."
        return (Problem("OUTCOME_NOT_ALLOWED", message, "started_at"),)
    return ()


async def _open_waiting(tx: Transaction, session: Mapping[str, Any], started_at: datetime) -> None:
    for row in await measurements.waiting(tx, session["case_id"], started_at):
        if row["session_id"] == session["id"]:
            continue
        opens = openings(Disclosure.NEXT_SESSION, started_at)
        await measurements.set_openings(tx, row["id"], opens, to_caregivers=row["to_caregivers"])


async def _planned(tx: Transaction, session: UUID) -> Mapping[str, Any]:
    await tx.lock(f"session:{session}")
    found = await session_of(tx, session)
    if found["state"] != "PLANNED":
        refuse(
            "NOT_PLANNED",
            "This session was already recorded, moved or cancelled. Look it up and use its latest.",
            "session",
        )
    return found


async def _replan(tx: Transaction, session: UUID, state: str) -> None:
    # The law leaves rows that may not be changed untouched, silently; a verb must not be silent.
    if not await sessions.set_state(tx, session, state):
        refuse(
            "NOT_ALLOWED", "Only a therapist of the case or a manager plans sessions.", "session"
        )


async def _therapist(tx: Transaction, case: UUID, asked: UUID | None) -> UUID:
    async with tx.as_engine():
        found: list[UUID] = [row["person_id"] for row in await cases.members(tx, case, "THERAPIST")]
    if asked is not None:
        return asked if asked in found else not_found("therapist of this case", "therapist")
    if tx.principal.person in found:
        return tx.principal.person
    if len(found) != 1:
        message = "Say which therapist of the case leads the session."
        refuse("THERAPIST_REQUIRED", message, "therapist")
    return found[0]


async def _free(  # noqa: PLR0913  (what an overlap is made of)
    tx: Transaction,
    case: UUID,
    therapist: UUID,
    start: datetime,
    end: datetime,
    *,
    but: UUID | None = None,
) -> int:
    """Refuse an overlap; return the number of the case's next session."""
    await tx.lock(f"case:{case}", f"therapist:{therapist}")
    async with tx.as_engine():
        taken = await sessions.overlapping(tx, case, therapist, start, end, but=but)
        number = await sessions.next_number(tx, case)
    if taken:
        refuse(
            "OVERLAP",
            "Client or therapist has another session then. Choose another time.",
            "planned_start",
        )
    return number


async def _state(tx: Transaction, fact: facts.Fact) -> None:
    async with tx.as_engine():
        await outbox.state(tx, fact)
