"""Bringing the notifier's own database up to date."""

from __future__ import annotations

from importlib import resources

import psycopg
from alembic import command
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from chassis.database import for_sqlalchemy
from chassis.migrating import become, config

MIGRATIONS = "notifier.ledger:migrations"


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
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.connect() as connection:
        become(connection, "notifier_owner")
        run = command.downgrade if down else command.upgrade
        run(config(MIGRATIONS, connection), revision)
