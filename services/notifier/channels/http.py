"""One POST: fenced at the last moment, its answer read as little as possible and sorted.

On aiohttp, told to follow no redirects, to heed no proxies and to keep no cookies. Of the clients that
are well kept it does the least work per request, and at a worker's rate that work is most of the cost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from .fence import Fence, Lapsed
from .guard import Forbidden, Guard
from .message import ChannelError

MOST_OCTETS = 64 * 1024
GONE = 410
# For the time being, or our own fault: 401 to 403 say that the provider does not know us.
_WAIT = frozenset({401, 402, 403, 407, 408, 409, 425, 429})
_FAILURES = (aiohttp.ClientError, OSError)
# What aiohttp would add of its own: whoever gets a request learns nothing from it that we did not say.
_UNSAID = ("accept", "accept-encoding", "user-agent", "content-type")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of success."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self, name: str) -> str | None:
        """Return a member of the body's JSON object, as text; None if there is none."""
        try:
            found = json.loads(self.body).get(name)
        except (ValueError, AttributeError):
            return None
        return str(found)[:200] if isinstance(found, str | int) else None


class _Fenced(aiohttp.BytesPayload):
    """A body that is written within the fence, and the headers with it: nothing is before it."""

    def __init__(self, content: bytes, fence: Fence) -> None:
        super().__init__(content)
        self._fence, self.has_lapsed = fence, False

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write it. Raises `Lapsed`, which aiohttp turns into an error of its own."""
        try:
            # It waits for nothing: so short a body goes to the kernel at once.
            with self._fence:
                await super().write_with_length(writer, content_length)
        except Lapsed:
            self.has_lapsed = True
            raise


class Pool:
    """Connections to HTTP servers, opened with the first request; with a guard, for addresses of strangers."""

    def __init__(self, guard: Guard | None = None, *, most: int = 100) -> None:
        """Keep how connections are made; `most` are open at a time."""
        self._guard, self._most = guard, most
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session. It belongs to the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_UNSAID,
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _connector(self) -> aiohttp.TCPConnector:
        common: dict[str, Any] = {"limit": self._most, "keepalive_timeout": 30.0}
        if self._guard is None:
            return aiohttp.TCPConnector(**common)
        return aiohttp.TCPConnector(
            **common,
            resolver=self._guard,
            socket_factory=self._guard.socket,
            # Looked at anew for each connection, one address after the other.
            use_dns_cache=False,
            happy_eyeballs_delay=None,
        )

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()


async def post(  # noqa: PLR0913  (what a request is made of)
    pool: Pool,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    fence: Fence,
    *,
    seconds: float = 10.0,
) -> Answer:
    """Post, and return an answer of success with at most 64 KiB of its body.

    Raises `ChannelError` for any other, or `Lapsed` if the fence fell before the request left.
    """
    fence()
    said = _Fenced(content, fence)
    try:
        async with pool.session.post(
            # As it was given: a signed path is not to be spelled anew.
            URL(url, encoded=True),
            data=said,
            headers=headers,
            allow_redirects=False,
            timeout=_timeout(seconds),
        ) as response:
            body = await _bounded(response)
    except Forbidden:
        raise ChannelError("FORBIDDEN_ADDRESS", gone=True) from None
    except TimeoutError:
        raise ChannelError("TIMEOUT") from None
    except (*_FAILURES, ValueError):
        if said.has_lapsed:
            raise Lapsed from None
        raise ChannelError("UNREACHABLE") from None
    told = {name.lower(): value for name, value in response.headers.items()}
    if 200 <= response.status < 300:  # noqa: PLR2004  (success)
        return Answer(response.status, told, body)
    raise refusal(response.status, told.get("retry-after"))


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    # No total: whoever sends has one of their own, around all that a message takes.
    return aiohttp.ClientTimeout(
        total=None, connect=seconds, sock_connect=seconds, sock_read=seconds
    )


def refusal(status: int, retry_after: str | None = None) -> ChannelError:
    """Return what an answer that is no success means."""
    permanent = 400 <= status < 500 and status not in _WAIT  # noqa: PLR2004  (client errors)
    after = float(retry_after) if retry_after and retry_after.isdecimal() else None
    return ChannelError(f"HTTP_{status}", permanent=permanent, gone=status == GONE, after=after)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    found = b""
    async for part in response.content.iter_any():
        found += part
        if len(found) > MOST_OCTETS:
            # What it goes on to say is not waited for: the connection is of no use any more.
            response.close()
            return b""
    return found
