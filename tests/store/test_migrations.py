"""Migrations go up, down and up again, and end where the code says."""

from __future__ import annotations

import warnings

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning

from alliance_api.store import migrate
from alliance_api.store.tables import metadata
from chassis.migrating import become, config


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace"
        )
        return {name for (name,) in rows}


def test_down_removes_everything_and_up_brings_it_back(scratch: str) -> None:
    before = tables(scratch)
    assert before == {*metadata.tables, "alembic_version"}
    migrate.migrate(scratch, "base", down=True)
    assert tables(scratch) == {"alembic_version"}
    migrate.migrate(scratch)
    assert tables(scratch) == before


def test_the_migrations_make_what_the_code_says(scratch: str) -> None:
    engine = create_engine(scratch.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # it does not know xid8
        become(connection, migrate.OWNER)
        command.check(config(migrate.MIGRATIONS, connection))
    engine.dispose()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config(migrate.MIGRATIONS)).get_heads()) == 1


def test_a_migration_does_not_wait_long_for_a_lock(scratch: str) -> None:
    with psycopg.connect(scratch) as other:
        other.execute("LOCK TABLE goals IN ACCESS SHARE MODE")
        with pytest.raises(Exception, match="lock timeout"):
            migrate.migrate(scratch, "base", down=True)
    assert "goals" in tables(scratch)


@pytest.mark.parametrize("table", metadata.tables.values(), ids=str)
def test_keys_and_unique_constraints_start_with_the_organisation(table: object) -> None:
    from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

    assert isinstance(table, Table)
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    found = [constraint for constraint in table.constraints if isinstance(constraint, kinds)]
    assert found
    for constraint in found:
        assert next(iter(constraint.columns)).name == "organisation_id"


def may_close(url: str) -> bool:
    with psycopg.connect(url) as connection:
        asked = "SELECT FROM pg_policies WHERE tablename = 'cases' AND cmd = 'UPDATE'"
        return connection.execute(asked).fetchone() is not None


def test_before_a_case_could_be_closed_nobody_had_the_right(scratch: str) -> None:
    assert may_close(scratch)
    migrate.migrate(scratch, "0005", down=True)
    assert not may_close(scratch)
    migrate.migrate(scratch)
    assert may_close(scratch)
