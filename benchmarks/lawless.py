"""Alliance without its law and its ledger, for one question alone: what do they cost?

The product has no switch for either. Here the ledger is left out by patching the one function that
adds it, in this process; and the database this is served from is a copy whose tables let the
service read and write everything. Only `standing` keeps its policy: it says whose caseload is meant,
which any query would have to say in a condition of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from alliance_api.graph import ready
from alliance_api.store.ledger import with_ledger
from chassis.database import address

from .data import RUN, Data

KEPT = "standing"
COPY = "lawless"


def create_app() -> Any:
    """Return the application, its ledger left out."""
    from alliance_api.app import create_app as whole

    def without(select: str, _: Any, operation: Any, document: str, count: int) -> Any:
        return with_ledger(select, (), operation, document, count)

    vars(ready)["with_ledger"] = without
    return whole()


@contextmanager
def database(data: Data) -> Iterator[str]:
    """Copy the run's database, without its law; yield the URL of the role that serves."""
    admin = address(data.url, database="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {COPY} TEMPLATE {RUN} STRATEGY file_copy")
    url = address(data.url, database=COPY)
    with psycopg.connect(url, autocommit=True) as connection:
        _let_everything_through(connection)
    yield address(url, user="alliance_api")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {COPY} WITH (FORCE)")


def _let_everything_through(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = "
        "'public'::regnamespace AND relname NOT IN ('alembic_version', %s)",
        [KEPT],
    ).fetchall()
    for (name,) in rows:
        table = sql.Identifier(name)
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(table))
        connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(table))
