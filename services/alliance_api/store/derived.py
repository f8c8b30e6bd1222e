"""What is derived from a case, for each audience, and what it is derived from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, Uuid, and_, bindparam, func, select

from . import tables
from .prepared import as_json, prepared, synchronisation
from .rows import Found, Query, all_of
from .transaction import Transaction

SERIES, CHANGES, RUPTURES = tables.series, tables.changes, tables.ruptures
CONCORDANCES, ATTAINMENTS = tables.concordances, tables.attainments


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
            scores.c.case_id == bindparam("case", type_=Uuid),
            scores.c.current,
            scores.c.raw.is_not(None),
        )
        .order_by(scores.c.taken_at, scores.c.measurement_id, scores.c.scale)
    )


_SCORED = Query.of(_scored())


async def scored(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return every standing score of a case in order, and who may know of it now (engine)."""
    return await _SCORED.all(tx, case=case)


async def goals(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return a case's goals with who worded them, without a word of them (engine)."""
    found, versions = tables.goals, tables.goal_versions
    joined = found.join(
        versions,
        and_(
            versions.c.organisation_id == found.c.organisation_id,
            versions.c.goal_id == found.c.id,
            versions.c.version == found.c.version,
        ),
    )
    return await all_of(
        tx,
        select(
            found.c.id,
            found.c.state,
            found.c.version,
            found.c.weight,
            found.c.kind,
            found.c.agreed_on,
            found.c.proposed_at,
            versions.c.worded_by,
        )
        .select_from(joined)
        .where(found.c.case_id == case)
        .order_by(found.c.id),
    )


async def stances(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return where the parties stand to every version of a case's goals (engine)."""
    found = tables.goal_stances
    return await all_of(
        tx,
        select(
            found.c.goal_id, found.c.version, found.c.role, found.c.stance, found.c.answered_at
        ).where(found.c.case_id == case),
    )


async def ratings(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return the client's ratings of a case's goals, in order (engine)."""
    found = tables.goal_ratings
    return await all_of(
        tx,
        select(found.c.goal_id, found.c.level)
        .where(found.c.case_id == case, found.c.role == "CLIENT")
        .order_by(found.c.rated_at, found.c.id),
    )


# A series as one audience sees it.
Part = tuple[Any, ...]
SERIES_KEY = ("audience", "instrument_code", "informant_role", "scale", "informant_id")


_MARKS = prepared(
    select(*(SERIES.c[name] for name in SERIES_KEY), SERIES.c.inputs_hash).where(
        SERIES.c.case_id == bindparam("case", type_=Uuid)
    )
)


async def marks(tx: Transaction, case: UUID) -> dict[Part, str]:
    """Return the hash of what each series of a case was derived from (engine)."""
    return {row[:-1]: row[-1] for row in await tx.fetch(_MARKS, case=case)}


async def sync(
    tx: Transaction,
    table: Table,
    case: UUID,
    rows: Sequence[Mapping[str, Any]],
    parts: Collection[Part] | None = None,
) -> int:
    """Write those rows of a case that differ, and delete those that are not among them.

    With `parts` only rows of these series are deleted, so that of others some may be left out.
    Returns how many rows changed.
    """
    names = tuple(rows[0]) if rows else _columns(table)
    statement = synchronisation(table, names, SERIES_KEY if parts is not None else ())
    named = [dict(zip(SERIES_KEY, part, strict=True)) for part in parts or ()]
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
