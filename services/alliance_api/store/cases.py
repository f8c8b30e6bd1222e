"""Cases, care teams, and how people stand to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select, update

from .rows import Found, Query, add, all_of, new_id, one
from .tables import care_team, cases, identities, people, standing
from .transaction import Transaction


def _now() -> tuple[Any, ...]:
    return (
        standing.c.starts_at <= func.now(),
        or_(standing.c.ends_at.is_(None), standing.c.ends_at > func.now()),
    )


_FIND = Query.of(select(cases).where(cases.c.id == bindparam("case", type_=Uuid)))
_OWN_ROLES = Query.of(
    select(standing.c.relation).where(
        standing.c.case_id == bindparam("case", type_=Uuid),
        standing.c.person_id == bindparam("person", type_=Uuid),
        *_now(),
    )
)


async def find(tx: Transaction, case: UUID) -> Found | None:
    """Return a case that the principal may see."""
    return await _FIND.one(tx, case=case)


async def own_roles(tx: Transaction, case: UUID) -> frozenset[str]:
    """Return how the principal stands to a case now."""
    rows = await _OWN_ROLES.all(tx, case=case, person=tx.principal.person)
    return frozenset(row["relation"] for row in rows)


async def close(tx: Transaction, case: UUID, closed_on: date) -> bool:
    """Close a case that is open; return whether the principal may."""
    done = await tx.run(
        update(cases).where(cases.c.id == case).values(status="CLOSED", closed_on=closed_on)
    )
    return done.rowcount == 1


async def members(tx: Transaction, case: UUID, *relations: str) -> Sequence[Found]:
    """Return who stands to a case now in one of the relations (for the engine)."""
    return await all_of(
        tx,
        select(standing.c.person_id, standing.c.relation)
        .where(standing.c.case_id == case, standing.c.relation.in_(relations), *_now())
        .order_by(standing.c.relation, standing.c.person_id),
    )


async def born(tx: Transaction, person: UUID) -> date | None:
    """Return a person's birth date, if it is known and the principal may know it."""
    found = await one(tx, select(identities.c.birth_date).where(identities.c.person_id == person))
    return found["birth_date"] if found else None


async def person_exists(tx: Transaction, person: UUID) -> bool:
    """Say whether the principal may know of a person."""
    return await one(tx, select(people.c.id).where(people.c.id == person)) is not None


async def open_case(  # noqa: PLR0913  (the columns of a case)
    tx: Transaction,
    *,
    client: UUID,
    therapist: UUID,
    opened_on: date,
    time_zone: str,
    interval_days: int | None,
    jurisdiction: str | None,
    part2: bool,
    now: datetime,
) -> UUID:
    """Insert a case with its therapist, and how both stand to it."""
    case = new_id()
    await add(
        tx,
        cases,
        id=case,
        client_id=client,
        opened_on=opened_on,
        time_zone=time_zone,
        interval_days=interval_days,
        jurisdiction=jurisdiction,
        part2=part2,
    )
    await add(
        tx,
        care_team,
        id=new_id(),
        case_id=case,
        person_id=therapist,
        relation="THERAPIST",
        starts_at=now,
    )
    async with tx.as_engine():
        for person, relation in ((client, "CLIENT"), (therapist, "THERAPIST")):
            await add(
                tx,
                standing,
                person_id=person,
                relation=relation,
                case_id=case,
                client_id=client,
                starts_at=now,
                part2=part2,
            )
    return case
