"""The API's half of [crash-points]: before commit, before the answer, in a read, before the save."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from alliance_api.app import Front, create_app, masters_of
from alliance_api.charter.principal import Principal
from alliance_api.settings import Settings
from alliance_api.store.transaction import Database, Transaction
from alliance_api.usecases import sessions
from chassis.vault import Vault
from evidence.crash_points import Half
from tests.house import House, begin_run, end_run, open_house
from tests.people import Clinic, Person, a_clinic

BEFORE_COMMIT: Final = "API killed before the commit of a change"
BEFORE_ANSWER: Final = "API killed after the commit, before the answer"
IN_A_READ: Final = "API killed while it answers the feed"
BEFORE_SAVE: Final = "client killed between a batch and its cursor"
PROCESSES: Final = 2
CASES: Final = 20
EVERY: Final = 5  # rounds between two clients who live
LIMIT: Final = 40
_START: Final = datetime(2030, 1, 1, tzinfo=UTC)
_CLIENT = """
CREATE TABLE client_inbox (organisation uuid, id uuid, subject text, PRIMARY KEY (organisation, id));
CREATE TABLE client_place (organisation uuid PRIMARY KEY, cursor text);
"""


def die() -> None:
    """End this process as nothing else does: no handler runs, no buffer is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed(Database):
    """The API's own database, in a process that dies at a point of a write."""

    point = ""

    @asynccontextmanager
    async def write(
        self, principal: Principal, trace: str = "", *, rehearsal: bool = False
    ) -> AsyncIterator[Transaction]:
        async with super().write(principal, trace, rehearsal=rehearsal) as tx:
            yield tx
            if self.point == BEFORE_COMMIT:
                die()
        if self.point == BEFORE_ANSWER:
            die()


@dataclass
class Stage:
    """One organisation: who writes, who reads, and what a client of the feed has kept."""

    url: str
    admin: str
    settings: Settings
    therapist: Person
    notifier: Person
    headers: dict[str, str]
    cases: list[UUID]
    crashes: Counter[str] = field(default_factory=Counter)
    tried: dict[str, list[str]] = field(default_factory=dict)
    number: int = 0
    app: Any = None

    @property
    def organisation(self) -> UUID:
        return self.therapist.organisation


