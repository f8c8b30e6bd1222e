"""Row-level security as the database has it, not as the code believes it has."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from alliance_api.store.tables import metadata
from evidence import rls
from tests.house import House
from tests.people import Clinic


def test_without_a_principal_every_table_is_empty(house: House, clinic: Clinic) -> None:
    assert house.counts()["people"] >= 6
    asked, seen = rls.readable(house.url)
    assert asked == len(metadata.tables) + 1, "every table, and the view `withheld`"
    assert seen == []


def test_without_a_principal_nothing_can_be_written(house: House, clinic: Clinic) -> None:
    with psycopg.connect(house.url, autocommit=True) as connection:
        for statement in (
            (
                "INSERT INTO read_ledger (organisation_id, person_id, application, purpose, "
                "document_hash, facets, cases) SELECT gen_random_uuid(), gen_random_uuid(), '', '', "
                "'', '{}', '{}'"
            ),
            "INSERT INTO people (organisation_id) SELECT gen_random_uuid()",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        changed = connection.execute("UPDATE commitments SET outcome = 'KEPT'")
        assert changed.rowcount == 0


def test_nothing_in_the_schema_is_outside_the_law(house: House) -> None:
    assert rls.holes(house.admin) == []


HOLES = {
    "a table somebody added": "CREATE TABLE diaries (organisation_id uuid, person_id uuid)",
    "a table with security for everybody but its owner": (
        "CREATE TABLE diaries (); ALTER TABLE diaries ENABLE ROW LEVEL SECURITY"
    ),
    "a table that is closed to everybody, so that somebody will open it": (
        "CREATE TABLE diaries (); ALTER TABLE diaries ENABLE ROW LEVEL SECURITY; "
        "ALTER TABLE diaries FORCE ROW LEVEL SECURITY"
    ),
    "security that was switched off": "ALTER TABLE answers DISABLE ROW LEVEL SECURITY",
    "security that does not bind the owner": "ALTER TABLE answers NO FORCE ROW LEVEL SECURITY",
    "a view that reads as its owner": "CREATE VIEW everybody AS SELECT * FROM identities",
    "the view of ours, without its invoker": "ALTER VIEW withheld RESET (security_invoker)",
    "a materialised view": "CREATE MATERIALIZED VIEW everybody AS SELECT * FROM identities",
    "a function that runs as its owner": (
        "CREATE FUNCTION all_names() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT name FROM identities'"
    ),
    "a rule": "CREATE RULE looking AS ON INSERT TO goals DO ALSO SELECT 1",
    "a right for everybody": "GRANT SELECT ON people TO PUBLIC",
    "a table of the API's own": "ALTER TABLE goals OWNER TO alliance_api",
    "a service that may read answers to score them": "GRANT alliance_recompute TO alliance_api",
    "an engine that may": "GRANT alliance_recompute TO alliance_engine WITH INHERIT FALSE",
    "an owner who may wrap keys": "GRANT alliance_keeper TO alliance_owner WITH SET FALSE",
}


@pytest.fixture
def broken(house: House) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(house.admin_url) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("statement", HOLES.values(), ids=HOLES)
def test_the_search_for_holes_finds(
    broken: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    broken.execute(statement.encode())
    assert len(rls.holes(broken)) >= 1


def test_the_law_in_the_database_is_what_the_charter_generates_today(
    house: House, scratch: str
) -> None:
    with psycopg.connect(house.admin_url) as connection:
        assert len(rls.policies_in(connection)) > 60
        assert len(rls.rights_in(connection)) > 200
    assert rls.differences(house.admin_url, scratch) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER POLICY people_read ON people USING (true)",
        "CREATE POLICY more ON answers FOR SELECT TO alliance_api USING (true)",
        "DROP POLICY staff_read ON staff",
        "GRANT DELETE ON goals TO alliance_api",
        "GRANT SELECT (body) ON comments TO alliance_engine",
        "REVOKE INSERT ON read_ledger FROM alliance_api",
    ],
)
def test_a_law_that_drifted_is_found(
    house: House, broken: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    before = rls.policies_in(broken) | rls.rights_in(broken)
    broken.execute(statement.encode())
    assert rls.policies_in(broken) | rls.rights_in(broken) != before


def test_the_api_can_never_delete_or_truncate(house: House) -> None:
    rights = {row[3] for row in rls.rights_in(house.admin) if row[2] == "alliance_api"}
    assert rights == {"SELECT", "INSERT", "UPDATE"}


def test_the_ledger_and_the_facts_can_only_be_added_to(house: House) -> None:
    found = {
        (row[0], row[3]) for row in rls.rights_in(house.admin) if row[0] in {"read_ledger", "facts"}
    }
    assert {right for _, right in found} == {"SELECT", "INSERT"}
    by_role = {(row[2], row[3]) for row in rls.rights_in(house.admin) if row[0] == "facts"}
    assert by_role == {("alliance_api", "SELECT"), ("alliance_engine", "INSERT")}


def rights_of(house: House, role: str) -> set[tuple[str, str, str]]:
    """Table, column ("" for the whole) and right."""
    found = rls.rights_in(house.admin)
    return {(row[0], row[1], row[3]) for row in found if row[2] == role}


def test_only_the_engine_deletes_an_idempotency_key_and_it_cannot_read_any(house: House) -> None:
    found = {right for right in rights_of(house, "alliance_engine") if "idempotency" in right[0]}
    readable = {column for _, column, right in found if right == "SELECT"}
    assert readable == {"organisation_id", "person_id"}
    assert {right for _, _, right in found} == {"SELECT", "DELETE"}


def test_the_keeper_wraps_keys_anew_and_reads_nothing_that_they_open(house: House) -> None:
    assert rights_of(house, "alliance_keeper") == {
        ("person_keys", "", "SELECT"),
        *(
            ("person_keys", column, "SELECT")
            for column in ("organisation_id", "person_id", "wrapped", "master", "made_at")
        ),
        ("person_keys", "wrapped", "UPDATE"),
        ("person_keys", "master", "UPDATE"),
    }
    [(may,)] = house.rows("SELECT pg_has_role('alliance_api', 'alliance_keeper', 'MEMBER')")
    assert may is False


def test_whoever_recomputes_reads_what_scores_are_made_of_and_no_words(house: House) -> None:
    found = rights_of(house, "alliance_recompute")
    assert {table for table, _, _ in found} == {
        "instruments",
        "measurements",
        "answers",
        "scores",
        "score_inputs",
        "findings",
    }
    assert {
        right[2] for right in found if right[0] in {"instruments", "measurements", "answers"}
    } == {"SELECT"}
    assert ("answers", "value", "SELECT") in found
    assert ("answers", "", "SELECT") not in found, "when an answer opens is not its business"
    opens = {(table, right) for table, column, right in found if column == "opens_at"}
    assert ("scores", "UPDATE") not in opens
    assert ("findings", "UPDATE") not in opens


def test_whoever_recomputes_is_bound_to_one_organisation_and_nobody_may_become_them(
    house: House, clinic: Clinic, broken: psycopg.Connection[tuple[object, ...]]
) -> None:
    broken.execute("SET LOCAL ROLE alliance_recompute")
    assert broken.execute("SELECT count(*) FROM scores").fetchall() == [(0,)]
    with psycopg.connect(house.url) as service, pytest.raises(errors.InsufficientPrivilege):
        service.execute("SET ROLE alliance_recompute")
    [(may,)] = house.rows("SELECT pg_has_role('alliance_api', 'alliance_recompute', 'MEMBER')")
    assert may is False


def test_the_engine_cannot_read_what_was_said(house: House) -> None:
    columns = {
        (row[0], row[1])
        for row in rls.rights_in(house.admin)
        if row[2] == "alliance_engine" and row[3] == "SELECT"
    }
    tables = {name for name, column in columns if column == ""}
    secrets = {
        ("answers", "value"),
        ("comments", "body"),
        ("commitments", "wording"),
        ("goal_versions", "wording"),
        ("goal_levels", "wording"),
        ("notes", "body"),
        ("emergencies", "reason"),
        ("identities", "name"),
        ("person_keys", "wrapped"),
    }
    assert not secrets & columns
    assert not {table for table, _ in secrets} & tables, "a right to the whole table"
