"""Reminders a second: planned, claimed and settled, delivered over HTTP; beside procrastinate, in one run.

Both work in one process on one PostgreSQL, with as many under way at once, and deliver to the same
sink. Each measure alternates between the two, and the median of the rounds counts.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import procrastinate
import psycopg

from chassis.database import address
from evidence.chaos.world import ORGANISATION, SPRING, World, a_world, reminders
from evidence.figures import Figure
from notifier.channels.http import Pool, open_pool, post
from notifier.ledger.claims import Claimed, Claims, Outcome, Settled
from notifier.ledger.people import Known, Who
from notifier.worker.sender import Fence, Sender

AT_ONCE = 32
TARGET = (
    "planned and claimed at least 2 times procrastinate; delivered is the HTTP client's, for both"
)


class Bare:
    """Delivers to the sink, or nowhere: the queue alone."""

    def __init__(self, sink: str | None, pool: Pool) -> None:
        self.sink, self.pool = sink, pool

    async def look_up(self, claimed: Sequence[Claimed]) -> Mapping[Who, Known]:
        nobody = Known(None, ())
        return {(each.reminder.organisation, each.reminder.recipient): nobody for each in claimed}

    async def __call__(self, claimed: Claimed, known: Known, fence: Fence) -> Settled:
        assert not known.points
        await deliver(self.sink, self.pool, str(claimed.reminder.key), fence)
        return Settled(claimed, Outcome.SENT, "sms", receipt="r")


async def deliver(sink: str | None, pool: Pool, key: str, fence: Fence) -> None:
    """Post a key to the sink, if there is one."""
    if sink is not None:
        await post(pool, f"{sink}/honest", b"{}", {"idempotency-key": key}, fence)


async def ours(world: World, count: int, sink: str | None) -> float:
    """Return reminders a second: all that is due, from the first claim to the last settled."""
    pool = open_pool()
    sender = Sender(Claims(world.url, "rate"), Bare(sink, pool), at_once=AT_ONCE, poll=0.05)
    began = time.perf_counter()
    running = asyncio.create_task(sender.run())
    await _until_none(world.admin, "SELECT count(*) FROM reminders WHERE state <> 'SENT'")
    seconds = time.perf_counter() - began
    sender.stop()
    await running
    await pool.aclose()
    return count / seconds


async def theirs(url: str, count: int, sink: str | None) -> tuple[float, float]:
    """Return jobs a second of procrastinate: put into the queue, and worked off."""
    pool = open_pool()
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="send")
    async def send(key: str) -> None:
        await deliver(sink, pool, key, lambda: None)

    async with app.open_async():
        keys: list[dict[str, Any]] = [{"key": str(uuid4())} for _ in range(count)]
        began = time.perf_counter()
        await send.batch_defer_async(*keys)
        planned = count / (time.perf_counter() - began)
        began = time.perf_counter()
        running = asyncio.create_task(
            app.run_worker_async(
                concurrency=AT_ONCE, wait=False, install_signal_handlers=False, delete_jobs="never"
            )
        )
        await running
        worked = count / (time.perf_counter() - began)
    await pool.aclose()
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
        ).fetchone()
        assert found == (count,), found
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")
    return planned, worked


async def _until_none(url: str, query: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            cursor = await connection.execute(query.encode())
            if await cursor.fetchone() == (0,):
                return
            await asyncio.sleep(0.01)


def planned(world: World, count: int, seed: int) -> float:
    """Plan as many reminders, all due; return how many a second."""
    with psycopg.connect(world.admin, autocommit=True) as connection:
        connection.execute("TRUNCATE reminders")
    began = time.perf_counter()
    reminders(world, [SPRING] * count, 500, seed, expiring=0.0)
    return count / (time.perf_counter() - began)


def experiment(small: bool) -> Figure:
    """Measure both, in turns."""
    rounds, count = (1, 500) if small else (3, 5_000)
    found: dict[str, list[float]] = {}
    with a_world(fail=0.0, stall=0.0, seed=7) as world:
        with psycopg.connect(world.admin, autocommit=True) as connection:
            connection.execute("CREATE DATABASE peer")
        peer = address(world.admin, database="peer")
        asyncio.run(_schema(peer))
        world.jump_to(SPRING.replace(day=29))
        for number in range(rounds):
            for name, sink in (("claimed", None), ("delivered", world.sink)):
                found.setdefault("planned", []).append(planned(world, count, number))
                found.setdefault(name, []).append(asyncio.run(ours(world, count, sink)))
                put, worked = asyncio.run(theirs(peer, count, sink))
                found.setdefault("peer planned", []).append(put)
                found.setdefault(f"peer {name}", []).append(worked)
        sent = world.rows("SELECT count(*) FROM attempts WHERE NOT late")[0][0]
    assert sent == 2 * rounds * count, (ORGANISATION, sent)
    rate = {name: statistics.median(values) for name, values in found.items()}
    told = ", ".join(
        f"{name} {rate[name]:,.0f}/s against {rate[f'peer {name}']:,.0f}/s "
        f"({rate[name] / rate[f'peer {name}']:.1f} times)"
        for name in ("planned", "claimed", "delivered")
    )
    met = all(rate[name] >= 2 * rate[f"peer {name}"] for name in ("planned", "claimed"))
    # The short form runs beside other tests: that both did all of the work is its target.
    return Figure("reminder-rate", told, TARGET, met=met or small)


async def _schema(url: str) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
