"""A worker stopped between its last look at the fence and the write: on waking it sends nothing."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from notifier.channels.fence import Fence, Lapsed, clock
from tests.notifier.messages import a_sink
from tests.notifier.test_channels import an_inbox

ENDED_BY_THE_ALARM = 14
LEASE = 3.0


def stopped_for(seconds: float, channel: str, port: int, lease: float) -> int:
    """Let a process stop itself at the door, continue it after a while, and return how it ended."""
    command = [sys.executable, "-m", "tests.notifier.stopping", channel, str(port), str(lease)]
    process = subprocess.Popen(command)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"it never came to the door: {status}"
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)
    return process.wait(30)


def by_http(seconds: float, lease: float) -> tuple[int, int]:
    async def story() -> tuple[int, int]:
        async with a_sink() as sink:
            port = int(sink.address.rpartition(":")[2])
            ended = await asyncio.to_thread(stopped_for, seconds, "sms", port, lease)
            return ended, len(sink.got)

    return asyncio.run(story())


def by_mail(seconds: float, lease: float) -> tuple[int, int]:
    with an_inbox() as (inbox, relay):
        ended = stopped_for(seconds, "mail", relay.port, lease)
        return ended, len(inbox.got)


@pytest.mark.parametrize("way", [by_http, by_mail])
def test_who_is_stopped_at_the_door_beyond_the_lease_ends_there(way: Any) -> None:
    assert way(LEASE, LEASE) == (ENDED_BY_THE_ALARM, 0)


@pytest.mark.parametrize("way", [by_http, by_mail])
def test_who_is_stopped_at_the_door_within_the_lease_sends(way: Any) -> None:
    assert way(0.0, 60.0) == (0, 1)


def test_nothing_begins_behind_the_fence() -> None:
    written = []
    with pytest.raises(Lapsed), Fence(clock() - 1):
        written.append(1)
    assert not written


def test_who_was_stopped_before_the_alarm_was_set_begins_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The looks at the clock: before, for the alarm, and when it is set.
    times = iter([0.0, 0.0, 60.0])
    monkeypatch.setattr("notifier.channels.fence.clock", lambda: next(times))
    written = []
    with pytest.raises(Lapsed), Fence(30.0):
        written.append(1)
    assert not written
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_afterwards_there_is_no_alarm_and_signals_are_as_they_were() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with Fence(clock() + 60):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_what_is_nobodys_claim_has_no_alarm() -> None:
    with Fence(math.inf):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
