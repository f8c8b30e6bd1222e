"""Joining a care team and leaving it; a caregiver's place ends by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.charter.jurisdictions import MAJORITY, in_force, parental_authority_ends
from alliance_api.domain import facts
from alliance_api.domain.ages import lapses_at
from alliance_api.domain.errors import refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.instants import check_aware
from alliance_api.store import cases, consents, outbox, teams
from alliance_api.store.transaction import Transaction

from .common import case_of, not_found, refuse, text_id

CAREGIVER = "CAREGIVER"


async def join(  # noqa: PLR0913  (what a place in a team is made of)
    tx: Transaction,
    now: datetime,
    *,
    case: UUID,
    person: UUID,
    relation: str,
    authority: str | None,
    until: datetime | None,
) -> UUID:
    """Give a person a place in a care team, until when its authority lasts. Returns the case."""
    found = await case_of(tx, case)
    _check_authority(now, relation, authority, until)
    if not await cases.person_exists(tx, person):
        not_found("person", "person")
    await tx.lock(f"team:{case}")
    async with tx.as_engine():
        if await teams.place(tx, case, person, relation, now) is not None:
            refuse("ALREADY_A_MEMBER", "This person already has this place in the team.", "person")
        ends_at = await _ends_at(tx, now, found, authority, until)
    await teams.join(
        tx,
        case_id=case,
        person_id=person,
        relation=relation,
        starts_at=now,
        ends_at=ends_at,
        authority=authority,
    )
    async with tx.as_engine():
        await teams.stand(
            tx,
            case_id=case,
            person_id=person,
            relation=relation,
            client_id=found["client_id"],
            starts_at=now,
            ends_at=ends_at,
            consented=relation == "SUPERVISOR" and await consents.live(tx, case, "SUPERVISION"),
        )
        fact = facts.care_team_joined(
            text_id(Kind.CASE, case),
            text_id(Kind.PERSON, person),
            now,
            relation=relation,
            ends_at=ends_at,
        )
        await outbox.state(tx, fact)
    return case


async def leave(tx: Transaction, now: datetime, *, case: UUID, person: UUID, relation: str) -> UUID:
    """Take a person's place in a care team away; they see nothing from now on."""
    await case_of(tx, case)
    await tx.lock(f"team:{case}")
    if not await teams.leave(tx, case, person, relation, now):
        not_found("member of this team whose place you may end", "person")
    async with tx.as_engine():
        await teams.stand_no_more(tx, case, person, relation, now)
        fact = facts.care_team_left(
            text_id(Kind.CASE, case), text_id(Kind.PERSON, person), now, relation=relation
        )
        await outbox.state(tx, fact)
    return case


def _check_authority(
    now: datetime, relation: str, authority: str | None, until: datetime | None
) -> None:
    if until is not None:
        refuse_if(check_aware(until=until))
        if until <= now:
            refuse("UNTIL_IN_THE_PAST", "A place must end later than now.", "until")
    if relation == CAREGIVER and authority is None:
        message = "A caregiver's place rests on PARENTAL, COURT or INVITED. Say which."
        refuse("AUTHORITY_REQUIRED", message, "authority")
    if relation != CAREGIVER and authority is not None:
        refuse("AUTHORITY_NOT_ALLOWED", "Only a caregiver's place has an authority.", "authority")
    if authority == "COURT" and until is None:
        refuse("UNTIL_REQUIRED", "A court's order ends. Say when.", "until")


async def _ends_at(
    tx: Transaction,
    now: datetime,
    case: Mapping[str, Any],
    authority: str | None,
    until: datetime | None,
) -> datetime | None:
    """Return when a place ends: as asked, and at the latest when its authority lapses."""
    if authority not in {"PARENTAL", "COURT"}:
        return until
    zone = ZoneInfo(case["time_zone"])
    today = now.astimezone(zone).date()
    birth = await teams.birth_date(tx, case["client_id"])
    if birth is None:
        message = "Without the client's birth date nobody can say when this authority ends."
        refuse("BIRTH_DATE_REQUIRED", message, "authority")
    parental = authority == "PARENTAL"
    years = (
        parental_authority_ends(case["jurisdiction"], today, in_force()) if parental else MAJORITY
    )
    lapse = lapses_at(birth, years, zone)
    if lapse <= now:
        message = f"At {years} this client decides alone. They may invite a caregiver themselves."
        refuse("AUTHORITY_LAPSED", message, "authority")
    return lapse if until is None else min(lapse, until)
