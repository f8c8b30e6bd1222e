"""The API's writing, which dies before its commit or after it: the use case, the law, the outbox.

`python -m evidence.crash_writer` is one writer; `crash_api` tells it what to write where.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from alliance_api.charter.principal import Principal
from alliance_api.store.transaction import Database, Transaction
from alliance_api.usecases import sessions
from chassis.masters import local_masters
from chassis.vault import Vault
from evidence.crash_deaths import die, killed, serve, settle_down

BEFORE_COMMIT: Final = "API killed before the commit of a change"
BEFORE_ANSWER: Final = "API killed after the commit, before feed and answer"
NOWHERE: Final = "it lived"
_START: Final = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Task:
    """Who writes where; how often to die at which point."""

    url: str
    masters: Path
    principal: Principal
    cases: list[UUID]
    deaths: dict[str, int]


class Doomed(Database):
    """The API's own database, in a process that dies at a point of a write."""

    point = NOWHERE

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
class Writer:
    """Plans sessions; `tried` are those it told of, by what became of it."""

    task: Task
    database: Doomed
    number: int = 0
    tried: dict[str, list[str]] = field(default_factory=dict)

    async def plan(self, number: int) -> UUID:
        """Plan a session as the API does; say which, before anything is committed."""
        start = _START + number * timedelta(hours=1)
        async with self.database.write(self.task.principal) as tx:
            made = await sessions.schedule(
                tx,
                datetime.now(UTC),
                case=self.task.cases[number % len(self.task.cases)],
                planned_start=start,
                planned_end=start + timedelta(minutes=50),
                modality="VIDEO",
                therapist=None,
            )
            if self.pipe is not None:
                os.write(self.pipe, str(made).encode())
        return made

    pipe: int | None = None

    def live(self) -> None:
        """Plan one and live: whatever is prepared once is, and no connection is left."""

        async def work() -> None:
            made = await self.plan(0)
            await self.database.close()
            self.tried[NOWHERE] = [str(made)]

        asyncio.run(work())

    def crash(self, point: str) -> None:
        """Plan one, and die."""
        self.number += 1

        async def work(pipe: int) -> None:
            self.pipe, self.database.point = pipe, point
            await self.plan(self.number)

        self.tried.setdefault(point, []).append(killed(work).decode())


def write(task: Task) -> dict[str, list[str]]:
    """Die as often as wanted, evenly mixed; return which sessions were tried at which point."""
    vault = Vault(local_masters(None, task.masters))
    writer = Writer(task, Doomed(task.url, size=1, vault=vault))
    writer.live()
    settle_down()
    most = max(task.deaths.values())
    for number in range(most):
        for point, count in task.deaths.items():
            # So many of the first as it takes to have them all spread over the whole.
            if (number + 1) * count // most > number * count // most:
                writer.crash(point)
    return writer.tried


if __name__ == "__main__":
    serve(write)
