"""Cases recomputed one by one, by as many processes as were asked for."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from uuid import UUID

import psycopg
import sqlalchemy.exc
import uvloop

from alliance_api.charter.principal import house_of
from alliance_api.store import rescoring
from alliance_api.store.rescoring import Which
from alliance_api.store.transaction import Database
from alliance_api.usecases.recompute import Recomputed, recompute
from chassis.database import state_of, with_settings

PAGE = 100
TRIES = 3
# As for the service, whose role has them: one plan serves all cases, and nothing that is computed
# from what people said may reach the server's log. Cases are found by their index, even in a table
# of which PostgreSQL believes that it is still empty.
SETTINGS = {
    "enable_seqscan": "off",
    "timezone": "UTC",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_duration_statement": "-1",
    "log_statement": "none",
}


@dataclass(frozen=True, slots=True)
class Job:
    """What every process has to know. A rehearsal takes everything back."""

    url: str
    now: datetime
    rehearsal: bool = False


@dataclass(slots=True)
class Done:
    """What came of some cases: the organisation and case of those that could not be done."""

    found: Recomputed = field(default_factory=Recomputed)
    failed: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    peak: dict[int, int] = field(default_factory=dict)

    def add(self, other: Done) -> None:
        """Add what came of others."""
        self.found.add(other.found)
        self.failed += other.failed
        self.peak.update(other.peak)

    @property
    def memory(self) -> int:
        """The most bytes that this process and the others ever had, added up."""
        return sum({**self.peak, os.getpid(): _peak()}.values())


def total(job: Job, which: Which) -> int:
    """Return how many cases there are to do."""
    with psycopg.connect(job.url) as connection:
        return rescoring.count(connection, which)


def work(job: Job, which: Which, workers: int) -> Iterator[Done]:
    """Recompute; tell what came of each page of cases as soon as it is done."""
    with psycopg.connect(job.url) as connection:
        pages = rescoring.pages(connection, which, PAGE)
        if workers == 1:
            yield from (do(job, *page) for page in pages)
        else:
            yield from _shared(job, pages, workers)


def _shared(job: Job, pages: Iterator[tuple[UUID, list[UUID]]], workers: int) -> Iterator[Done]:
    # Not forked: a fork would share this process's connection.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running: set[Future[Done]] = set()
        for page in pages:
            running.add(pool.submit(do, job, *page))
            if len(running) > 2 * workers:  # enough that nobody waits, and no more
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        yield from (each.result() for each in running)


def do(job: Job, organisation: UUID, cases: list[UUID]) -> Done:
    """Recompute some cases of an organisation, each in a transaction of its own."""
    done = uvloop.run(_do(job, organisation, cases))
    done.peak[os.getpid()] = _peak()
    return done


async def _do(job: Job, organisation: UUID, cases: list[UUID]) -> Done:
    database, done = Database(with_settings(job.url, SETTINGS), size=1), Done()
    try:
        for case in cases:
            try:
                done.found.add(await _one(database, job, organisation, case))
            except sqlalchemy.exc.DBAPIError as error:
                done.failed.append((organisation, case, state_of(error)))
    finally:
        await database.close()
    return done


async def _one(database: Database, job: Job, organisation: UUID, case: UUID) -> Recomputed:
    house = house_of(organisation)
    for _ in range(TRIES - 1):
        try:
            async with database.write(house, rehearsal=job.rehearsal) as tx:
                return await recompute(tx, job.now, case)
        except sqlalchemy.exc.DBAPIError as error:
            # Somebody else was faster; what they did is seen the next time.
            if not state_of(error).startswith("40"):
                raise
    async with database.write(house, rehearsal=job.rehearsal) as tx:
        return await recompute(tx, job.now, case)


def _peak() -> int:
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found if sys.platform == "darwin" else found * 1024
