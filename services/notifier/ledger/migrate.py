"""Bringing the notifier's own database up to date."""

from __future__ import annotations

from importlib import resources

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection

from chassis.database import address, for_sqlalchemy

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
    """Create the roles and give the owner its schema, as a superuser."""
    script = resources.files("notifier.ledger.migrations").joinpath("roles.sql").read_text()
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(7042)")
        connection.execute(script.encode())
        connection.execute("ALTER SCHEMA public OWNER TO notifier_owner")
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        # The API's role has nothing to look for here, as ours has nothing there.
        name = connection.info.dbname
        revoke = sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO notifier").format(sql.Identifier(name))
        connection.execute(revoke)
        connection.execute(grant)


def migrate(url: str, revision: str = "head", *, down: bool = False) -> None:
    """Upgrade (or go `down`) to a revision; `url` is of a user that may become `notifier_owner`."""
    engine = create_engine(for_sqlalchemy(url))
    with engine.connect() as connection:
        connection.execute(text("SET ROLE notifier_owner"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
        connection.commit()
        run = command.downgrade if down else command.upgrade
        run(config(connection), revision)
    engine.dispose()


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration."""
    found = Config()
    found.set_main_option("script_location", "notifier.ledger:migrations")
    found.set_main_option("path_separator", "os")
    found.attributes["connection"] = connection
    return found
