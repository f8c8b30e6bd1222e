"""Bringing a database up to date: roles, then migrations as the owner, then nothing else."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import psycopg
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from alliance_api.charter.policies import ROLES
from chassis.database import for_sqlalchemy
from chassis.migrating import become, config

from .ddl import law_sql
from .desk import OAUTH

OWNER = "alliance_owner"
MIGRATIONS = "alliance_api.store:migrations"


def ensure_roles(url: str) -> None:
    """Create the roles and give the owner its schema, if the user of `url` may."""
    script = resources.files("alliance_api.store.migrations").joinpath("roles.sql").read_text()
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7041)")
        connection.execute(script.encode())
        connection.execute("ALTER SCHEMA public OWNER TO alliance_owner")
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        connection.execute("CREATE SCHEMA IF NOT EXISTS oauth AUTHORIZATION alliance_owner")
        connection.execute("REVOKE ALL ON SCHEMA oauth FROM PUBLIC")
        connection.execute(f"GRANT USAGE ON SCHEMA oauth TO {OAUTH}".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA public TO {', '.join(ROLES)}".encode())


def migrate(url: str, revision: str = "head", *, down: bool = False) -> None:
    """Upgrade (or go `down`) to a revision, with lock and statement timeouts.

    `url` is of a user that may become `alliance_owner`.
    """
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.connect() as connection:
        become(connection, OWNER)
        run = command.downgrade if down else command.upgrade
        run(config(MIGRATIONS, connection), revision)


def revision(url: str, message: str) -> str:
    """Draft a migration from what `url` has to what the code says, and freeze the law beside it."""
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.connect() as connection:
        become(connection, OWNER)
        found = config(MIGRATIONS, connection)
        number = f"{int(ScriptDirectory.from_config(found).get_current_head() or 0) + 1:04d}"
        made = command.revision(found, message=message, autogenerate=True, rev_id=number)
    path = Path(getattr(made, "path", ""))
    path.with_name(f"{number}_law.sql").write_text(law_sql(), encoding="utf-8")
    return str(path)
