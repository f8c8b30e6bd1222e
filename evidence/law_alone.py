"""The law alone: raw SQL as the run-time role, on every way PostgreSQL offers to see a row.

Whoever asks is bound as the service binds them, and their statement was written by an attacker: no
filter of ours is in it. An answer, an error or a plan that holds an id of a row which the oracle of
the broken query does not allow is a foreign row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from alliance_api.charter.principal import SETTINGS
from evidence.broken_query import Asker, Oracle, Row, everything, plain_askers
from evidence.figures import Figure
from evidence.world import World, a_world
from tests.house import House, new_house

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_BY_PLACE = (
    "SELECT * FROM ONLY {t} WHERE ctid = ANY (ARRAY(SELECT format('(%s,%s)', b, i)::tid "
    "FROM generate_series(0, 9) b, generate_series(1, 60) i))"
)
_BY_FUNCTION = (
    "CREATE FUNCTION pg_temp.f() RETURNS SETOF {t} LANGUAGE sql SECURITY DEFINER "
    "AS 'SELECT * FROM {t}'; SELECT * FROM pg_temp.f()"
)
# Ways to read a table; {t} is its name.
READING = (
    "SELECT * FROM {t}",
    "SELECT t::text FROM {t} t",
    "SELECT to_jsonb(t)::text FROM {t} t",
    "SELECT * FROM {t} FOR UPDATE",
    "SELECT * FROM {t} TABLESAMPLE SYSTEM (100)",
    _BY_PLACE,
    "TABLE {t}",
    "WITH w AS MATERIALIZED (SELECT * FROM {t}) SELECT * FROM w",
    "SELECT * FROM {t} WHERE organisation_id::text || 'x' > ''",
    "SELECT string_agg(t::text, ',') FROM {t} t",
    "SELECT query_to_xml('SELECT * FROM {t}', true, true, '')::text",
    "SELECT table_to_xml('{t}', true, true, '')::text",
    "DECLARE c CURSOR FOR SELECT * FROM {t}; FETCH ALL FROM c",
    "PREPARE p AS SELECT * FROM {t}; EXECUTE p",
    "EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT * FROM {t}",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT t.* FROM {t} t ORDER BY t::text",
    # A cheap function that complains aloud of what it is given is tried before the policy, if it may.
    "SELECT * FROM {t} t WHERE (t::text)::int = 1",
    "SELECT * FROM {t} t WHERE CAST(t::text AS xml) IS DOCUMENT",
    "UPDATE {t} SET organisation_id = organisation_id RETURNING *",
    "DELETE FROM {t} RETURNING *",
    "MERGE INTO {t} USING (SELECT 1) s ON true WHEN MATCHED THEN DO NOTHING RETURNING *",
    "CREATE TEMP TABLE stolen AS SELECT * FROM {t}; SELECT * FROM stolen",
    "CREATE VIEW pg_temp.stolen AS SELECT * FROM {t}; SELECT * FROM pg_temp.stolen",
    _BY_FUNCTION,
    "SET row_security = off; SELECT * FROM {t}",
    "SELECT * FROM pg_stats WHERE tablename = '{t}'",
    "SELECT * FROM pg_statistic WHERE starelid = '{t}'::regclass",
    "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE tablename = '{t}'",
    "ALTER TABLE {t} DISABLE ROW LEVEL SECURITY; SELECT * FROM {t}",
    "SET ROLE alliance_owner; SELECT * FROM {t}",
    "SET SESSION AUTHORIZATION alliance_owner; SELECT * FROM {t}",
)
COPYING = ("COPY {t} TO STDOUT", "COPY (SELECT * FROM {t}) TO STDOUT")
# Ways that name no table of ours.
ELSEWHERE = (
    "SELECT * FROM withheld",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_stat_user_tables",
    "SELECT database_to_xml(true, true, '')::text",
    "SELECT schema_to_xml('public', true, true, '')::text",
    "SELECT pg_read_file('postgresql.auto.conf')",
    "SELECT * FROM pg_ls_dir('.')",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "SELECT lo_import('/etc/hostname')",
    "SELECT * FROM pg_prepared_statements",
    "SELECT * FROM pg_cursors",
    "SELECT pg_get_publication_tables('x')",
    "SELECT * FROM pg_replication_slots",
)


@dataclass
class Found:
    """What the attack brought."""

    statements: int = 0
    answered: int = 0
    foreign: list[str] = field(default_factory=list)
    probes: int = 0
    unlike: list[str] = field(default_factory=list)


def ids_of(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return every id in rows, as text."""
    found: set[str] = set()
    for row in rows:
        for value in row.values():
            if isinstance(value, UUID):
                found.add(str(value))
            elif isinstance(value, list):
                found |= {str(each) for each in value if isinstance(each, UUID)}
    return found


def foreign_ids(oracle: Oracle, asker: Asker, rows: Mapping[str, Sequence[Row]]) -> set[str]:
    """Return the ids that stand only in rows which somebody may not see."""
    allowed: list[Row] = []
    rest: list[Row] = []
    for table, all_rows in rows.items():
        for row in all_rows:
            (allowed if oracle.allows(asker, table, row) else rest).append(row)
    known = ids_of(allowed) | {str(asker.person), str(asker.organisation), str(asker.patient)}
    return ids_of(rest) - known


