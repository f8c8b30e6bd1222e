"""What bringing a database up to date takes in either service."""

from __future__ import annotations

import psycopg
from alembic.config import Config
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import Connection

from .database import address

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "60s"


def ensure_database(url: str, name: str) -> str:
    """Create a database if it is missing (on behalf of a superuser's `url`); return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return address(url, database=name)


def become(connection: Connection, owner: str) -> None:
    """Work as the owner of the tables, and never wait long for a lock that others need."""
    connection.execute(text(f"SET ROLE {owner}"))
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()


def config(location: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the migrations of a package (`package.path:folder`)."""
    found = Config()
    found.set_main_option("script_location", location)
    found.set_main_option("path_separator", "os")
    found.attributes["connection"] = connection
    return found
