"""Places in care teams, and how they make people stand to cases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from .rows import Found, add, new_id, one
from .tables import care_team, cases, identities, standing
from .transaction import Transaction


async def place(
    tx: Transaction, case: UUID, person: UUID, relation: str, now: datetime
) -> Found | None:
    """Return the place that a person has in a team, now or later (for the engine)."""
    return await one(
        tx,
        select(standing.c.starts_at).where(
            standing.c.case_id == case,
            standing.c.person_id == person,
            standing.c.relation == relation,
            or_(standing.c.ends_at.is_(None), standing.c.ends_at > now),
        ),
    )


async def birth_date(tx: Transaction, person: UUID) -> date | None:
    """Return a person's birth date, if it is known (for the engine)."""
    found = await one(tx, select(identities.c.birth_date).where(identities.c.person_id == person))
    return found["birth_date"] if found else None


async def has_authority(tx: Transaction, case: UUID, person: UUID, now: datetime) -> bool:
    """Say whether a person's place rests on more than an invitation (for the engine)."""
    asked = select(care_team.c.id).where(
        care_team.c.case_id == case,
        care_team.c.person_id == person,
        care_team.c.relation == "CAREGIVER",
        care_team.c.authority.in_(("PARENTAL", "COURT")),
        or_(care_team.c.ends_at.is_(None), care_team.c.ends_at > now),
    )
    return await one(tx, asked.limit(1)) is not None


async def join(tx: Transaction, **values: Any) -> None:
    """Insert a place in a care team."""
    await add(tx, care_team, id=new_id(), **values)


async def stand(tx: Transaction, **values: Any) -> None:
    """Insert how a person stands to a case (for the engine).

    Who left and comes back within the second stands as if they had not left.
    """
    organisation = tx.principal.organisation
    part2 = select(cases.c.part2).where(
        cases.c.organisation_id == organisation, cases.c.id == values["case_id"]
    )
    told = {"consented": False, "part2": part2.scalar_subquery()}
    row = {"organisation_id": organisation, **told, **values}
    again = {"ends_at": row.get("ends_at"), "consented": row["consented"]}
    keys = [column.name for column in standing.primary_key]
    statement = insert(standing).values(row)
    await tx.run(statement.on_conflict_do_update(index_elements=keys, set_=again))


async def leave(tx: Transaction, case: UUID, person: UUID, relation: str, now: datetime) -> bool:
    """End a place in a care team, and say whether there was one that the principal may end."""
    done = await tx.run(
        update(care_team)
        .where(
            care_team.c.case_id == case,
            care_team.c.person_id == person,
            care_team.c.relation == relation,
            or_(care_team.c.ends_at.is_(None), care_team.c.ends_at > now),
        )
        .values(ends_at=now)
    )
    return bool(done.rowcount)


async def stand_no_more(
    tx: Transaction, case: UUID, person: UUID | None, relation: str, now: datetime
) -> None:
    """End how a person, or everybody in a relation, stands to a case (for the engine)."""
    whose = () if person is None else (standing.c.person_id == person,)
    await tx.run(
        update(standing)
        .where(
            standing.c.case_id == case,
            standing.c.relation == relation,
            or_(standing.c.ends_at.is_(None), standing.c.ends_at > now),
            *whose,
        )
        .values(ends_at=now)
    )
