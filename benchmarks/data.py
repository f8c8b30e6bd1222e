"""A PostgreSQL full of made-up people, filled once for each size and copied for each run."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import create_engine

from alliance_api.domain.ids import Kind, format_id
from alliance_api.store import keeping, migrate, seed
from chassis import embedded
from chassis.database import address
from chassis.masters import BYTES, Ring, local_masters
from chassis.migrating import ensure_database
from chassis.vault import Vault

INSTRUMENT = "wai-sr-c"
FULL, RUN = "filled", "alliance"
SERVER = {
    # A machine of this class would be set up so; the defaults are for a machine of 1995.
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "max_connections": "200",
    "random_page_cost": "1.1",
}
FOLDER = Path(tempfile.gettempdir()) / "alliance-bench"
MASTERS = FOLDER / "masters.json"
SCRIPT = Path(__file__).parent / "fill.sql"
COUNTED = ("cases", "sessions", "measurements", "scores", "goals")
# Runs of one size work on one database, so they wait for each other, in whichever process they are.
_alone: dict[int, IO[bytes]] = {}


@dataclass(frozen=True)
class Data:
    """A filled database, and who in it is measured."""

    url: str
    organisation: UUID
    therapists: list[UUID]  # with 50 cases each
    cases: list[tuple[UUID, UUID, UUID]]  # case with 40 sessions, its therapist, its client
    sizes: dict[str, int]
    server: str

    def role(self, name: str) -> str:
        """Return the URL of a role."""
        return address(self.url, user=name)


def prepare(therapists: int) -> Data:
    """Return a fresh copy of the data for so many therapists; the first time, make them.

    It is the caller's alone until it is stopped.
    """
    folder = _folder(therapists)
    folder.mkdir(parents=True, exist_ok=True)
    _alone[therapists] = _locked(folder.with_suffix(".lock"))
    base = _started(therapists)
    # The keys are one file for all sizes.
    with _locked(FOLDER / "masters.lock"):
        if not (_has(base, FULL) and MASTERS.exists()):
            _fill(base, therapists)
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {RUN} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {RUN} TEMPLATE {FULL} STRATEGY file_copy")
    return _read(address(base, database=RUN))


def stop(therapists: int) -> None:
    """Stop the server; its data stays for the next run."""
    embedded.stop(_folder(therapists))
    _alone.pop(therapists).close()


def _locked(path: Path) -> IO[bytes]:
    """Return a file that nobody else has while it is open."""
    file = path.open("wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def _folder(therapists: int) -> Path:
    migrations = Path(migrate.__file__).parent / "migrations"
    made_of = [*sorted(migrations.rglob("*.sql")), *sorted(migrations.rglob("*.py")), SCRIPT]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in made_of))
    return FOLDER / f"{therapists}-{digest.hexdigest()[:12]}"


def _started(therapists: int) -> str:
    folder = _folder(therapists)
    url = embedded.start(folder, throwaway=True)
    with psycopg.connect(url, autocommit=True) as connection:
        shown = {name: _setting(connection, name) for name in SERVER}
        for name, value in SERVER.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
    if shown != SERVER:
        control = [str(embedded.binaries() / "pg_ctl"), "-D", str(folder), "-m", "fast", "-w"]
        _as_owner(folder, [*control, "-l", str(folder / "log"), "restart"])
    return url


def _as_owner(folder: Path, command: list[str]) -> None:
    """Run a program as the user that owns the server: PostgreSQL refuses to be root."""
    owner = folder.stat().st_uid
    subprocess.run(command, check=True, capture_output=True, user=owner, cwd=folder, timeout=60)


def _setting(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""


def _has(url: str, database: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
        return found.fetchone() is not None


def _fill(base: str, therapists: int) -> None:
    # Under another name until it is whole: a run that was interrupted must leave nothing behind.
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS filling WITH (FORCE)")
        connection.execute(f"DROP DATABASE IF EXISTS {FULL} WITH (FORCE)")
    url = ensure_database(base, "filling")
    migrate.ensure_roles(url)
    migrate.migrate(url)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        seed.organisation(connection, "Clinic", permitted=seed.DEMONSTRATION)
    engine.dispose()
    with psycopg.connect(url) as filling:
        filling.execute("SET session_replication_role = replica")  # foreign keys hold by making
        filling.execute(f"SET bench.n = {therapists:d}")
        filling.execute(f"SET bench.instrument = '{INSTRUMENT}'")
        filling.execute(SCRIPT.read_bytes())
    asyncio.run(_sealed(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        connection.execute("CHECKPOINT")
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE filling RENAME TO {FULL}")


async def _sealed(url: str) -> None:
    """Seal what the script wrote in plain, as an upgrade does; the plain stack has its own copy."""
    if not MASTERS.exists():
        Ring({"benchmarks": os.urandom(BYTES)}).write(MASTERS)
    async with keeping.connected(url) as connection:
        await keeping.seal_texts(connection, Vault(local_masters(None, MASTERS)))


def _read(url: str) -> Data:
    with psycopg.connect(url) as connection:
        organisation = _rows(connection, "SELECT organisation_id FROM organisations")[0][0]
        therapists = _rows(
            connection,
            "SELECT person_id FROM standing WHERE relation = 'THERAPIST' "
            "GROUP BY person_id HAVING count(*) = 50 ORDER BY person_id LIMIT 1000",
        )
        cases = _rows(
            connection,
            "SELECT s.case_id, s.person_id, s.client_id FROM standing s "
            "JOIN (SELECT case_id FROM sessions GROUP BY case_id HAVING count(*) = 40) AS m "
            "USING (case_id) WHERE s.relation = 'THERAPIST' AND s.person_id = ANY (%s) "
            "ORDER BY s.case_id LIMIT 2000",
            [[row[0] for row in therapists]],
        )
        sizes = {name: _rows(connection, f"SELECT count(*) FROM {name}")[0][0] for name in COUNTED}
        size = _rows(connection, "SELECT pg_database_size(current_database())")[0][0]
        server = _setting(connection, "server_version")
    found = [(case, therapist, client) for case, therapist, client in cases]
    return Data(
        url, organisation, [row[0] for row in therapists], found, {**sizes, "bytes": size}, server
    )


def _rows(connection: psycopg.Connection[Any], query: str, values: Any = None) -> list[Any]:
    return connection.execute(query.encode(), values).fetchall()


def person(value: UUID) -> str:
    """Return the global id of a person."""
    return format_id(Kind.PERSON, value)
