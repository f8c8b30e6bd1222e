"""Signals with their evidence: one row an episode, however often it is derived."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from .rows import Found, Query, add_figures, all_of, new_id, one
from .tables import (
    attendance,
    cases,
    instruments,
    measurements,
    occasions,
    sessions,
    signal_evidence,
    signals,
)
from .transaction import Transaction

NAME = ("audience", "kind", "episode")
REFERENCES = ("measurement_id", "session_id", "occasion_id", "commitment_id", "goal_id")


def _asked() -> Select[Any]:
    organisation = occasions.c.organisation_id
    of_it = (
        measurements.c.organisation_id == organisation,
        measurements.c.occasion_id == occasions.c.id,
    )
    not_kept = exists().where(
        attendance.c.organisation_id == organisation,
        attendance.c.session_id == occasions.c.session_id,
        attendance.c.outcome != "KEPT",
    )
    moved = exists().where(
        sessions.c.organisation_id == organisation,
        sessions.c.id == occasions.c.session_id,
        or_(sessions.c.state == "MOVED", sessions.c.state == "CANCELLED"),
    )
    # In the case's own zone, as the day on which it was closed is one of that zone.
    closed = exists().where(
        cases.c.organisation_id == organisation,
        cases.c.id == occasions.c.case_id,
        cases.c.closed_on <= func.date(func.timezone(cases.c.time_zone, occasions.c.due_at)),
    )
    form = (instruments.c.organisation_id == organisation) & (
        instruments.c.id == occasions.c.instrument_id
    )
    return (
        select(
            occasions.c.id,
            occasions.c.informant_id,
            occasions.c.informant_role,
            occasions.c.due_at,
            instruments.c.code,
            exists().where(*of_it).label("answered"),
            exists().where(*of_it, measurements.c.scores_open_at.is_not(None)).label("known"),
            or_(moved, not_kept, closed).label("off"),
        )
        .select_from(occasions.join(instruments, form))
        .where(occasions.c.case_id == bindparam("case", type_=Uuid))
        .order_by(occasions.c.due_at, occasions.c.id)
    )


def _present() -> Select[Any]:
    reference = func.coalesce(*(signal_evidence.c[name] for name in REFERENCES))
    evidence = (
        select(func.array_agg(aggregate_order_by(reference, signal_evidence.c.position)))
        .where(
            signal_evidence.c.organisation_id == signals.c.organisation_id,
            signal_evidence.c.signal_id == signals.c.id,
        )
        .scalar_subquery()
    )
    return select(signals, evidence.label("evidence")).where(
        signals.c.case_id == bindparam("case", type_=Uuid),
        signals.c.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
    )


_ASKED, _PRESENT = Query.of(_asked()), Query.of(_present())


async def asked(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return every occasion of a case, in order; whether it was answered, and others know (engine).

    `off`: it is about a session that was not held, so that there was nothing to answer; or the case
    was closed before it was due.
    """
    return await _ASKED.all(tx, case=case)


async def sync(
    tx: Transaction, case: UUID, kinds: Collection[str], wanted: Sequence[Mapping[str, Any]]
) -> tuple[Sequence[Found], int]:
    """Make a case's signals of some kinds these (for the engine).

    Returns the new ones, and how many changed in all.

    `evidence` of a row lists columns of `REFERENCES` with ids. What people have said to a signal
    stays with its episode; an episode that is not wanted goes.
    """
    found = await _PRESENT.all(tx, case=case, kinds=list(kinds))
    present = {_name(row): row for row in found}
    new = [{"id": new_id(), "case_id": case, **row} for row in wanted if _name(row) not in present]
    moved = [
        {"id": before["id"], "case_id": case, "acknowledged_at": before["acknowledged_at"], **row}
        for row in wanted
        for before in [present.get(_name(row))]
        if before is not None and not _same(before, row)
    ]
    kept = {_name(row) for row in wanted}
    gone = [row["id"] for name, row in present.items() if name not in kept]
    await _withdraw(tx, [*gone, *(row["id"] for row in moved)])
    if gone:
        await tx.run(delete(signals).where(signals.c.id.in_(gone)))
    for row in moved:
        await tx.run(update(signals).where(signals.c.id == row["id"]).values(_columns(row)))
    await add_figures(tx, signals, [_columns(row) for row in new])
    await add_figures(tx, signal_evidence, [part for row in (*new, *moved) for part in _parts(row)])
    return new, len(new) + len(moved) + len(gone)


async def find(tx: Transaction, signal: UUID) -> Found | None:
    """Return a signal that was raised and that the principal may see."""
    return await one(
        tx, select(signals).where(signals.c.id == signal, signals.c.raised_at <= func.now())
    )


async def of_the_episode(tx: Transaction, signal: Mapping[str, Any]) -> Sequence[Found]:
    """Return the rows of an episode, one for each audience that knows of it (for the engine)."""
    same = [signals.c[name] == signal[name] for name in ("case_id", "kind", "episode")]
    return await all_of(tx, select(signals).where(*same))


async def acknowledge(tx: Transaction, rows: Sequence[Found], by: UUID, now: datetime) -> None:
    """Keep who has taken note of an episode (for the engine)."""
    for row in rows:
        values = {"acknowledged_by": by, "acknowledged_at": now}
        state = state_of(over=row["over"], acknowledged=True)
        statement = update(signals).where(signals.c.id == row["id"])
        await tx.run(statement.values(state=state, **values))


async def hear(tx: Transaction, rows: Sequence[Found], now: datetime, *, heard: bool) -> None:
    """Keep what the client answers to an episode (for the engine)."""
    ids = [row["id"] for row in rows]
    await tx.run(update(signals).where(signals.c.id.in_(ids)).values(heard=heard, heard_at=now))


def state_of(*, over: bool, acknowledged: bool) -> str:
    """Return where a signal stands: what is over needs nobody's attention."""
    if over:
        return "CLOSED"
    return "ACKNOWLEDGED" if acknowledged else "OPEN"


def _name(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in NAME)


def _same(before: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    wanted = {**row, "evidence": [found for _, found in row["evidence"]] or None}
    return all(before[name] == value for name, value in wanted.items())


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in row.items() if name in signals.c}
    acknowledged = row.get("acknowledged_at") is not None
    return {**own, "state": state_of(over=row["over"], acknowledged=acknowledged)}


def _parts(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    shared = {name: row[name] for name in ("case_id", "audience", "informant_id", "informant_role")}
    nothing = dict.fromkeys(REFERENCES)
    return [
        {**shared, "signal_id": row["id"], "position": position, **nothing, column: found}
        for position, (column, found) in enumerate(row["evidence"])
    ]


async def _withdraw(tx: Transaction, ids: Sequence[UUID]) -> None:
    if ids:
        await tx.run(delete(signal_evidence).where(signal_evidence.c.signal_id.in_(ids)))
