"""Bringing a database up to date: roles, then migrations as the owner, then nothing else."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from alliance_api.charter.policies import ROLES
from chassis.database import address, for_sqlalchemy

from .ddl import law_sql
from .desk import OAUTH

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"


def ensure_database(url: str, name: str) -> str:
    """Create a database if it is missing (on behalf of a superuser's `url`); return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return address(url, database=name)


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
        become_owner(connection)
        run = command.downgrade if down else command.upgrade
        run(config(connection), revision)


def revision(url: str, message: str) -> str:
    """Draft a migration from what `url` has to what the code says, and freeze the law beside it."""
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.connect() as connection:
        become_owner(connection)
        found = config(connection)
        number = f"{int(ScriptDirectory.from_config(found).get_current_head() or 0) + 1:04d}"
        made = command.revision(found, message=message, autogenerate=True, rev_id=number)
    path = Path(getattr(made, "path", ""))
    path.with_name(f"{number}_law.sql").write_text(law_sql(), encoding="utf-8")
    return str(path)


def become_owner(connection: Connection) -> None:
    """Work as the owner of the tables, and never wait long for a lock that others need."""
    connection.execute(text("SET ROLE alliance_owner"))
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration."""
    found = Config()
    found.set_main_option("script_location", "alliance_api.store:migrations")
    found.set_main_option("path_separator", "os")
    found.attributes["connection"] = connection
    return found
