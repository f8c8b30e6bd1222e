"""The same driver on procrastinate 3 as its manual sets it up: killed workers, restarts, a sink that fails.

`python -m evidence.chaos.peer DATABASE_URL SINK CONCURRENCY` is one of its workers.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import procrastinate
import psycopg

from chassis.database import address
from evidence.chaos.world import World, a_world, start
from notifier.channels.fence import NO_FENCE
from notifier.channels.http import Pool, post

WORKERS, CONCURRENCY, BATCH = 3, 32, 300
STUCK_SECONDS = 75.0


@dataclass(frozen=True)
class Peer:
    """What became of its jobs."""

    jobs: int
    kills: int
    undelivered: int
    stuck: int


def app_of(url: str) -> procrastinate.App:
    """Return an app over a database."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))


def with_task(app: procrastinate.App, sink: str, pool: Pool) -> procrastinate.App:
    """Give an app the one task: post to the sink, again if it failed."""

    @app.task(name="send", retry=procrastinate.RetryStrategy(max_attempts=25, wait=1))
    async def send(key: str) -> None:
        headers = {"idempotency-key": key, "content-type": "application/json"}
        await post(pool, f"{sink}/honest", b"{}", headers, NO_FENCE, seconds=4)

    return app


async def work(url: str, sink: str, concurrency: int) -> None:
    """Be a worker."""
    app = with_task(app_of(url), sink, Pool())
    async with app.open_async():
        await app.run_worker_async(concurrency=concurrency, fetch_job_polling_interval=0.2)


async def defer(url: str, sink: str, keys: list[str]) -> None:
    """Put jobs into the queue."""
    app = with_task(app_of(url), sink, Pool())
    async with app.open_async():
        given: list[dict[str, Any]] = [{"key": key} for key in keys]
        await app.tasks["send"].batch_defer_async(*given)


async def prepare(url: str) -> None:
    """Make its schema."""
    app = app_of(url)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


def peer(kills: int, seed: int = 3) -> Peer:
    """Kill its workers while many jobs are due, then give it 75 quiet seconds."""
    chance = random.Random(seed)
    with a_world(fail=0.10, stall=0.01, seed=seed) as world:
        url = _database(world)
        asyncio.run(prepare(url))
        workers = [_hired(url, world.sink) for _ in range(WORKERS)]
        time.sleep(3)
        count = 0
        for number in range(kills):
            keys = [f"job-{count + each}" for each in range(BATCH)]
            asyncio.run(defer(url, world.sink, keys))
            count += BATCH
            time.sleep(chance.uniform(0.02, 0.15))
            slot = chance.randrange(WORKERS)
            workers[slot].kill()
            workers[slot].wait()
            workers[slot] = _hired(url, world.sink)
            if number == kills // 2:
                world.restart("fast")
            workers = [each if each.poll() is None else _hired(url, world.sink) for each in workers]
            time.sleep(2)
        time.sleep(STUCK_SECONDS)
        effects = world.report()["effects"]
        with psycopg.connect(url) as connection:
            stuck = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
            ).fetchone()
        for each in workers:
            each.kill()
            each.wait()
    assert stuck is not None
    return Peer(count, kills, count - len(effects), int(stuck[0]))


def _database(world: World) -> str:
    with psycopg.connect(world.admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE peer")
    return address(world.admin, database="peer")


def _hired(url: str, sink: str) -> subprocess.Popen[bytes]:
    return start("evidence.chaos.peer", url, sink, str(CONCURRENCY))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  (until it is killed)
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
