"""A provider on loopback, in a process of its own that nobody kills: it saw what really arrived.

`/honest` gives the same receipt to the same idempotency key and does its work once. `/plain` knows no
keys: each request it takes is an effect. It fails and stalls as often as it is told; the honest one
does so after its work half of the time, when the answer is lost.

`python -m evidence.chaos.sink FAIL STALL SEED` prints its port and serves until it is told to stop.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from typing import Any

STALL_SECONDS = 60.0


class Book:
    """What happened here."""

    def __init__(self, fail: float, stall: float, seed: int) -> None:
        self.fail, self.stall, self.random = fail, stall, random.Random(seed)
        self.effects: dict[str, list[float]] = {}
        # Per key and request: when it arrived, and the claim it was sent under.
        self.arrivals: dict[str, list[tuple[float, int]]] = {}
        self.answered: dict[str, list[tuple[float, int]]] = {}
        # When a request for a key was refused or left hanging, and which of the two.
        self.refusals: dict[str, list[tuple[float, str]]] = {}
        self.open: Counter[str] = Counter()
        self.seen = self.failed = self.stalled = 0

    def take(self, honest: bool, key: str) -> None:
        """Do what was asked for."""
        if honest and key in self.effects:
            return
        self.effects.setdefault(key, []).append(time.time())

    def report(self) -> dict[str, Any]:
        return {
            "effects": self.effects,
            "arrivals": self.arrivals,
            "answered": self.answered,
            "refusals": self.refusals,
            "seen": self.seen,
            "failed": self.failed,
            "stalled": self.stalled,
        }


class Request(asyncio.Protocol):
    """As much of HTTP/1.1 as our own clients speak."""

    def __init__(self, book: Book) -> None:
        self.book, self.buffer = book, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines[1:])
            }
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            asyncio.get_running_loop().create_task(self.answer(lines[0].split()[1], headers))

    async def answer(self, path: str, headers: dict[str, str]) -> None:
        if path == "/report":
            self.write(200, self.book.report())
        elif path == "/open":
            self.write(200, dict(self.book.open))
        else:
            await self.deliver(path == "/honest", headers)

    async def deliver(self, honest: bool, headers: dict[str, str]) -> None:
        book, key, worker = self.book, headers["idempotency-key"], headers.get("x-worker", "")
        claim = int(headers.get("x-claim", "0"))
        book.seen += 1
        book.arrivals.setdefault(key, []).append((time.time(), claim))
        book.open[worker] += 1
        try:
            await asyncio.sleep(book.random.uniform(0.002, 0.03))
            chance = book.random.random()
            lost = chance < book.fail + book.stall
            if not lost or (honest and book.random.random() < 0.5):
                book.take(honest, key)
            if lost:
                refused = "refused" if chance < book.fail else "stalled"
                book.refusals.setdefault(key, []).append((time.time(), refused))
            if chance < book.fail:
                book.failed += 1
                self.write(503, {})
            elif lost:
                book.stalled += 1
                await asyncio.sleep(STALL_SECONDS)
                self.transport.close()
            else:
                book.answered.setdefault(key, []).append((time.time(), claim))
                self.write(200, {"id": f"receipt-{key}"})
        finally:
            book.open[worker] -= 1

    def write(self, status: int, said: Any) -> None:
        content = json.dumps(said).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\n\r\n"
        self.transport.write(head.encode() + content)


async def serve(fail: float, stall: float, seed: int) -> None:
    book = Book(fail, stall, seed)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Request(book), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
