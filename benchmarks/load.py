"""A load generator: a process of its own that keeps connections busy and checks every answer.

It reads one job as JSON from standard input and writes what it found as JSON. One request at a time
travels on each connection. Requests are made beforehand, and an answer is only measured and searched
for errors, so that the generator costs little; it costs the same for every stack.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import orjson
import uvloop

from .operations import KEY

PATIENCE = 60.0  # seconds over the asked ones until a run has failed
HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Found:
    """What one run found."""

    rate: float
    p50: float  # milliseconds
    p99: float
    count: int


def run(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    seconds: float,
    floor: int,
) -> Found:
    """Measure one server. Raises if any answer is not whole; `floor` is the least of its bytes."""
    job = {
        "port": port,
        "requests": [base64.b64encode(request).decode() for request in requests],
        "connections": connections,
        "seconds": seconds,
        "floor": floor,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=orjson.dumps(job),
        capture_output=True,
        check=False,
        cwd=Path(__file__).parent.parent,
        timeout=seconds + PATIENCE,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2000:])
    return Found(**orjson.loads(done.stdout))


class _Connection(asyncio.Protocol):
    """Sends a request, takes its answer, sends the next."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._transport: asyncio.Transport
        self._left = 0
        self._parts: list[bytes] = []
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no such class
        self._send()

    def _send(self) -> None:
        request = self._load.next()
        if request is None:
            self._transport.close()
            return
        self._parts, self._left = [], -1
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)
        if self._left < 0:
            joined = b"".join(self._parts)
            head, end, body = joined.partition(HEAD_END)
            if not end:
                return
            self._left = self._length(head) - len(body)
        else:
            self._left -= len(data)
        if self._left <= 0:
            self._load.took(time.perf_counter() - self._began, b"".join(self._parts))
            self._send()

    def _length(self, head: bytes) -> int:
        _, found, rest = head.lower().partition(b"content-length:")
        if not found:
            self._load.fail(head)
        return int(rest.partition(b"\r\n")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.gone(exc)


class _Load:
    """What the connections share: the requests, the clock and what was found."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._requests: Iterator[bytes] = itertools.cycle(
            [base64.b64decode(request) for request in job["requests"]]
        )
        self._floor: int = job["floor"]
        self._open: int = job["connections"]
        self._seconds: float = job["seconds"]
        self._key = KEY.encode()
        self._until = 0.0
        self._times: list[float] = []
        self._sent = 0
        self._last = 0.0
        self.done = asyncio.get_running_loop().create_future()

    async def run(self, port: int) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self._until = began + self._seconds
        for _ in range(self._open):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
        await self.done
        times = sorted(self._times)
        return {
            "rate": len(times) / (self._last - began),
            "p50": 1000 * times[len(times) // 2],
            "p99": 1000 * times[int(len(times) * 0.99)],
            "count": len(times),
        }

    def next(self) -> bytes | None:
        if time.perf_counter() >= self._until or self.done.done():
            return None
        self._sent += 1
        request = next(self._requests)
        return request.replace(self._key, os.urandom(16).hex().encode())

    def took(self, seconds: float, answer: bytes) -> None:
        head, _, body = answer.partition(HEAD_END)
        whole = head.startswith(b"HTTP/1.1 200") and len(body) >= self._floor
        if not whole or b'"errors"' in body or b'"code"' in body:
            self.fail(answer)
        self._times.append(seconds)
        self._last = time.perf_counter()

    def fail(self, answer: bytes) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"a wrong answer: {answer[:1000]!r}"))

    def gone(self, exc: Exception | None) -> None:
        self._open -= 1
        if not self.done.done():
            if exc is not None or (self._sent > len(self._times) and not self._open):
                self.done.set_exception(RuntimeError(f"a connection was lost: {exc}"))
            elif not self._open:
                self.done.set_result(None)


async def _main() -> None:
    job = orjson.loads(sys.stdin.buffer.read())
    found = await _Load(job).run(job["port"])
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    uvloop.run(_main())
