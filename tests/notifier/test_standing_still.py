"""A worker that was stopped and continued finds its lease over before it writes, whatever its loop says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pytest
import uvloop

from notifier.channels.fence import Fence
from notifier.domain.reminder import Reminder
from notifier.ledger.claims import Claimed, Outcome, Settled
from notifier.ledger.people import Known, Who
from notifier.worker.sender import Sender

pytestmark = pytest.mark.ground

RUNNERS: Mapping[str, Callable[[Coroutine[Any, Any, None]], None]] = {
    "asyncio": asyncio.run,
    "uvloop": uvloop.run,
}


def a_claim() -> Claimed:
    now = datetime.now(UTC)
    reminder = Reminder(
        key=uuid4(),
        organisation="organisation-1",
        kind="session-upcoming",
        occasion="session-1",
        anchor="-",
        case="case-1",
        recipient="person-1",
        label="-",
        step=0,
        due_at=now,
        not_before=now,
        expires_at=now + timedelta(days=1),
        stale_after=timedelta(days=1),
        details=MappingProxyType({}),
        fact="fact-1",
        traceparent=None,
    )
    return Claimed(reminder, now, claim=1, tries=1)


class OneClaim:
    """A ledger that has one reminder to give away."""

    def __init__(self, lease: float) -> None:
        self.lease = lease
        self.left = [a_claim()]
        self.settled: list[Settled] = []

    async def claim(self, _: int) -> list[Claimed]:
        given, self.left = self.left, []
        return given

    async def settle(self, settled: Sequence[Settled]) -> int:
        self.settled += settled
        return len(settled)

    async def close(self) -> None:
        """Close nothing."""


class Sleepy:
    """Takes a message to the door, stands still with it there, and looks at the fence."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.sent = seconds, 0
        self.done = asyncio.Event()

    async def look_up(self, claimed: Sequence[Claimed]) -> Mapping[Who, Known]:
        return {(c.reminder.organisation, c.reminder.recipient): Known(None, ()) for c in claimed}

    async def __call__(self, claimed: Claimed, known: Known, fence: Fence) -> Settled:
        assert not known.points
        time.sleep(self.seconds)  # noqa: ASYNC251  (nothing in this process moves, as when it is stopped)
        self.done.set()
        fence()
        self.sent += 1
        return Settled(claimed, Outcome.SENT, "sms", receipt="r")


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize(("lease", "seconds", "sent"), [(30.0, 0.3, 1), (0.2, 0.3, 0)])
def test_behind_its_lease_nothing_is_written_and_nothing_told(
    runner: str, lease: float, seconds: float, sent: int
) -> None:
    async def story() -> None:
        ledger: Any = OneClaim(lease)
        door = Sleepy(seconds)
        sender = Sender(ledger, door, poll=0.01)
        running = asyncio.create_task(sender.run())
        await door.done.wait()
        sender.stop()
        await running
        assert (door.sent, len(ledger.settled)) == (sent, sent)

    RUNNERS[runner](story())
