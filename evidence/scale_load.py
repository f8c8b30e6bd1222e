"""People who go on asking through the proxy while what is behind it dies: readers, writers, waiters."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from evidence import scale_streams
from evidence.compose_run import Run, mutation
from tests.watchers import Events

READERS = 3
PAUSE = 0.03
CASELOAD = "{ caseload { nodes { id client { name } sessions(first: 5) { nodes { id } } } } }"
# What a client does about an answer that did not come: the same again, with the same key.
TRIES, BETWEEN = 20, 0.5


@dataclass
class Tally:
    """What came of requests, by kind, and while what happened."""

    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    # The session of each key that was answered, and how often a key was sent again.
    sessions: dict[str, str] = field(default_factory=dict)
    again: int = 0
    lost: int = 0
    meanwhile: str = "quiet"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, wrong: str, took: float) -> None:
        """Count a request; `wrong` says why it failed, if it did."""
        with self._lock:
            self.asked[kind] += 1
            self.slowest[kind] = max(took, self.slowest.get(kind, 0.0))
            if wrong:
                self.failed[kind] += 1
                self.reasons[kind, self.meanwhile, wrong] += 1


class Load:
    """Everybody who asks."""

    def __init__(self, run: Run, proxy: str, case: str) -> None:
        """Keep who asks for what; nobody does yet."""
        self.run, self.proxy, self.case = run, proxy, case
        self.tally = Tally()
        self.watch = scale_streams.Watch()
        self._stop = threading.Event()
        self._keys = itertools.count()
        # As far away as sessions and their reminders may be planned, one after the other.
        self._first = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)

    @contextmanager
    def going_on(self) -> Iterator[Tally]:
        """Ask meanwhile."""
        asking: list[Callable[[], None]] = [
            *[self._reader("read", persistent=number > 0) for number in range(READERS)],
            self._writer,
            self._waiter,
            self._chooser,
            self._watcher,
        ]
        threads = [threading.Thread(target=each, daemon=True) for each in asking]
        for each in threads:
            each.start()
        try:
            yield self.tally
        finally:
            self._stop.set()
            for each in threads:
                each.join(timeout=60)

    def _client(self, person: str, scope: str = "user/*.cruds") -> httpx.Client:
        return httpx.Client(
            base_url=self.proxy, headers=self.run.headers(person, scope), timeout=30
        )

    def _asks(self, kind: str, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = ask()
            wrong = "" if answer.is_success else f"HTTP {answer.status_code}"
            if not wrong and kind in {"read", "write"} and answer.json().get("errors"):
                wrong = str(answer.json()["errors"])[:200]
        except (httpx.HTTPError, ValueError) as error:
            answer, wrong = None, f"{type(error).__name__}: {error}"
        self.tally.note(kind, wrong, time.monotonic() - began)
        return None if wrong else answer

    def _reader(self, kind: str, *, persistent: bool) -> Callable[[], None]:
        # Some keep their connection, some make one each time.
        headers = {} if persistent else {"connection": "close"}

        def read() -> None:
            with self._client("therapist") as client:

                def ask() -> httpx.Response:
                    return client.post("/graphql", json={"query": CASELOAD}, headers=headers)

                while not self._stop.is_set():
                    self._asks(kind, ask)
                    self._stop.wait(PAUSE)

        return read

    def _chooser(self) -> None:
        with self._client("client", "contacts.write") as client:
            while not self._stop.is_set():
                self._asks("preferences", lambda: client.get("/v1/preferences"))
                self._stop.wait(PAUSE)

    def _watcher(self) -> None:
        headers = scale_streams.headers(self.run, "therapist")
        self.watch.going_on(
            lambda: Events(self.proxy, headers, scale_streams.LAST, id=self.case), self._stop
        )

    def _waiter(self) -> None:
        """Wait for facts, as a notifier or an EHR does."""
        given: dict[str, Any] = {"wait": 5, "limit": 1000}
        with self._client("notifier", "feed.read") as client:
            while not self._stop.is_set():
                answer = self._asks("feed", lambda: client.get("/v1/feed", params=given))
                facts = answer.json() if answer else []
                if facts:
                    given["after"] = facts[-1]["cursor"]
                # Told at once that there is something: there is always something, so not at once again.
                self._stop.wait(1)

    def _writer(self) -> None:
        with self._client("therapist") as client:
            for number in self._keys:
                if self._stop.is_set():
                    return
                self._schedule(client, number)
                self._stop.wait(0.2)

    def _schedule(self, client: httpx.Client, number: int) -> None:
        start = self._first + timedelta(hours=number)
        given = {
            "idempotencyKey": f"load-{number}",
            "case": self.case,
            "modality": "VIDEO",
            "plannedStart": start.isoformat(),
            "plannedEnd": (start + timedelta(minutes=50)).isoformat(),
        }
        document = {
            "query": mutation("scheduleSession", "session"),
            "variables": {"input": given},
        }
        for attempt in range(TRIES):
            kind = "write again" if attempt else "write"
            self.tally.again += attempt > 0
            answer = self._asks(kind, lambda: client.post("/graphql", json=document))
            payload = answer.json()["data"]["scheduleSession"] if answer else None
            if payload and payload["session"]:
                self.tally.sessions[f"load-{number}"] = payload["session"]["id"]
                return
            time.sleep(BETWEEN)
        self.tally.lost += 1
