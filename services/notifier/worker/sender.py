"""Sends what is due: claim, deliver, settle, and never beyond a lease.

The worker's own clock measures how long a lease still lasts, and nothing else. Having been stopped
and continued, it finds its leases over before it writes another octet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from opentelemetry import trace

from chassis import telemetry
from notifier.channels.fence import Fence, Lapsed, clock
from notifier.ledger.claims import Claimed, Claims, Outcome, Settled
from notifier.ledger.people import Known, Who
from notifier.ledger.store import Unavailable

from . import counting

AT_ONCE = 32
POLL_SECONDS = 1.0
SEND_SECONDS = 4.0
# Between the end of sending and the end of the lease, in which the outcome is told.
MARGIN = 0.2
FIRST_DELAY = 0.5
GATHER_SECONDS = 0.01
LONGEST_DELAY = 900.0


class Delivers(Protocol):
    """Whoever takes a claim out of the door."""

    async def look_up(self, claimed: Sequence[Claimed]) -> Mapping[Who, Known]:
        """Return whom claims are for."""

    async def __call__(self, claimed: Claimed, known: Known, fence: Fence) -> Settled:
        """Send a reminder; return what became of it. Raises `Lapsed`."""


_log = logging.getLogger("notifier.sender")
_tracer = trace.get_tracer("notifier.sender")


class Sender:
    """One worker: any number of them may run against one ledger."""

    def __init__(
        self,
        claims: Claims,
        deliver: Delivers,
        *,
        at_once: int = AT_ONCE,
        poll: float = POLL_SECONDS,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        """Keep what it works with; `at_once` messages are under way at most."""
        self._claims, self._deliver = claims, deliver
        self._at_once, self._poll, self._send_seconds = at_once, poll, send_seconds
        self._under_way: set[asyncio.Task[None]] = set()
        self._settled: list[Settled] = []
        self._has_settled, self._has_room = asyncio.Event(), asyncio.Event()
        self.wake = asyncio.Event()
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until told to stop; then finish what is under way, and leave nothing claimed."""
        telling = asyncio.create_task(self._tell())
        # Without somebody to tell, what is sent would be sent again: better to stop.
        telling.add_done_callback(lambda _: self.stop())
        try:
            while not self.stopping.is_set():
                await self._turn()
            if self._under_way:
                await asyncio.wait(self._under_way)
        finally:
            self.stopping.set()
            self._has_settled.set()
            await telling
            await self._claims.close()

    def stop(self) -> None:
        """Claim nothing more."""
        self.stopping.set()
        self.wake.set()
        self._has_room.set()

    async def _turn(self) -> None:
        free = self._at_once - len(self._under_way)
        # Few large claims rather than many small ones.
        if free < max(1, self._at_once // 2):
            self._has_room.clear()
            await self._has_room.wait()
            return
        self.wake.clear()
        began = clock()
        claimed = await self._claims.claim(free)
        await self._begin_all(claimed, began + self._claims.lease * (1 - MARGIN))
        if len(claimed) < free:
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await self.wake.wait()
        except TimeoutError:
            return

    async def _begin_all(self, claimed: Sequence[Claimed], until: float) -> None:
        try:
            known = await self._deliver.look_up(claimed) if claimed else {}
        except Unavailable:
            self._note(Settled(each, Outcome.WAIT, code="DATABASE", delay=0.5) for each in claimed)
            return
        for each in claimed:
            who = (each.reminder.organisation, each.reminder.recipient)
            self._begin(each, known[who], until)

    def _begin(self, claimed: Claimed, known: Known, until: float) -> None:
        task = asyncio.create_task(self._one(claimed, known, until))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._has_room.set()

    async def _one(self, claimed: Claimed, known: Known, until: float) -> None:
        reminder = claimed.reminder
        # Goes on in the trace of the request that made it due.
        parent = telemetry.parent(reminder.traceparent)
        with _tracer.start_as_current_span("send", context=parent) as span:
            span.set_attribute("reminder.kind", reminder.kind)
            settled = await self._settle(claimed, known, until)
            if settled is not None:
                span.set_attribute("outcome", settled.outcome.value)
        if settled is not None:
            self._note([settled])

    def _note(self, settled: Iterable[Settled]) -> None:
        self._settled.extend(settled)
        self._has_settled.set()

    async def _settle(self, claimed: Claimed, known: Known, until: float) -> Settled | None:
        fence = Fence(until)
        try:
            async with asyncio.timeout(min(until - clock(), self._send_seconds)):
                fence()
                return await self._deliver(claimed, known, fence)
        except Lapsed:
            _log.warning("sender.lapsed", extra={"reminder.kind": claimed.reminder.kind})
            return None
        except TimeoutError:
            # It may have arrived. It is sent again under the same key.
            return Settled(claimed, Outcome.FAILED, code="TIMEOUT", delay=FIRST_DELAY)
        except Exception as error:  # noqa: BLE001  (one message must not end the others)
            _log.error("sender.failed", extra={"exception.type": type(error).__name__})
            return Settled(claimed, Outcome.FAILED, code="INTERNAL", delay=30.0)

    async def _tell(self) -> None:
        """Settle what is finished, all that came meanwhile at once."""
        while not (self.stopping.is_set() and not self._under_way and not self._settled):
            await self._has_settled.wait()
            # What ends within the same moment is told in one statement.
            await asyncio.sleep(GATHER_SECONDS)
            self._has_settled.clear()
            batch, self._settled = self._settled, []
            if batch:
                await self._claims.settle(batch)
                counting.settled(batch)
            elif self.stopping.is_set():
                self._has_settled.set()
