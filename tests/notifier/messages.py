"""A message as tests send it, and a provider on loopback that keeps what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from notifier.channels.fence import NO_FENCE
from notifier.channels.message import Message

REMINDER = UUID("00000000-0000-4000-8000-000000000007")


def message(**given: Any) -> Message:
    """Return a message, with what a test wants to be different."""
    usual: dict[str, Any] = {
        "key": "key-1",
        "organisation": "organisation-1",
        "reminder": REMINDER,
        "kind": "session-upcoming",
        "language": "en",
        "subject": "A reminder",
        "body": "You have an appointment tomorrow at 15:00.",
        "short": "Appointment tomorrow 15:00",
        "fence": NO_FENCE,
    }
    return Message(**{**usual, **given})


@dataclass
class Sink:
    """What arrived: path, headers and body of each request. `answer` gives status, headers, body."""

    address: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0
    answer: Callable[[int], tuple[Any, ...]] = lambda _: (200, "")


@asynccontextmanager
async def a_sink() -> AsyncIterator[Sink]:
    """Serve a sink on loopback."""
    sink = Sink()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode().strip().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            sink.got.append((first.split()[1], headers, body))
            status, more, *other = sink.answer(len(sink.got))
            content = other[0] if other else b'{"id": "r-1"}'
            writer.write(
                f"HTTP/1.1 {status} X\r\n{more}content-length: {len(content)}\r\n\r\n".encode()
                + content
            )
            await writer.drain()

    ended: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ended.add(task)
        sink.connections += 1
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    sink.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield sink
    server.close()
    if ended:
        # Whoever spoke to us has closed by now; each conversation ends by itself.
        await asyncio.wait(ended, timeout=5)
