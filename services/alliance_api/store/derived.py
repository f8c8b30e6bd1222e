"""What is derived from a case, for each audience: read whole, written only where it differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import Insert, insert

from . import tables
from .rows import Found, all_of
from .transaction import Transaction

SERIES, CHANGES, RUPTURES = tables.series, tables.changes, tables.ruptures
CONCORDANCES, ATTAINMENTS = tables.concordances, tables.attainments


async def scored(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return every standing score of a case in order, and who may know of it now (engine)."""
    scores, sessions = tables.scores, tables.sessions
    joined = scores.outerjoin(
        sessions,
        and_(
            sessions.c.organisation_id == scores.c.organisation_id,
            sessions.c.id == scores.c.session_id,
        ),
    )
    return await all_of(
        tx,
        select(
            scores.c.measurement_id,
            scores.c.instrument_code,
            scores.c.informant_id,
            scores.c.informant_role,
            scores.c.scale,
            scores.c.session_id,
            sessions.c.number,
            scores.c.taken_at,
            scores.c.raw,
            scores.c.pomp,
            scores.c.minimum,
            scores.c.maximum,
            scores.c.opens_at.is_not(None).label("known"),
            func.coalesce(scores.c.opens_at <= func.now(), False).label("open"),
            (func.cardinality(scores.c.sealed_for) > 0).label("sealed"),
        )
        .select_from(joined)
        .where(scores.c.case_id == case, scores.c.current, scores.c.raw.is_not(None))
        .order_by(scores.c.taken_at, scores.c.measurement_id, scores.c.scale),
    )


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


SERIES_KEY = ("audience", "instrument_code", "informant_role", "scale", "informant_id")


async def marks(tx: Transaction, case: UUID) -> dict[tuple[Any, ...], str]:
    """Return the hash of what each series of a case was derived from (engine)."""
    rows = await all_of(tx, select(SERIES).where(SERIES.c.case_id == case))
    return {_key(row, SERIES_KEY): row["inputs_hash"] for row in rows}


async def sync(
    tx: Transaction,
    table: Table,
    case: UUID,
    rows: Sequence[Mapping[str, Any]],
    parts: Collection[tuple[Any, ...]] | None = None,
) -> int:
    """Make a case's rows these, or those of some series (`parts`); return how many changed."""
    where = [table.c.case_id == case]
    if parts is not None:
        where.append(tuple_(*(table.c[name] for name in SERIES_KEY)).in_(parts))
    keys = [column.name for column in table.primary_key if column.name != "organisation_id"]
    present = {_key(row, keys): row for row in await all_of(tx, select(table).where(*where))}
    wanted = {_key(row, keys): row for row in rows}
    changed = [row for key, row in wanted.items() if not _same(present.get(key), row)]
    gone = [row for key, row in present.items() if key not in wanted]
    if changed:
        await _write(tx, table, changed)
    if gone:
        conditions = [and_(*(table.c[name] == row[name] for name in keys)) for row in gone]
        await tx.run(delete(table).where(table.c.case_id == case, or_(*conditions)))
    return len(changed) + len(gone)


def _key(row: Mapping[str, Any], keys: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in keys)


def _same(present: Mapping[str, Any] | None, row: Mapping[str, Any]) -> bool:
    return present is not None and all(present[name] == value for name, value in row.items())


async def _write(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    organisation = tx.principal.organisation
    statement = _upsert(table, tuple(rows[0]))
    await tx.run(statement, [{"organisation_id": organisation, **row} for row in rows])


@cache
def _upsert(table: Table, names: tuple[str, ...]) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    values = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)