@contextmanager
def forked(work: Callable[[int], Coroutine[Any, Any, None]]) -> Iterator[bytes]:
    """Run `work` in a process of its own, which may die; yield all it wrote to its pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            asyncio.run(work(writing))
        finally:
            os._exit(3)  # it lived: whoever wanted it dead will say so
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    yield said if os.WIFSIGNALED(status) else b"LIVED" + said


def killed(work: Callable[[int], Coroutine[Any, Any, None]]) -> bytes:
    """Run `work` in a process that must die of SIGKILL; return what it wrote before."""
    with forked(work) as said:
        assert not said.startswith(b"LIVED"), "the fault point was not reached"
        return said


def crash_writing(stage: Stage, point: str) -> None:
    """Plan a session as the API does, and die."""
    stage.number += 1
    case = stage.cases[stage.number % len(stage.cases)]
    start = _START + stage.number * timedelta(hours=1)

    async def work(pipe: int) -> None:
        database = Doomed(stage.url, size=1, vault=Vault(masters_of(stage.settings)))
        database.point = point
        async with database.write(stage.therapist.principal) as tx:
            made = await sessions.schedule(
                tx,
                datetime.now(UTC),
                case=case,
                planned_start=start,
                planned_end=start + timedelta(minutes=50),
                modality="VIDEO",
                therapist=None,
            )
            os.write(pipe, str(made).encode())

    stage.tried.setdefault(point, []).append(killed(work).decode())
    stage.crashes[point] += 1


def app_of(stage: Stage) -> Front:
    """Return the application, made once: each process opens connections of its own."""
    if stage.app is None:
        stage.app = create_app(stage.settings)
    assert isinstance(stage.app, Front)
    return stage.app


async def ask(stage: Stage, after: str | None, die_at: int | None) -> list[dict[str, Any]]:
    """Ask the real application for a batch; die when it has sent `die_at` messages of its answer."""
    app = app_of(stage)
    rest: Any = app._rest  # noqa: SLF001  (its life span opens the database)
    said: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        if die_at is not None and len(said) >= die_at:
            die()
        said.append(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    asked = {"limit": LIMIT, **({"after": after} if after else {})}
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/feed",
        "raw_path": b"/v1/feed",
        "query_string": urlencode(asked).encode(),
        "headers": [(key.encode(), value.encode()) for key, value in stage.headers.items()],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
    }
    async with rest.router.lifespan_context(rest):
        await app(scope, receive, send)
    assert said[0]["status"] == 200, said
    found: list[dict[str, Any]] = json.loads(said[1]["body"])
    return found


def place(stage: Stage) -> str | None:
    """Return the cursor that the client has saved."""
    with psycopg.connect(stage.admin) as connection:
        row = connection.execute(
            "SELECT cursor FROM client_place WHERE organisation = %s", [stage.organisation]
        ).fetchone()
    return str(row[0]) if row else None


def crash_reading(stage: Stage) -> None:
    """Let the API die before it sends anything, or between the head of its answer and the body."""
    after, at = place(stage), stage.crashes[IN_A_READ] % 2

    async def work(_: int) -> None:
        await ask(stage, after, at)

    killed(work)
    stage.crashes[IN_A_READ] += 1


async def client(stage: Stage, *, dies: bool) -> int:
    """Deal with a batch, and save its cursor in the same transaction, unless one dies before."""
    after = place(stage)
    batch = await ask(stage, after, None)
    with psycopg.connect(stage.admin) as connection:
        for event in batch:
            connection.execute(
                "INSERT INTO client_inbox VALUES (%s, %s, %s)",
                [stage.organisation, event["id"], event["subject"]],
            )
        if dies:
            die()
        if batch:
            connection.execute(
                "INSERT INTO client_place VALUES (%s, %s) ON CONFLICT (organisation) "
                "DO UPDATE SET cursor = excluded.cursor",
                [stage.organisation, batch[-1]["cursor"]],
            )
    return len(batch)


def crash_saving(stage: Stage) -> None:
    """Let a client die with a batch in its hands."""

    async def work(_: int) -> None:
        await client(stage, dies=True)

    killed(work)
    stage.crashes[BEFORE_SAVE] += 1


def live(stage: Stage) -> int:
    """Let a client deal with a batch and live; return how many events there were."""

    async def work(pipe: int) -> None:
        os.write(pipe, str(await client(stage, dies=False)).encode())

    with forked(work) as said:
        assert said.startswith(b"LIVED"), "a client died without being told to"
        return int(said.removeprefix(b"LIVED"))


def rounds(stage: Stage, count: int) -> Half:
    """Crash `count` times in each way, in turn, and compare what the client has with what there is."""
    app_of(stage)
    for number in range(count):
        crash_writing(stage, BEFORE_COMMIT)
        crash_writing(stage, BEFORE_ANSWER)
        crash_reading(stage)
        crash_saving(stage)
        if number % EVERY == 0:
            live(stage)
    with psycopg.connect(stage.admin) as connection:
        wait(connection)
    while live(stage):
        pass
    return compared(stage)


def wait(connection: psycopg.Connection[Any]) -> None:
    """Wait until the transactions of the dead are over."""
    [[mine]] = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()
    connection.commit()
    question = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    while connection.execute(question).fetchall()[0][0] <= mine:
        connection.commit()


def compared(stage: Stage) -> Half:
    """Return how the client's events differ from the sessions that were committed."""
    with psycopg.connect(stage.admin) as connection:
        there = {
            f"session-{each}"
            for (each,) in connection.execute(
                "SELECT id FROM sessions WHERE organisation_id = %s", [stage.organisation]
            )
        }
        told = Counter(
            subject
            for (subject,) in connection.execute(
                "SELECT subject FROM client_inbox WHERE organisation = %s", [stage.organisation]
            )
        )
    named = {point: {f"session-{each}" for each in ids} for point, ids in stage.tried.items()}
    assert not named[BEFORE_COMMIT] & there, "what was not committed is there"
    assert named[BEFORE_ANSWER] == there, "what was committed is not there"
    doubled = sum(count - 1 for count in told.values())
    return Half(stage.crashes, len(there), len(there - set(told)), doubled, len(set(told) - there))


def half(crashes: int) -> Half:
    """Crash `crashes` times in each way, in several organisations at once."""
    server, mine = begin_run()
    try:
        url = server.copy()
        with ExitStack() as stack:
            house = stack.enter_context(open_house(url))
            house.change(_CLIENT)
            # Read as nobody but the client, who is no part of the product.
            stages = [_stage(house, a_clinic(house)) for _ in range(PROCESSES)]
            return _together(stages, -(-crashes // PROCESSES))
    finally:
        if mine:
            end_run(server)


def _together(stages: list[Stage], count: int) -> Half:
    # Spawned: whoever is forked while other threads run may inherit a lock that nobody will open.
    with multiprocessing.get_context("spawn").Pool(len(stages)) as pool:
        found = pool.starmap(rounds, [(_plain(stage), count) for stage in stages])
    total = Half()
    for each in found:
        total.add(each)
    return total


def _stage(house: House, clinic: Clinic) -> Stage:
    notifier = clinic.notifier()
    return Stage(
        house.url,
        house.admin_url,
        house.settings(),
        clinic.therapist,
        notifier,
        notifier.headers,
        [clinic.case, *(clinic.another_case(clinic.client) for _ in range(CASES - 1))],
    )


def _plain(stage: Stage) -> Stage:
    """Return a stage that can be sent to another process: people without their house."""
    house: Any = None
    therapist, notifier = (
        Person(house, who.name, who.uuid, who.organisation, who.scope)
        for who in (stage.therapist, stage.notifier)
    )
    return Stage(
        stage.url, stage.admin, stage.settings, therapist, notifier, stage.headers, stage.cases
    )
