"""The API's feed, which dies while it answers, and a client of it, which dies with a batch in its hands.

The client deals with each event in one transaction with its cursor. `python -m evidence.crash_reader`
is one organisation's, beside its writer; `crash_api` tells it how often.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from alliance_api.app import Front, create_app
from alliance_api.settings import Settings
from evidence.crash_deaths import die, forked, killed, serve, settle_down

IN_A_READ: Final = "API killed while it answers the feed"
BEFORE_SAVE: Final = "client killed between a batch and its cursor"
LIMIT: Final = 100
PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Task:
    """Whose feed is read; how often to die in each way, while how many sessions are planned."""

    admin: str
    settings: dict[str, Any]
    headers: dict[str, str]
    organisation: UUID
    deaths: int
    sessions: int


@dataclass
class Stage:
    """One client of the feed, and the application it asks."""

    task: Task
    app: Front
    crashes: Counter[str] = field(default_factory=Counter)

    async def ask(self, after: str | None, die_at: int | None) -> list[dict[str, Any]]:
        """Ask the real application for a batch; die when it has sent `die_at` messages of its answer."""
        rest: Any = self.app._rest  # noqa: SLF001  (its life span opens the database)
        said: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            if die_at is not None and len(said) >= die_at:
                die()
            said.append(dict(message))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async with rest.router.lifespan_context(rest):
            await self.app(_scope(self.task, after), receive, send)
        assert said[0]["status"] == 200, said
        found: list[dict[str, Any]] = json.loads(said[1]["body"])
        return found

    def place(self) -> str | None:
        """Return the cursor that the client has saved."""
        with psycopg.connect(self.task.admin) as connection:
            row = connection.execute(
                "SELECT cursor FROM client_place WHERE organisation = %s", [self.task.organisation]
            ).fetchone()
        return str(row[0]) if row else None

    def crash_reading(self) -> None:
        """Let the API die before it sends anything, or between the head of its answer and the body."""
        after, at = self.place(), self.crashes[IN_A_READ] % 2

        async def work(_: int) -> None:
            await self.ask(after, at)

        killed(work)
        self.crashes[IN_A_READ] += 1

    async def deal(self, *, dies: bool) -> int:
        """Deal with a batch, and save its cursor in the same transaction, unless one dies before."""
        batch = await self.ask(self.place(), None)
        organisation = self.task.organisation
        with psycopg.connect(self.task.admin) as connection:
            for event in batch:
                connection.execute(
                    "INSERT INTO client_inbox VALUES (%s, %s, %s)",
                    [organisation, event["id"], event["subject"]],
                )
            if dies:
                die()
            if batch:
                connection.execute(
                    "INSERT INTO client_place VALUES (%s, %s) ON CONFLICT (organisation) "
                    "DO UPDATE SET cursor = excluded.cursor",
                    [organisation, batch[-1]["cursor"]],
                )
        return len(batch)

    def crash_saving(self) -> None:
        """Let a client die with a batch in its hands."""

        async def work(_: int) -> None:
            await self.deal(dies=True)

        killed(work)
        self.crashes[BEFORE_SAVE] += 1

    def live(self) -> int:
        """Let a client deal with a batch and live; return how many events there were."""

        async def work(pipe: int) -> None:
            os.write(pipe, str(await self.deal(dies=False)).encode())

        with forked(work) as said:
            assert said.startswith(b"LIVED"), "a client died without being told to"
            return int(said.removeprefix(b"LIVED"))


def _scope(task: Task, after: str | None) -> dict[str, Any]:
    asked = {"limit": LIMIT, **({"after": after} if after else {})}
    return {
        "type": "http",
        "method": "GET",
        "path": "/v1/feed",
        "raw_path": b"/v1/feed",
        "query_string": urlencode(asked).encode(),
        "headers": [(key.encode(), value.encode()) for key, value in task.headers.items()],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "root_path": "",
    }


def wait_until_over(connection: psycopg.Connection[Any]) -> None:
    """Wait until the transactions of the dead are over."""
    [[mine]] = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()
    connection.commit()
    question = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    while connection.execute(question).fetchall()[0][0] <= mine:
        connection.commit()


def _wait_for(connection: psycopg.Connection[Any], task: Task, sessions: int) -> None:
    """Wait until there are so many, so that each death has something new to lose."""
    until = time.monotonic() + PATIENCE_SECONDS
    count = "SELECT count(*) FROM sessions WHERE organisation_id = %s"
    there, found = 0, -1
    while there < sessions:
        [[there]] = connection.execute(count, [task.organisation]).fetchall()
        if there != found:  # it goes on
            found, until = there, time.monotonic() + PATIENCE_SECONDS
        assert time.monotonic() < until, "the writer is gone"
        time.sleep(0.01)


def read(task: Task) -> Counter[str]:
    """Die as often as wanted while the writer writes; then read on to the end."""
    app = create_app(Settings(**task.settings))
    assert isinstance(app, Front)
    stage = Stage(task, app)
    settle_down()
    with psycopg.connect(task.admin, autocommit=True) as connection:
        for number in range(1, task.deaths + 1):
            _wait_for(connection, task, task.sessions * number // task.deaths)
            stage.crash_reading()
            stage.crash_saving()
            stage.live()
        wait_until_over(connection)
    while stage.live():
        pass
    return stage.crashes


if __name__ == "__main__":
    serve(read)
