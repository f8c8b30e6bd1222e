"""Streams through the proxy: events come as they happen, and a stream that was cut is taken up again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty
from threading import Event
from typing import Any

from evidence.compose_run import GRAPHQL, Run, ask, mutation
from tests.watchers import Ended, Events, Socket

GOALS = "subscription($id: ID!) { caseChanged(id: $id) { goals { wording } } }"
# What each session that is planned changes.
LAST = "subscription($id: ID!) { caseChanged(id: $id) { sessions(last: 1) { nodes { id } } } }"
CHANGES = 6
# A replica looks for changes once a second.
SOON = 3.0
SILENCE = 10.0


def headers(run: Run, person: str) -> dict[str, str]:
    """Return what a watcher sends."""
    return {**run.headers(person), "content-type": "application/json"}


def pass_the_proxy(run: Run, case: str, proxy: str, replicas: list[str]) -> None:
    """Watch through the proxy, over both kinds of stream; change through each replica in turn."""
    slowest = 0.0
    for kind in ("events", "websocket"):
        watcher: Events | Socket
        if kind == "events":
            watcher = Events(proxy, headers(run, "therapist"), GOALS, id=case)
        else:
            watcher = Socket(proxy, run.token("therapist", GRAPHQL))
            watcher.asks("1", GOALS, id=case)
        watcher.next(5)
        for number in range(CHANGES):
            wording = f"{kind} {number}"
            _propose(run, case, replicas[number % 2], wording)
            slowest = max(slowest, _until_seen(watcher, wording))
        watcher.close()
    run.expect(slowest < SOON, f"an event took {slowest:.1f} s through the proxy")
    run.told.append(f"{2 * CHANGES} events over two kinds of stream within {slowest:.1f} s")


def _propose(run: Run, case: str, at: str, wording: str) -> None:
    ask(
        run,
        "client",
        mutation("proposeGoal", "goal"),
        at,
        idempotencyKey=wording,
        case=case,
        wording=wording,
    )


def _until_seen(watcher: Events | Socket, wording: str) -> float:
    began = time.monotonic()
    while time.monotonic() - began < 4 * SOON:
        try:
            found: dict[str, Any] = watcher.next(4 * SOON)
        except (Empty, Ended):
            break
        goals = found.get("payload", found)["data"]["caseChanged"]["goals"]
        if any(goal["wording"] == wording for goal in goals):
            return time.monotonic() - began
    return 4 * SOON


@dataclass
class Watch:
    """Somebody who watches for as long as it takes, and takes up again what was cut."""

    events: int = 0
    again: int = 0
    silence: float = 0.0

    def going_on(self, make: Callable[[], Events], stop: Event) -> None:
        """Watch until told to stop."""
        last = time.monotonic()
        while not stop.is_set():
            watcher = make()
            try:
                while not stop.is_set():
                    watcher.next(SILENCE)
                    self.events += 1
                    self.silence = max(self.silence, time.monotonic() - last)
                    last = time.monotonic()
            except (Empty, Ended):
                self.again += not stop.is_set()
                stop.wait(0.5)
            finally:
                # Of a line that was cut there is nothing left to shut.
                with suppress(OSError):
                    watcher.close()
