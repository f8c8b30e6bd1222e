"""Sessions and what happened in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import TIMESTAMP

from .prepared import prepared
from .rows import Found, Query, add, all_of, new_id, one
from .tables import attendance, sessions
from .transaction import Transaction


async def find(tx: Transaction, session: UUID) -> Found | None:
    """Return a session that the principal may see."""
    return await one(tx, select(sessions).where(sessions.c.id == session))


async def overlapping(  # noqa: PLR0913  (what an overlap is made of)
    tx: Transaction,
    case: UUID,
    therapist: UUID,
    start: datetime,
    end: datetime,
    *,
    but: UUID | None = None,
) -> bool:
    """Say whether client or therapist already meet somebody then (for the engine)."""
    statement = select(sessions.c.id).where(
        or_(sessions.c.case_id == case, sessions.c.therapist_id == therapist),
        sessions.c.state.in_(("PLANNED", "RECORDED")),
        sessions.c.planned_start < end,
        sessions.c.planned_end > start,
    )
    if but is not None:
        statement = statement.where(sessions.c.id != but)
    return await one(tx, statement.limit(1)) is not None


async def next_number(tx: Transaction, case: UUID) -> int:
    """Return the number of a case's next session (for the engine)."""
    found = await one(
        tx,
        select(func.coalesce(func.max(sessions.c.number), 0) + 1).where(sessions.c.case_id == case),
    )
    return int(next(iter(found.values()))) if found else 1


async def plan(tx: Transaction, **values: Any) -> UUID:
    """Insert a planned session."""
    session = new_id()
    await add(tx, sessions, id=session, **values)
    return session


async def set_state(tx: Transaction, session: UUID, state: str) -> bool:
    """Say what became of a plan; return whether the principal may."""
    done = await tx.run(update(sessions).where(sessions.c.id == session).values(state=state))
    return done.rowcount == 1


async def planned(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return the sessions of a case of which nobody has said what became of them (engine)."""
    return await all_of(
        tx,
        select(sessions.c.id, sessions.c.planned_start)
        .where(sessions.c.case_id == case, sessions.c.state == "PLANNED")
        .order_by(sessions.c.planned_start, sessions.c.id),
    )


async def last_started(tx: Transaction, case: UUID) -> datetime | None:
    """Return when the latest session that was kept started (for the engine)."""
    found = await one(
        tx, select(func.max(attendance.c.started_at)).where(attendance.c.case_id == case)
    )
    return next(iter(found.values())) if found else None


async def record(tx: Transaction, **values: Any) -> None:
    """Insert what happened."""
    await add(tx, attendance, **values)


def _history() -> Select[Any]:
    joined = sessions.outerjoin(
        attendance,
        (attendance.c.organisation_id == sessions.c.organisation_id)
        & (attendance.c.session_id == sessions.c.id),
    )
    return (
        select(
            sessions.c.id,
            sessions.c.planned_start,
            sessions.c.state,
            attendance.c.outcome,
            attendance.c.cancelled_at,
            attendance.c.cancelled_by,
            attendance.c.excused,
            attendance.c.client_delay,
            attendance.c.therapist_delay,
            attendance.c.started_at,
        )
        .select_from(joined)
        .where(sessions.c.case_id == bindparam("case", type_=Uuid))
        .order_by(sessions.c.planned_start, sessions.c.id)
    )


_HISTORY = Query.of(_history())


async def history(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return every session of a case with what happened (for the engine)."""
    return await _HISTORY.all(tx, case=case)


_STARTED_AFTER = prepared(
    select(func.min(attendance.c.started_at)).where(
        attendance.c.case_id == bindparam("case", type_=Uuid),
        attendance.c.started_at > bindparam("at", type_=TIMESTAMP(timezone=True)),
        attendance.c.session_id.is_distinct_from(bindparam("but", type_=Uuid)),
    )
)


async def started_after(
    tx: Transaction, case: UUID, at: datetime, but: UUID | None
) -> datetime | None:
    """Return when the first session after an instant started, another than `but` (engine)."""
    [(found,)] = await tx.fetch(_STARTED_AFTER, case=case, at=at, but=but)
    return found  # type: ignore[no-any-return]  # as its column is
