"""What is derived from a case, for each audience, and what it is derived from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, Table, Uuid, and_, bindparam, func, select

from . import tables
from .prepared import Prepared, as_json, prepared, synchronisation
from .rows import Found, Query
from .transaction import Transaction

SERIES, CHANGES, RUPTURES = tables.series, tables.changes, tables.ruptures
CONCORDANCES, ATTAINMENTS = tables.concordances, tables.attainments


_CASE = bindparam("case", type_=Uuid)


def _scored() -> Select[Any]:
    scores = tables.scores
    return (
        select(
            scores.c.measurement_id,
            scores.c.instrument_code,
            scores.c.informant_id,
            scores.c.informant_role,
            scores.c.scale,
            scores.c.session_id,
            scores.c.taken_at,
            scores.c.raw,
            scores.c.pomp,
            scores.c.minimum,
            scores.c.maximum,
            scores.c.opens_at.is_not(None).label("known"),
            func.coalesce(scores.c.opens_at <= func.now(), False).label("open"),
            (func.cardinality(scores.c.sealed_for) > 0).label("sealed"),
        )
        .where(
            scores.c.case_id == _CASE,
            scores.c.current,
            scores.c.raw.is_not(None),
        )
        .order_by(scores.c.taken_at, scores.c.measurement_id, scores.c.scale)
    )


_SCORED = Query.of(_scored())


async def scored(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return every standing score of a case in order, and who may know of it now (engine)."""
    return await _SCORED.all(tx, case=case)


def _goals() -> Select[Any]:
    found, versions = tables.goals, tables.goal_versions
    joined = found.join(
        versions,
        and_(
            versions.c.organisation_id == found.c.organisation_id,
            versions.c.goal_id == found.c.id,
            versions.c.version == found.c.version,
        ),
    )
    asked = select(
        found.c.id,
        found.c.state,
        found.c.version,
        found.c.weight,
        found.c.kind,
        found.c.agreed_on,
        found.c.proposed_at,
        versions.c.worded_by,
    )
    return asked.select_from(joined).where(found.c.case_id == _CASE).order_by(found.c.id)


_GOALS = Query.of(_goals())


async def goals(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return a case's goals with who worded them, without a word of them (engine)."""
    return await _GOALS.all(tx, case=case)


def _of_goals(found: Table) -> tuple[FromClause, ColumnElement[bool]]:
    """Return rows about goals joined with these, and that they are of the case that is asked for.

    They are found by their goal; by their case they have no index.
    """
    goals = tables.goals
    same = and_(goals.c.organisation_id == found.c.organisation_id, goals.c.id == found.c.goal_id)
    return goals.join(found, same), goals.c.case_id == _CASE


def _stances() -> Select[Any]:
    found = tables.goal_stances
    joined, of_the_case = _of_goals(found)
    asked = select(
        found.c.goal_id, found.c.version, found.c.role, found.c.stance, found.c.answered_at
    )
    return asked.select_from(joined).where(of_the_case)


def _ratings() -> Select[Any]:
    found = tables.goal_ratings
    joined, of_the_case = _of_goals(found)
    asked = select(found.c.goal_id, found.c.level).select_from(joined)
    clients = asked.where(of_the_case, found.c.role == "CLIENT")
    return clients.order_by(found.c.rated_at, found.c.id)


_STANCES, _RATINGS = Query.of(_stances()), Query.of(_ratings())


async def stances(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return where the parties stand to every version of a case's goals (engine)."""
    return await _STANCES.all(tx, case=case)


async def ratings(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return the client's ratings of a case's goals, in order (engine)."""
    return await _RATINGS.all(tx, case=case)


# A series as one audience sees it.
Part = tuple[Any, ...]
SERIES_KEY = ("audience", "instrument_code", "informant_role", "scale", "informant_id")


_MARKS = prepared(
    select(*(SERIES.c[name] for name in SERIES_KEY), SERIES.c.inputs_hash).where(
        SERIES.c.case_id == _CASE
    )
)


async def marks(tx: Transaction, case: UUID) -> dict[Part, str]:
    """Return the hash of what each series of a case was derived from (engine)."""
    return {row[:-1]: row[-1] for row in await tx.fetch(_MARKS, case=case)}


async def sync(tx: Transaction, table: Table, case: UUID, rows: Sequence[Mapping[str, Any]]) -> int:
    """Make the rows of a case these; return how many changed."""
    names = tuple(rows[0]) if rows else _columns(table)
    return await _changed(tx, synchronisation(table, names), case, rows, ())


async def sync_series(
    tx: Transaction,
    table: Table,
    case: UUID,
    groups: Collection[Mapping[str, Any]],
    parts: Collection[Part],
) -> int:
    """Do the same for figures of series. A group is a series: its name but for the audience, the
    `audiences` for which its `rows` are the same, and these; columns that are left out are null.
    """  # noqa: D205 - one sentence, two lines
    statement = synchronisation(table, _columns(table), SERIES_KEY, grouped=True)
    return await _changed(tx, statement, case, list(groups), parts)


async def _changed(
    tx: Transaction,
    statement: Prepared,
    case: UUID,
    rows: Sequence[Mapping[str, Any]],
    parts: Collection[Part],
) -> int:
    named = [dict(zip(SERIES_KEY, part, strict=True)) for part in parts]
    [(changed,)] = await tx.fetch(
        statement,
        organisation=tx.principal.organisation,
        case=case,
        rows=as_json(rows),
        parts=as_json(named),
    )
    return int(changed)


def _columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if column.name != "organisation_id")
