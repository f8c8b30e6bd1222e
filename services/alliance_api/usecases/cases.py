"""Opening a case."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.charter.jurisdictions import in_force
from alliance_api.domain import facts
from alliance_api.domain.errors import Problem, refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.plans import check_zone
from alliance_api.store import cases, outbox
from alliance_api.store.transaction import Transaction

from .common import not_found, text_id

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
