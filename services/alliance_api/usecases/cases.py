"""Opening a case, and closing it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.charter.jurisdictions import in_force
from alliance_api.domain import facts
from alliance_api.domain.attendance import SessionOutcome, notice
from alliance_api.domain.closing import check_closing, ends_with
from alliance_api.domain.errors import Problem, refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.plans import check_zone
from alliance_api.store import cases, outbox, sessions
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .common import case_of, closing, not_found, refuse, text_id
from .derive_signals import Part, derive_signals
from .reliability import derive

LONGEST_INTERVAL = 365


async def open_case(  # noqa: PLR0913  (what a case is opened with)
    tx: Transaction,
    now: datetime,
    *,
    client: UUID,
    therapist: UUID,
    time_zone: str,
    interval_days: int | None,
    jurisdiction: str | None = None,
    part2: bool = False,
) -> UUID:
    """Open a case of a client with a therapist; a manager does. Returns the case."""
    refuse_if(
        (
            *check_zone(time_zone),
            *_check_interval(interval_days),
            *_check_jurisdiction(jurisdiction),
        )
    )
    for person, field in ((client, "client"), (therapist, "therapist")):
        if not await cases.person_exists(tx, person):
            not_found("person", field)
    case = await cases.open_case(
        tx,
        client=client,
        therapist=therapist,
        opened_on=now.astimezone(ZoneInfo(time_zone)).date(),
        time_zone=time_zone,
        interval_days=interval_days,
        jurisdiction=jurisdiction,
        part2=part2,
        now=now,
    )
    opened = facts.case_opened(
        text_id(Kind.CASE, case),
        now,
        client=text_id(Kind.PERSON, client),
        time_zone=time_zone,
        interval_days=interval_days,
    )
    leads = facts.care_team_joined(
        text_id(Kind.CASE, case), text_id(Kind.PERSON, therapist), now, relation="THERAPIST"
    )
    async with tx.as_engine():
        await outbox.state(tx, opened)
        await outbox.state(tx, leads)
    return case


async def close_case(tx: Transaction, now: datetime, *, case: UUID, closed_on: date | None) -> UUID:
    """Close a case on a day, today if none is named; a therapist of it or a manager does.

    Returns the case. What is still planned falls with it, and is counted against nobody.
    """
    # Whoever begins something in this case meanwhile comes before it, or is refused.
    await tx.lock(closing(case))
    found = await case_of(tx, case)
    if found["status"] == "CLOSED":
        refuse("ALREADY_CLOSED", "This case was closed before.", "case")
    zone = ZoneInfo(found["time_zone"])
    today = now.astimezone(zone).date()
    day = today if closed_on is None else closed_on
    # The law leaves rows that may not be changed untouched, silently; a verb must not be silent.
    # It is asked first: who may not close a case is not told when somebody was there.
    if not await cases.close(tx, case, day):
        refuse("NOT_ALLOWED", "Only a therapist of the case or a manager closes it.", "case")
    async with tx.as_engine():
        held = await sessions.last_started(tx, case)
    refuse_if(
        check_closing(
            day,
            opened_on=found["opened_on"],
            today=today,
            last_held=held.astimezone(zone).date() if held else None,
        )
    )
    async with tx.as_engine():
        await _call_off(tx, now, found, day)
        await outbox.state(tx, facts.case_closed(text_id(Kind.CASE, case), now))
        await derive(tx, found, now)
        await derive_signals(tx, now, case, Part.OCCASIONS, Part.APPEARANCES)
    return case


async def _call_off(tx: Transaction, now: datetime, case: Found, day: date) -> None:
    """Call off what is planned for later than the closing, on behalf of neither party (engine)."""
    zone = ZoneInfo(case["time_zone"])
    planned = await sessions.planned(tx, case["id"])
    await tx.lock(*(f"session:{row['id']}" for row in planned))
    # Of some somebody may just have said what became of them.
    for row in await sessions.planned(tx, case["id"]):
        if not ends_with(row["planned_start"], closed_on=day, zone=zone, now=now):
            continue
        await sessions.set_state(tx, row["id"], "CANCELLED")
        await sessions.record(
            tx,
            session_id=row["id"],
            case_id=case["id"],
            outcome=SessionOutcome.CANCELLED.value,
            cancelled_at=now,
            notice=notice(row["planned_start"], now),
            excused=True,
        )
        session = text_id(Kind.SESSION, row["id"])
        await outbox.state(
            tx, facts.session_cancelled(text_id(Kind.CASE, case["id"]), session, now)
        )


def _check_interval(days: int | None) -> tuple[Problem, ...]:
    if days is None or 1 <= days <= LONGEST_INTERVAL:
        return ()
    message = f"The interval between sessions must be from 1 to {LONGEST_INTERVAL} days."
    return (Problem("INTERVAL_OUT_OF_RANGE", message, "interval_days"),)


def _check_jurisdiction(code: str | None) -> tuple[Problem, ...]:
    if code is None or code in in_force():
        return ()
    message = (
        f"Known jurisdictions: {', '.join(sorted(in_force()))}. Leave it out if yours is none."
    )
    return (Problem("UNKNOWN_JURISDICTION", message, "jurisdiction"),)
