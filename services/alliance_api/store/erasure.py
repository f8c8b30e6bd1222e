"""Erasing a person: what is deleted, what is blanked, and what goes on as a tombstone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from . import tables
from .rows import Found, add, all_of, new_id, one
from .tables import consents, erasures, legal_holds, measurements, people, standing
from .transaction import Transaction

# What a person said or was, by the column that says whose it is.
_DELETED: tuple[tuple[Table, str], ...] = (
    (tables.answers, "informant_id"),
    (tables.comments, "informant_id"),
    (tables.scores, "informant_id"),
    (tables.findings, "informant_id"),
    (tables.notes, "author_id"),
    (tables.goal_ratings, "rated_by"),
    (tables.preferences, "person_id"),
    (tables.idempotency_keys, "person_id"),
    (tables.identities, "person_id"),
    (tables.person_keys, "person_id"),
)
# Words in rows that others rest on. Not deleted: an older wording would stand again in their place.
_BLANKED: tuple[tuple[Table, str, str], ...] = (
    (tables.goal_versions, "worded_by", "wording"),
    (tables.goal_levels, "worded_by", "wording"),
    (tables.commitments, "owner_id", "wording"),
    (tables.emergencies, "person_id", "reason"),
)
_ENDED = (standing, tables.care_team, tables.team_members, tables.staff)


async def find(tx: Transaction, person: UUID) -> Found | None:
    """Return a person that the principal may know of."""
    return await one(tx, select(people).where(people.c.id == person))


async def record(tx: Transaction, person: UUID, now: datetime) -> None:
    """Insert that the principal has a person erased, unless somebody had before. The law decides."""
    values: dict[str, Any] = {
        "organisation_id": tx.principal.organisation,
        "person_id": person,
        "asked_by": tx.principal.person,
        "erased_at": now,
    }
    await tx.run(insert(erasures).values(values).on_conflict_do_nothing())


async def is_erased(tx: Transaction, person: UUID) -> bool:
    """Say whether a person the principal may know of was erased."""
    found = await find(tx, person)
    return found is not None and found["erased_at"] is not None


async def clients_of(tx: Transaction, person: UUID) -> Sequence[UUID]:
    """Return the clients to whose cases a person ever stood, themselves included (for the engine)."""
    asked = select(standing.c.client_id).where(standing.c.person_id == person).distinct()
    return [row["client_id"] for row in await all_of(tx, asked.order_by(standing.c.client_id))]


async def held(tx: Transaction, people: Collection[UUID]) -> frozenset[UUID]:
    """Return whom of some people a live legal hold keeps (for the engine)."""
    asked = select(legal_holds.c.person_id).where(
        legal_holds.c.person_id.in_(people), legal_holds.c.lifted_at.is_(None)
    )
    return frozenset(row["person_id"] for row in await all_of(tx, asked))


async def cases_of(tx: Transaction, person: UUID) -> Sequence[UUID]:
    """Return the cases to which a person ever stood (for the engine)."""
    asked = select(standing.c.case_id).where(standing.c.person_id == person).distinct()
    return [row["case_id"] for row in await all_of(tx, asked.order_by(standing.c.case_id))]


async def consents_of(tx: Transaction, person: UUID) -> Sequence[Found]:
    """Return the consents that rest on a person's word and were not withdrawn (for the engine)."""
    theirs = or_(consents.c.given_by == person, consents.c.assented_by == person)
    return await all_of(
        tx,
        select(consents.c.id, consents.c.case_id, consents.c.kind)
        .where(theirs, consents.c.withdrawn_at.is_(None))
        .order_by(consents.c.case_id, consents.c.id),
    )


async def forget(tx: Transaction, person: UUID) -> None:
    """Delete what a person said and was, their key first of all (for the engine)."""
    forms = select(measurements.c.id).where(measurements.c.informant_id == person)
    inputs = tables.score_inputs
    await tx.run(delete(inputs).where(inputs.c.measurement_id.in_(forms)))
    for table, whose in reversed(_DELETED):
        await tx.run(delete(table).where(table.c[whose] == person))
    for table, whose, words in _BLANKED:
        await tx.run(update(table).where(table.c[whose] == person).values({words: ""}))


async def bury(tx: Transaction, person: UUID, now: datetime, erased_at: datetime) -> None:
    """End every place a person has, and leave a tombstone (for the engine)."""
    for table in _ENDED:
        still = or_(table.c.ends_at.is_(None), table.c.ends_at > now)
        mine = table.c.person_id == person
        await tx.run(update(table).where(mine, still).values(ends_at=now))
    await tx.run(update(people).where(people.c.id == person).values(erased_at=erased_at))


async def hold(tx: Transaction, person: UUID, reason: str, now: datetime) -> UUID:
    """Insert a legal hold of the principal's."""
    made = new_id()
    values = {"person_id": person, "reason": reason, "set_by": tx.principal.person, "set_at": now}
    await add(tx, legal_holds, id=made, **values)
    return made


async def find_hold(tx: Transaction, found: UUID) -> Found | None:
    """Return a legal hold that the principal may see."""
    return await one(tx, select(legal_holds).where(legal_holds.c.id == found))


async def lift(tx: Transaction, found: UUID, now: datetime) -> None:
    """Lift a legal hold."""
    await tx.run(update(legal_holds).where(legal_holds.c.id == found).values(lifted_at=now))
