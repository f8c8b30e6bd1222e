"""Answers over server-sent events, as `graphql-sse` has them in its distinct connections mode.

A stream that ends with `complete` is over. One that ends without it is to be asked for again: its
token ran out, or this replica stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Final

import anyio
from starlette.types import Receive, Send

from chassis.problems import ALWAYS

from .watching import LAST_SECONDS, Lost

EVENT_STREAM: Final = "text/event-stream"
QUIET_SECONDS: Final = 12.0
"""So often something is sent at least: whoever stands between gives up on those who are silent."""

_COMPLETE: Final = b"event: complete\ndata:\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # A proxy that gathers an answer before it passes it on would make no stream of it.
    (b"x-accel-buffering", b"no"),
    *ALWAYS,
]


class Stream:
    """One response."""

    def __init__(self, receive: Receive, send: Send) -> None:
        """Keep the line, on which one writes at a time."""
        self._receive, self._send = receive, send
        self._writing = anyio.Lock()
        self._begun = False

    async def events(self, events: AsyncIterator[bytes], over: Awaitable[None]) -> None:
        """Send events until they end, their reader hangs up, or it is over."""
        completed = False
        # A server that stops cancels its requests: then this one ends well, and not as an error.
        with suppress(asyncio.CancelledError):
            completed = await self._told(events, over)
        if self._begun:
            with anyio.move_on_after(LAST_SECONDS):
                last = _COMPLETE if completed else b""
                await self._send({"type": "http.response.body", "body": last})

    async def _told(self, events: AsyncIterator[bytes], over: Awaitable[None]) -> bool:
        """Send events; return whether they came to their end."""
        completed = False
        async with anyio.create_task_group() as group:

            async def until(end: Awaitable[None]) -> None:
                await end
                group.cancel_scope.cancel()

            group.start_soon(until, over)
            group.start_soon(until, self._hung_up())
            group.start_soon(self._stay)
            await self._start()
            with suppress(Lost):
                async for body in events:
                    await self._write(b"event: next\ndata: " + body + b"\n\n")
                completed = True
            group.cancel_scope.cancel()
        return completed

    async def once(self, body: bytes) -> None:
        """Send the one answer of what is no subscription."""
        await self._start()
        whole = b"event: next\ndata: " + body + b"\n\n" + _COMPLETE
        await self._send({"type": "http.response.body", "body": whole})

    async def _start(self) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        self._begun = True

    async def _write(self, text: bytes) -> None:
        async with self._writing:
            await self._send({"type": "http.response.body", "body": text, "more_body": True})

    async def _stay(self) -> None:
        while True:
            await anyio.sleep(QUIET_SECONDS)
            await self._write(b":\n\n")

    async def _hung_up(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
