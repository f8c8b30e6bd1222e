"""One POST: fenced at the last moment, its answer read as little as possible and sorted.

On httpcore, which knows no redirects, no proxies and no cookies.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpcore

from .guard import Forbidden
from .message import ChannelError, Fence

Pool = httpcore.AsyncConnectionPool

MOST_OCTETS = 64 * 1024
GONE = 410
# For the time being, or our own fault: 401 to 403 say that the provider does not know us.
_WAIT = frozenset({401, 402, 403, 407, 408, 409, 425, 429})
_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError)


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


def open_pool(backend: httpcore.AsyncNetworkBackend | None = None, *, most: int = 100) -> Pool:
    """Return connections to HTTP servers; a guarded backend for addresses of strangers."""
    return httpcore.AsyncConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=most,
        max_keepalive_connections=most,
        keepalive_expiry=30,
        network_backend=backend,
    )


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

    async def trace(event: str, _: dict[str, Any]) -> None:
        # httpcore calls this right before it writes: behind it there is no more waiting.
        if event.endswith(("send_request_headers.started", "send_request_body.started")):
            fence()

    times = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    extensions = {"trace": trace, "timeout": times}
    try:
        async with pool.stream(
            "POST", url, headers=list(headers.items()), content=content, extensions=extensions
        ) as response:
            body = await _bounded(response)
    except Forbidden:
        raise ChannelError("FORBIDDEN_ADDRESS", gone=True) from None
    except (httpcore.TimeoutException, TimeoutError):
        raise ChannelError("TIMEOUT") from None
    except _FAILURES:
        raise ChannelError("UNREACHABLE") from None
    told = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }
    if 200 <= response.status < 300:  # noqa: PLR2004  (success)
        return Answer(response.status, told, body)
    raise refusal(response.status, told.get("retry-after"))


def refusal(status: int, retry_after: str | None = None) -> ChannelError:
    """Return what an answer that is no success means."""
    permanent = 400 <= status < 500 and status not in _WAIT  # noqa: PLR2004  (client errors)
    after = float(retry_after) if retry_after and retry_after.isdecimal() else None
    return ChannelError(f"HTTP_{status}", permanent=permanent, gone=status == GONE, after=after)


async def _bounded(response: httpcore.Response) -> bytes:
    found = b""
    async for part in response.aiter_stream():
        found += part
        if len(found) > MOST_OCTETS:
            return b""
    return found
