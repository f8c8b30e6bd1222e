"""The authorization server's tables stand apart: one role sees them, and it sees nothing else."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from alliance_api.store import migrate
from tests.house import House


def names(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') "
            "AND relnamespace = 'oauth'::regnamespace"
        )
        return {name for (name,) in found}


def test_the_service_sees_nothing_there_until_it_becomes_the_role(house: House) -> None:
    tables = names(house.admin_url)
    assert len(tables) >= 10
    with psycopg.connect(house.url, autocommit=True) as connection:
        for table in tables:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"SELECT 1 FROM oauth.{table}".encode())
        connection.execute("SET ROLE alliance_oauth")
        for table in tables:
            connection.execute(f"SELECT 1 FROM oauth.{table}".encode())


@pytest.mark.parametrize("role", ["alliance_engine", "alliance_keeper", "alliance_recompute"])
def test_no_other_role_has_a_right_there(house: House, role: str) -> None:
    [(may,)] = house.rows("SELECT has_schema_privilege(%s, 'oauth', 'USAGE')", role)
    assert may is False
    [(may,)] = house.rows("SELECT pg_has_role(%s, 'alliance_oauth', 'MEMBER')", role)
    assert may is False


def test_the_role_has_no_right_to_anything_clinical(house: House) -> None:
    [(may,)] = house.rows("SELECT has_schema_privilege('alliance_oauth', 'public', 'USAGE')")
    assert may is False
    found = house.rows(
        "SELECT table_schema, table_name FROM information_schema.table_privileges "
        "WHERE grantee = 'alliance_oauth' AND table_schema <> 'oauth'"
    )
    assert found == []


def test_security_is_on_and_forced_with_one_policy_for_the_one_role(house: House) -> None:
    found = house.rows(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text, "
        "  (SELECT array_agg(p.polroles::regrole[]::text) FROM pg_policy p WHERE p.polrelid = c.oid)"
        " FROM pg_class c WHERE c.relnamespace = 'oauth'::regnamespace AND c.relkind IN ('r', 'p')"
    )
    assert len(found) >= 10
    for table, on, forced, owner, roles in found:
        assert (on, forced, owner) == (True, True, "alliance_owner"), table
        assert roles == ["{alliance_oauth}"], table


def test_down_takes_the_tables_away_and_up_brings_them_back(scratch: str) -> None:
    before = names(scratch)
    migrate.migrate(scratch, "0002", down=True)
    assert names(scratch) == set()
    migrate.migrate(scratch)
    assert names(scratch) == before
