"""Statements that are compiled once, and rows that travel as one JSON parameter.

For what runs at every submission and for every case of a recomputation: several times cheaper than
building a statement each time. No words that people wrote go this way: a JSON that PostgreSQL could
not read would be quoted in its log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.elements import ClauseElement

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, with those of its parameters that are known already."""

    sql: str
    fixed: Mapping[str, Any]


def prepared(statement: ClauseElement) -> Prepared:
    """Compile a statement; its `bindparam`s are what it is run with."""
    compiled = statement.compile(dialect=_DIALECT)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return Prepared(str(compiled), fixed)


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as the parameter `rows` of the statements made here."""
    return orjson.dumps(rows, default=_spelt).decode()


def _spelt(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds()} seconds"
    raise TypeError(type(value).__name__)


@cache
def insertion(table: Table, names: tuple[str, ...]) -> Prepared:
    """Return the insertion of `rows` with these columns, of one `organisation`."""
    listed = _listed(names)
    text = (
        f"INSERT INTO {table.name} (organisation_id, {listed}) "
        f"SELECT %(organisation)s::uuid, {listed} FROM {_given('rows', table, names)}"
    )
    return Prepared(text, {})


@cache
def replacement(table: Table, names: tuple[str, ...], replaced: tuple[str, ...]) -> Prepared:
    """Return the insertion of `rows`; where one is there already, these columns are replaced."""
    keys = [column.name for column in table.primary_key]
    changed = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in replaced)
    inserted = insertion(table, names).sql
    return Prepared(f"{inserted} ON CONFLICT ({_listed(keys)}) DO UPDATE SET {changed}", {})


@cache
def deletion(table: Table) -> Prepared:
    """Return the deletion of those rows of one `organisation` whose keys are `rows`."""
    keys = _keys(table)
    return Prepared(
        f"DELETE FROM {table.name} WHERE organisation_id = %(organisation)s::uuid "
        f"AND ({_listed(keys)}) IN (SELECT {_listed(keys)} FROM {_given('rows', table, keys)})",
        {},
    )


@cache
def synchronisation(
    table: Table, names: tuple[str, ...], parts: tuple[str, ...] = (), *, grouped: bool = False
) -> Prepared:
    """Return what makes the rows of one `case` these `rows`, and tells how many changed.

    Only what differs is written. Of the rows that are there and not among `rows`, those go that
    belong to `parts`, which are named by these columns; without any such columns, all of them.
    Other parts are not looked at: of these it is best to give what is new, and no more.

    `grouped` rows come as groups: of the first column of a part a group lists all values for which
    its `rows` are the same, of the others it has one; the case is `case`.
    """
    keys = _keys(table)
    others = [name for name in names if name not in keys]
    among = f"({_listed(parts, 't.')}) IN (SELECT {_listed(parts)} FROM {_given('parts', table, parts)})"
    # The case first, by its index: a plan for all parameters could else read the organisation.
    there = "t.organisation_id = %(organisation)s::uuid AND t.case_id = %(case)s::uuid AND "
    there += among if parts else "true"
    same = " AND ".join(f"d.{_quoted(name)} = g.{_quoted(name)}" for name in keys)
    replaced = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in others)
    given = _in_groups(table, names, parts) if grouped else _given("rows", table, names)
    wanted = f"SELECT {_listed(names)} FROM {given}"
    text = (
        f"WITH wanted AS ({wanted}), "
        f"gone AS (DELETE FROM {table.name} AS d USING ("
        f"SELECT {_listed(keys, 't.')} FROM {table.name} AS t WHERE {there} "
        f"EXCEPT SELECT {_listed(keys)} FROM wanted) AS g "
        f"WHERE d.organisation_id = %(organisation)s::uuid AND {same} RETURNING 1), "
        f"new AS (SELECT {_listed(names)} FROM wanted "
        f"EXCEPT ALL SELECT {_listed(names, 't.')} FROM {table.name} AS t WHERE {there}), "
        f"kept AS (INSERT INTO {table.name} AS t (organisation_id, {_listed(names)}) "
        f"SELECT %(organisation)s::uuid, {_listed(names)} FROM new "
        f"ON CONFLICT (organisation_id, {_listed(keys)}) DO UPDATE SET {replaced} "
        f"WHERE ({_listed(others, 't.')}) IS DISTINCT FROM ({_listed(others, 'excluded.')}) "
        "RETURNING 1) "
        "SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept)"
    )
    return Prepared(text, {})


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key if column.name != "organisation_id"]


def _given(parameter: str, table: Table, names: Sequence[str]) -> str:
    """Return the rows of a JSON parameter, as columns of a table."""
    return f"json_to_recordset(%({parameter})s::json) AS {parameter}_({_kinds(table, names)})"


def _in_groups(table: Table, names: Sequence[str], parts: Sequence[str]) -> str:
    """Return the rows of the groups in the parameter `rows`, as columns of a table."""
    first, *shared = parts
    own = [name for name in names if name not in ("case_id", *parts)]
    return (
        f"(SELECT %(case)s::uuid AS case_id) AS case_ CROSS JOIN json_to_recordset(%(rows)s::json) "
        f"AS group_({first}s text[], {_kinds(table, shared)}, rows json) "
        f"CROSS JOIN LATERAL unnest({first}s) AS first_({first}) "
        f"CROSS JOIN LATERAL json_to_recordset(rows) AS row_({_kinds(table, own)})"
    )


def _kinds(table: Table, names: Sequence[str]) -> str:
    return ", ".join(
        f"{_quoted(name)} {table.c[name].type.compile(dialect=_DIALECT)}" for name in names
    )


def _quoted(name: str) -> str:
    return str(_DIALECT.identifier_preparer.quote(name))


def _listed(names: Sequence[str], prefix: str = "") -> str:
    return ", ".join(prefix + _quoted(name) for name in names)