class Attacker:
    """One connection as the run-time role; every statement in a transaction bound to somebody."""

    def __init__(self, house: House, asker: Asker) -> None:
        self._connection = psycopg.connect(house.url)
        self._asker = asker

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def tells(self, statements: str, parameters: Any = None) -> str:
        """Run statements; return all that comes back: rows, notices, or the error, as text."""
        told: list[str] = []
        self._connection.add_notice_handler(notice := lambda each: told.append(str(each)))
        try:
            with self._connection.cursor() as cursor:
                self._bind(cursor)
                self._run(cursor, statements, parameters, told)
        except psycopg.Error as error:
            told.append(f"{error} {error.diag.message_detail} {error.diag.context}")
        finally:
            self._connection.remove_notice_handler(notice)
            self._connection.rollback()
        return "\n".join(told)

    def _bind(self, cursor: psycopg.Cursor[Any]) -> None:
        if self._asker.principal:
            for name, value in zip(SETTINGS, self._asker.principal.settings, strict=True):
                cursor.execute("SELECT set_config(%s, %s, true)", [name, value])

    def _run(
        self, cursor: psycopg.Cursor[Any], statements: str, parameters: Any, told: list[str]
    ) -> None:
        if statements.startswith("COPY"):
            with cursor.copy(statements.encode()) as copied:
                told += [bytes(part).decode() for part in copied]
            return
        cursor.execute(statements.encode(), parameters)
        while True:
            if cursor.description:
                told += [str(row) for row in cursor.fetchall()]
            if not cursor.nextset():
                return


def attack(house: House, world: World) -> Found:
    """Let everybody try everything on every table."""
    rows = everything(house)
    house.admin.execute("ANALYZE")
    oracle = Oracle(world, rows["care_team"], rows["read_ledger"])
    found = Found()
    for asker in plain_askers(world):
        foreign = foreign_ids(oracle, asker, rows)
        assert foreign, f"{asker.label} may see everything: nothing can be found"
        with Attacker(house, asker) as attacker:
            for statement in _statements(rows):
                told = attacker.tells(statement)
                found.statements += 1
                found.answered += bool(_UUID.search(told))
                if leaked := foreign & set(_UUID.findall(told)):
                    found.foreign.append(f"{asker.label}: {statement}: {sorted(leaked)[:2]}")
            _probe(attacker, asker, rows, found)
    return found


def _statements(rows: Mapping[str, Any]) -> Iterator[str]:
    for table in rows:
        for way in (*READING, *COPYING):
            yield way.replace("{t}", table)
    yield from ELSEWHERE


def _probe(
    attacker: Attacker, asker: Asker, rows: Mapping[str, Sequence[Row]], found: Found
) -> None:
    """Write rows that refer to, or collide with, foreign ones: the answer tells no more than of none."""
    if asker.organisation is None:
        return
    foreign = next(row for row in rows["cases"] if row["organisation_id"] == asker.organisation)
    case = foreign["id"] if foreign["id"] not in asker.relations else None
    for table, column, other in (
        ("sessions", "case_id", {"therapist_id": asker.person, "number": 1, "modality": "VIDEO"}),
        ("goals", "case_id", {"proposed_by": asker.person}),
        ("consents", "case_id", {"kind": "EHR", "given_by": asker.person}),
        ("notes", "case_id", {"author_id": asker.person, "body": ""}),
        ("occasions", "id", {"case_id": uuid4(), "informant_role": "CLIENT"}),
    ):
        real = case if column == "case_id" else rows["occasions"][0]["id"]
        if real is None or not rows[table]:
            continue
        answers = {
            re.sub(_UUID, "an id", attacker.tells(*_insert(asker, table, {**other, column: value})))
            for value in (real, uuid4())
        }
        found.probes += 1
        if len(answers) > 1 and "manager" not in asker.offices:
            found.unlike.append(f"{asker.label}: {table}.{column}: {answers}")


def _insert(asker: Asker, table: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    given = {"organisation_id": asker.organisation, **values}
    names = ", ".join(given)
    text = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(given))})"
    return text, list(given.values())


def after_an_error(house: House, world: World) -> int:
    """Return how many rows a connection still shows once the caller before it came to an error."""
    seen = 0
    for asker in plain_askers(world)[1:]:
        with psycopg.connect(house.url) as connection:
            try:
                for name, value in zip(SETTINGS, asker.principal.settings, strict=True):  # type: ignore[union-attr]
                    connection.execute("SELECT set_config(%s, %s, true)", [name, value])
                connection.execute("SELECT 1 / 0")
            except psycopg.Error:
                connection.rollback()
            for table in house.tables():
                count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
                try:
                    seen += connection.execute(count).fetchall()[0][0]
                except psycopg.errors.InsufficientPrivilege:
                    connection.rollback()
    return seen


def experiment(small: bool) -> Figure:
    """Attack a told world."""
    with new_house() as house:
        world = a_world(house, small=small)
        found, left = attack(house, world), after_an_error(house, world)
    for line in (*found.foreign[:20], *found.unlike[:20]):
        print(line)
    figure = (
        f"{found.statements} raw statements as the run-time role ({found.answered} of them showed "
        f"own rows): {len(found.foreign)} foreign rows; {found.probes} probes of keys, "
        f"{len(found.unlike)} told apart; {left} rows on a connection after an error"
    )
    floor = found.answered > 100 and found.probes > 5
    met = floor and not (found.foreign or found.unlike or left)
    return Figure("law-alone", figure, "0, 0 and 0", met)
