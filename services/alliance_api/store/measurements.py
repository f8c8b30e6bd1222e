"""Measurements with their scores, answers and comment, and when each of these opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Text,
    Update,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from alliance_api.domain.disclosure import Opening, Openings

from . import words
from .prepared import prepared
from .rows import Found, Query, add, add_figures, all_of, new_id, one
from .tables import (
    answers,
    comments,
    findings,
    instruments,
    measurements,
    occasions,
    score_inputs,
    scores,
)
from .transaction import Transaction

_SAID = (scores, answers, comments, findings)


def instant(opening: Opening) -> Any:
    """Return an opening as SQL: an instant, PostgreSQL's infinities, or null for never."""
    if opening is None or isinstance(opening, datetime):
        return opening
    return cast(literal(opening, Text), TIMESTAMP(timezone=True))


_INSTRUMENT = Query.of(
    select(instruments)
    .where(instruments.c.code == bindparam("code", type_=Text))
    .order_by(instruments.c.version.desc())
    .limit(1)
)


async def instrument(tx: Transaction, code: str) -> Found | None:
    """Return the latest version of an instrument of the organisation."""
    return await _INSTRUMENT.one(tx, code=code)


async def find(tx: Transaction, measurement: UUID) -> Found | None:
    """Return a measurement that the principal may know of."""
    # Not when it opens: that may be an infinity, and Python has no instant for one.
    known = [column for column in measurements.c if not column.name.endswith("_open_at")]
    return await one(tx, select(*known).where(measurements.c.id == measurement))


async def occasion(tx: Transaction, occasion_id: UUID) -> Found | None:
    """Return an occasion that the principal may see."""
    return await one(tx, select(occasions).where(occasions.c.id == occasion_id))


async def occasion_of(
    tx: Transaction, session: UUID, instrument_id: UUID, informant: UUID
) -> UUID | None:
    """Return the occasion at which an informant was asked for this (for the engine)."""
    found = await one(
        tx,
        select(occasions.c.id).where(
            occasions.c.session_id == session,
            occasions.c.instrument_id == instrument_id,
            occasions.c.informant_id == informant,
        ),
    )
    return found["id"] if found else None


async def plan(tx: Transaction, **values: Any) -> UUID:
    """Insert an occasion."""
    made = new_id()
    await add(tx, occasions, id=made, **values)
    return made


async def still_to_rate(tx: Transaction, session: UUID) -> list[UUID]:
    """Return the therapists who have not given all they were asked for about a session (engine).

    One form of two is not enough: what the client said would colour the other.
    """
    given = exists().where(
        measurements.c.session_id == occasions.c.session_id,
        measurements.c.instrument_id == occasions.c.instrument_id,
        measurements.c.informant_id == occasions.c.informant_id,
    )
    rows = await all_of(
        tx,
        select(occasions.c.informant_id)
        .distinct()
        .where(
            occasions.c.session_id == session,
            occasions.c.informant_role == "THERAPIST",
            ~given,
        ),
    )
    return [row["informant_id"] for row in rows]


async def unseal(tx: Transaction, session: UUID, therapist: UUID) -> None:
    """Open what was sealed for a therapist who has now rated the session (for the engine)."""
    about = select(measurements.c.id).where(measurements.c.session_id == session)
    for table in (*_SAID, measurements):
        key = table.c.id if table is measurements else table.c.measurement_id
        await tx.run(
            update(table)
            .where(key.in_(about), literal(therapist, Uuid) == func.any(table.c.sealed_for))
            .values(sealed_for=func.array_remove(table.c.sealed_for, literal(therapist, Uuid)))
        )


async def submit(
    tx: Transaction,
    frame: Mapping[str, Any],
    given: Sequence[Mapping[str, Any]],
    comment: str | None,
) -> UUID:
    """Insert a measurement with its answers and comment, as its informant, closed to others."""
    measurement = new_id()
    judged = {key: frame[key] for key in _JUDGED}
    await add(
        tx,
        measurements,
        id=measurement,
        **frame,
        has_comment=comment is not None,
    )
    told = {**judged, "measurement_id": measurement}
    await add_figures(tx, answers, [{**told, **row} for row in given])
    if comment is not None:
        body = await words.seal(tx, words.COMMENT, (measurement,), comment)
        await add(tx, comments, **told, body=body)
    return measurement


_JUDGED = ("case_id", "informant_id", "informant_role", "sealed_for", "to_caregivers")


