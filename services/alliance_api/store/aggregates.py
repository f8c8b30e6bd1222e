"""What a period's figures are made of, and the figures once they are published (for the engine)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Select, Table, and_, exists, func, or_, select

from . import tables as t
from .consents import is_live
from .rows import Found, add_all, all_of, one
from .transaction import Transaction

Span = tuple[datetime, datetime]
# What a series is known by, period after period: measure, form and role.
Name = tuple[str, str, str]
Parts = Mapping[Name, Sequence[Sequence[frozenset[Hashable]]]]


def _beside(found: FromClause, table: Table, **on: Any) -> FromClause:
    same = [table.c[name] == column for name, column in on.items()]
    return found.join(table, and_(table.c.organisation_id == t.cases.c.organisation_id, *same))


async def is_published(tx: Transaction, period: str) -> bool:
    """Say whether anything was published about a period."""
    asked = select(t.aggregates.c.period).where(t.aggregates.c.period == period)
    return await one(tx, asked.limit(1)) is not None


async def earlier(tx: Transaction) -> Parts:
    """Return, by series, the parts of every period that was published before."""
    found: dict[Name, dict[str, list[frozenset[Hashable]]]] = {}
    for row in await all_of(tx, select(t.aggregate_sets)):
        name = (row["measure"], row["instrument_code"], row["informant_role"])
        periods = found.setdefault(name, {})
        periods.setdefault(row["period"], []).append(frozenset(row["clients"]))
    return {name: list(periods.values()) for name, periods in found.items()}


async def keep(
    tx: Transaction, cells: Sequence[Mapping[str, Any]], sets: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the cells of a period, and the parts that they are made of."""
    await add_all(tx, t.aggregates, cells)
    await add_all(tx, t.aggregate_sets, sets)


async def scores(tx: Transaction, span: Span) -> Sequence[Found]:
    """Return the standing scores of a period that others may read, or the client consented to."""
    consented = exists().where(
        t.consents.c.organisation_id == t.scores.c.organisation_id,
        t.consents.c.case_id == t.scores.c.case_id,
        t.consents.c.kind == "AGGREGATES",
        *is_live(),
    )
    is_open = func.coalesce(t.scores.c.opens_at <= func.now(), False)
    own = and_(t.scores.c.informant_role == "CLIENT", consented)
    columns = ("measurement_id", "session_id", "instrument_code", "informant_role", "scale", "raw")
    return await all_of(
        tx,
        select(
            t.cases.c.client_id,
            *(t.scores.c[name] for name in (*columns, "pomp", "minimum", "maximum")),
            is_open.label("open"),
        )
        .select_from(_beside(t.cases, t.scores, case_id=t.cases.c.id))
        .where(*_within(t.scores.c.taken_at, span), t.scores.c.current, or_(is_open, own))
        .order_by(t.scores.c.taken_at, t.scores.c.measurement_id, t.scores.c.scale),
    )


async def sessions(tx: Transaction, span: Span) -> Sequence[Found]:
    """Return the sessions planned for a period, and what happened in them."""
    held = t.attendance
    kept = ("outcome", "cancelled_by", "excused", "client_delay", "therapist_delay", "started_at")
    planned = _beside(t.cases, t.sessions, case_id=t.cases.c.id)
    joined = planned.outerjoin(
        held,
        and_(
            held.c.organisation_id == t.cases.c.organisation_id,
            held.c.session_id == t.sessions.c.id,
        ),
    )
    return await all_of(
        tx,
        select(
            t.cases.c.client_id,
            *(t.sessions.c[name] for name in ("therapist_id", "planned_start", "state")),
            *(held.c[name] for name in kept),
        )
        .select_from(joined)
        .where(*_within(t.sessions.c.planned_start, span))
        .order_by(t.sessions.c.planned_start, t.sessions.c.id),
    )


async def promises(tx: Transaction, span: Span) -> Sequence[Found]:
    """Return the commitments due in a period."""
    columns = ("owner_role", "due_at", "outcome", "settled_at")
    return await all_of(
        tx,
        select(
            t.cases.c.client_id, t.cases.c.time_zone, *(t.commitments.c[name] for name in columns)
        )
        .select_from(_beside(t.cases, t.commitments, case_id=t.cases.c.id))
        .where(*_within(t.commitments.c.due_at, span)),
    )


async def stances(tx: Transaction, starts_on: date, before: datetime) -> Sequence[Found]:
    """Return where the parties stand to the goals that were worked towards at a period's end."""
    of_goal = _beside(t.cases, t.goals, case_id=t.cases.c.id)
    joined = _beside(of_goal, t.goal_stances, goal_id=t.goals.c.id, version=t.goals.c.version)
    return await all_of(
        tx,
        select(
            t.cases.c.client_id,
            t.goals.c.id,
            t.goals.c.proposed_at,
            *(t.goal_stances.c[name] for name in ("role", "stance")),
        )
        .select_from(joined)
        .where(
            t.goals.c.proposed_at < before,
            t.goals.c.state != "ENDED",
            t.cases.c.opened_on <= func.date(before),
            or_(t.cases.c.closed_on.is_(None), t.cases.c.closed_on >= starts_on),
        ),
    )


async def standings(tx: Transaction, before: datetime) -> Sequence[Found]:
    """Return who treats or treated whom, and who answers for it with the client's consent."""
    standing = t.standing
    return await all_of(
        tx,
        _of(standing, "person_id", "client_id", "relation", "starts_at", "ends_at")
        .where(
            standing.c.starts_at < before,
            or_(
                standing.c.relation == "THERAPIST",
                and_(standing.c.relation == "SUPERVISOR", standing.c.consented),
            ),
        )
        .order_by(standing.c.starts_at, standing.c.person_id),
    )


async def managers(tx: Transaction) -> frozenset[UUID]:
    """Return who ever managed the organisation."""
    rows = await all_of(tx, _of(t.staff, "person_id").where(t.staff.c.role == "MANAGER"))
    return frozenset(row["person_id"] for row in rows)


async def teams(tx: Transaction, at: datetime) -> dict[UUID, UUID]:
    """Return the team of everybody who was in one at an instant: of several, the first joined."""
    found = t.team_members
    rows = await all_of(
        tx,
        _of(found, "person_id", "team_id")
        .where(found.c.starts_at < at, or_(found.c.ends_at.is_(None), found.c.ends_at >= at))
        .order_by(found.c.starts_at.desc(), found.c.team_id.desc()),
    )
    return {row["person_id"]: row["team_id"] for row in rows}


def _of(table: Table, *names: str) -> Select[Any]:
    return select(*(table.c[name] for name in names))


def _within(column: Any, span: Span) -> tuple[Any, ...]:
    return column >= span[0], column < span[1]
