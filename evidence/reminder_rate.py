"""Reminders a second: planned, claimed and settled, delivered over HTTP; beside procrastinate, in one run.

Both work in one process with the same event loop on one PostgreSQL, with as many under way at once.
Planned is putting what was decided into the ledger or the queue, in batches as large as a page of the
feed. Claimed is the queue alone: there is nothing to do. Delivered is one POST each, with the same HTTP
client to the same sink. Each measure alternates between the two, and the median of the rounds counts.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import procrastinate
import psycopg

from chassis.database import address
from evidence.chaos.world import ORGANISATION, World, a_world
from evidence.figures import Figure
from notifier.channels.fence import NO_FENCE, Fence
from notifier.channels.http import Pool, post
from notifier.domain.occasions import Case
from notifier.domain.planning import Changes
from notifier.domain.reminder import Reminder
from notifier.feed import MOST
from notifier.ledger import planned
from notifier.ledger.claims import Claimed, Claims, Outcome, Settled
from notifier.ledger.people import Known, Who
from notifier.ledger.store import Store
from notifier.worker.sender import Sender

AT_ONCE = 32
MEASURES = ("planned", "claimed", "delivered")
# The short form runs beside other tests, with so few that beginning and ending count.
TIMES, TIMES_SMALL = 2.0, 1.2


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
    pool = Pool()
    sender = Sender(Claims(world.url, "rate"), Bare(sink, pool), at_once=AT_ONCE, poll=0.05)
    began = time.perf_counter()
    running = asyncio.create_task(sender.run())
    await _until_none(world.admin, "SELECT count(*) FROM reminders WHERE state <> 'SENT'")
    seconds = time.perf_counter() - began
    sender.stop()
    await running
    await pool.close()
    return count / seconds


async def put_theirs(url: str, count: int) -> float:
    """Put as many jobs into procrastinate's queue; return how many a second."""
    app, send = _app(url, lambda _: asyncio.sleep(0))
    async with app.open_async():
        keys: list[dict[str, Any]] = [{"key": str(uuid4())} for _ in range(count)]
        began = time.perf_counter()
        for batch in _batches(keys):
            await send.batch_defer_async(*batch)
        rate = count / (time.perf_counter() - began)
    _empty(url, "todo", count)
    return rate


async def theirs(url: str, count: int, sink: str | None) -> float:
    """Return jobs a second of procrastinate: all that is due."""
    pool = Pool()
    app, send = _app(url, lambda key: deliver(sink, pool, key, NO_FENCE))
    async with app.open_async():
        for batch in _batches([{"key": str(uuid4())} for _ in range(count)]):
            await send.batch_defer_async(*batch)
        began = time.perf_counter()
        await app.run_worker_async(
            concurrency=AT_ONCE, wait=False, install_signal_handlers=False, delete_jobs="never"
        )
        rate = count / (time.perf_counter() - began)
    await pool.close()
    _empty(url, "succeeded", count)
    return rate


def _app(url: str, work: Callable[[str], Awaitable[None]]) -> tuple[procrastinate.App, Any]:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="send")
    async def send(key: str) -> None:
        await work(key)

    return app, send


def _empty(url: str, status: str, count: int) -> None:
    """Empty the queue, in which so many jobs must be in a status."""
    with psycopg.connect(url, autocommit=True) as connection:
        counted = "SELECT count(*) FROM procrastinate_jobs WHERE status = %s"
        found = connection.execute(counted, [status]).fetchone()
        assert found == (count,), found
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")


async def _until_none(url: str, query: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            cursor = await connection.execute(query.encode())
            if await cursor.fetchone() == (0,):
                return
            await asyncio.sleep(0.01)


async def put(world: World, count: int) -> float:
    """Plan as many reminders, all due; return how many a second."""
    store = Store(world.url, size=1)
    await store.open()
    await store.run("SELECT 1")  # as theirs, it is connected before time is taken
    now = datetime.now(UTC)
    made = [_reminder(number, now) for number in range(count)]
    began = time.perf_counter()
    for batch in _batches(made):
        changes = Changes(Case(ORGANISATION, "case-1", MappingProxyType({})), tuple(batch), (), ())
        async with store.transaction() as connection:
            await planned.write(connection, ORGANISATION, changes, now)
    rate = count / (time.perf_counter() - began)
    await store.close()
    return rate


def _reminder(number: int, now: datetime) -> Reminder:
    return Reminder(
        key=uuid4(),
        organisation=ORGANISATION,
        kind="session-upcoming",
        occasion=f"session-{number}",
        anchor="-",
        case=f"case-{number % 997}",
        recipient=f"person-{number % 500}",
        label="-",
        step=0,
        due_at=now,
        not_before=now,
        expires_at=now + timedelta(days=2),
        stale_after=timedelta(days=2),
        details=MappingProxyType({}),
        fact="fact-1",
        traceparent=None,
    )


def _batches(given: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(given), MOST):
        yield given[start : start + MOST]


@dataclass(frozen=True)
class Size:
    """How much of it, in each round."""

    rounds: int
    planned: int
    worked: int


def experiment(small: bool) -> Figure:
    """Measure both, in turns."""
    size = Size(3, 1_000, 200) if small else Size(5, 10_000, 2_000)
    found: dict[str, list[float]] = {}
    with a_world(fail=0.0, stall=0.0, seed=7) as world:
        world.run("CREATE DATABASE peer")
        peer = address(world.admin, database="peer")
        asyncio.run(_schema(peer))
        for _ in range(size.rounds):
            _round(world, peer, size, found)
        sent = world.rows("SELECT count(*) FROM attempts WHERE NOT late")[0][0]
    assert sent == 2 * size.rounds * size.worked, sent
    return _figure({name: statistics.median(values) for name, values in found.items()}, small)


def _round(world: World, peer: str, size: Size, found: dict[str, list[float]]) -> None:
    def note(name: str, rate: Coroutine[Any, Any, float]) -> None:
        found.setdefault(name, []).append(asyncio.run(rate))

    world.run("TRUNCATE reminders")
    note("planned", put(world, size.planned))
    note("peer planned", put_theirs(peer, size.planned))
    for name, sink in (("claimed", None), ("delivered", world.sink)):
        world.run("TRUNCATE reminders")
        asyncio.run(put(world, size.worked))
        note(name, ours(world, size.worked, sink))
        note(f"peer {name}", theirs(peer, size.worked, sink))


def _figure(rate: Mapping[str, float], small: bool) -> Figure:
    times = {name: rate[name] / rate[f"peer {name}"] for name in MEASURES}
    told = ", ".join(
        f"{name} {rate[name]:,.0f}/s against {rate[f'peer {name}']:,.0f}/s ({times[name]:.1f} times)"
        for name in MEASURES
    )
    least = TIMES_SMALL if small else TIMES
    target = f"each at least {least:g} times procrastinate"
    return Figure("reminder-rate", told, target, met=min(times.values()) >= least)


async def _schema(url: str) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