async def keep_scores(
    tx: Transaction,
    measurement: UUID,
    frame: Mapping[str, Any],
    found: Sequence[Mapping[str, Any]],
    inputs_hash: str,
) -> None:
    """Insert what the key made of the answers (for the engine)."""
    shared = {key: frame[key] for key in (*_JUDGED, "session_id", "instrument_code", "taken_at")}
    rows = [{**shared, "measurement_id": measurement, **row} for row in found]
    await add_figures(tx, scores, rows)
    await add(
        tx,
        score_inputs,
        measurement_id=measurement,
        case_id=frame["case_id"],
        inputs_hash=inputs_hash,
    )


async def keep_findings(
    tx: Transaction,
    measurement: UUID,
    frame: Mapping[str, Any],
    found: Sequence[Mapping[str, Any]],
) -> None:
    """Insert what is noticeable about how the form was filled in (for the engine)."""
    judged = {key: frame[key] for key in _JUDGED}
    rows = [{**judged, "measurement_id": measurement, **row} for row in found]
    await add_figures(tx, findings, rows)


def _openings() -> Update:
    scores_at, answers_at = (
        cast(bindparam(name, type_=Text), TIMESTAMP(timezone=True))
        for name in ("scores_at", "answers_at")
    )
    measurement = bindparam("measurement", type_=Uuid)
    said = (
        update(table)
        .where(table.c.measurement_id == measurement)
        .values(
            opens_at=scores_at if table is scores else answers_at,
            to_caregivers=bindparam("invited", type_=Boolean),
        )
        for table in _SAID
    )
    return (
        update(measurements)
        .where(measurements.c.id == measurement)
        .values(scores_open_at=scores_at, answers_open_at=answers_at)
        .add_cte(*(each.cte(f"of_{each.table}") for each in said))
    )


_OPENINGS = prepared(_openings())


async def set_openings(
    tx: Transaction, measurement: UUID, opens: Openings, *, to_caregivers: bool
) -> None:
    """Open or close what a measurement says, everywhere it is said (for the engine)."""
    await tx.fetch(
        _OPENINGS,
        measurement=measurement,
        scores_at=_as_text(opens.scores_at),
        answers_at=_as_text(opens.answers_at),
        invited=to_caregivers,
    )


def _as_text(opening: Opening) -> str | None:
    return opening.isoformat() if isinstance(opening, datetime) else opening


async def choose_disclosure(
    tx: Transaction, measurement: UUID, disclosure: str, *, to_caregivers: bool
) -> bool:
    """Change whom a measurement is opened to, as its informant; say whether it was theirs."""
    done = await tx.run(
        update(measurements)
        .where(
            measurements.c.id == measurement,
            measurements.c.informant_id == tx.principal.person,
        )
        .values(disclosure=disclosure, to_caregivers=to_caregivers)
    )
    return done.rowcount == 1


async def waiting(tx: Transaction, case: UUID, started: datetime) -> Sequence[Found]:
    """Return what opens with a session that started then (for the engine)."""
    return await all_of(
        tx,
        select(measurements.c.id, measurements.c.session_id, measurements.c.to_caregivers).where(
            measurements.c.case_id == case,
            measurements.c.disclosure == "NEXT_SESSION",
            measurements.c.scores_open_at == instant("infinity"),
            measurements.c.taken_at < started,
        ),
    )


async def restack(tx: Transaction, frame: Mapping[str, Any]) -> None:
    """Let the latest form of an informant about a session stand for them (for the engine).

    What only its informant knows of may not change what others see: it supersedes nothing, and
    what it superseded while it was open stands again.
    """
    same = (
        measurements.c.session_id == frame["session_id"],
        measurements.c.instrument_code == frame["instrument_code"],
        measurements.c.informant_id == frame["informant_id"],
    )
    order = (measurements.c.taken_at, measurements.c.id)
    later = func.lead(measurements.c.id).over(order_by=order).label("later")
    known = select(measurements.c.id, later).where(*same, measurements.c.disclosure != "PRIVATE")
    stack = known.subquery()
    by = select(stack.c.later).where(stack.c.id == measurements.c.id).scalar_subquery()
    await tx.run(update(measurements).where(*same).values(superseded_by=by))
    stands = select(measurements.c.superseded_by.is_(None)).where(
        measurements.c.id == scores.c.measurement_id
    )
    all_of_them = select(measurements.c.id).where(*same)
    await tx.run(
        update(scores)
        .where(scores.c.measurement_id.in_(all_of_them))
        .values(current=stands.scalar_subquery())
    )
