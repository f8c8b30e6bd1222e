"""The notifier's own database, migrated once a worker; and what reminders look like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest

from chassis.database import address
from chassis.migrating import ensure_database
from notifier.ledger import migrate
from tests import house as houses
from tests.house import Server


@pytest.fixture(scope="session")
def notifier_admin(server: Server) -> Iterator[str]:
    """The superuser's URL of a migrated notifier database."""
    maintenance = houses.maintenance(server.url())
    # Roles belong to the whole server: two workers must not make them at once.
    with server._alone():
        url = ensure_database(maintenance, f"notifier_test_{uuid4().hex[:12]}")
        migrate.ensure_roles(url)
    migrate.migrate(url)
    yield url
    houses.drop(url)


@pytest.fixture
def ledger_admin(notifier_admin: str) -> str:
    """The same, emptied."""
    with psycopg.connect(notifier_admin, autocommit=True) as connection:
        # Only a superuser who says so gets past the trigger.
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "TRUNCATE reminders, attempts, marks, feed_positions, person_keys, contact_points, "
            "preferences"
        )
    return notifier_admin


@pytest.fixture
def ledger_url(ledger_admin: str) -> str:
    """The URL of the role notifier."""
    return address(ledger_admin, user="notifier")


Plan = Callable[..., str]


@pytest.fixture
def plan(ledger_admin: str) -> Plan:
    """Plan a reminder: `plan(due="-1 s", expires="1 h")`, intervals from now; return its id."""

    def planned(
        *,
        due: str = "-1 s",
        expires: str = "1 hour",
        stale: str = "1 hour",
        kind: str = "session_upcoming",
        recipient: str = "person-1",
    ) -> str:
        given = {
            "id": str(uuid4()),
            "due": due,
            "expires": expires,
            "stale": stale,
            "kind": kind,
            "recipient": recipient,
        }
        with psycopg.connect(ledger_admin, autocommit=True) as connection:
            connection.execute(
                """
                INSERT INTO reminders (organisation_id, id, kind, case_id, occasion, anchor,
                  recipient, label, step, due_at, not_before, expires_at, stale_after, details, fact)
                VALUES ('organisation-1', %(id)s, %(kind)s, 'case-1', 'session-1', 'a',
                  %(recipient)s, 'l', 0, now() + %(due)s::interval, now() + %(due)s::interval,
                  now() + %(expires)s::interval, %(stale)s::interval, '{}', 'fact-1')
                """,
                given,
            )
        return given["id"]

    return planned
