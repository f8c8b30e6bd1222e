"""One POST: fenced at the last moment, its answer read as little as possible and sorted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from .guard import Forbidden
from .message import ChannelError, Fence

MOST_OCTETS = 64 * 1024
GONE = 410
# For the time being, or our own fault: 401 to 403 say that the provider does not know us.
_WAIT = frozenset({401, 402, 403, 407, 408, 409, 425, 429})


async def post(
    client: httpx.AsyncClient, url: str, content: bytes, headers: Mapping[str, str], fence: Fence
) -> httpx.Response:
    """Post, and return an answer of success with at most 64 KiB of its body.

    Raises `ChannelError` for any other, or `Lapsed` if the fence fell before the request left.
    """

    async def trace(event: str, _: dict[str, Any]) -> None:
        # httpcore calls this right before it writes: behind it there is no more waiting.
        if event.endswith(("send_request_headers.started", "send_request_body.started")):
            fence()

    extensions = {"trace": trace}
    try:
        async with client.stream(
            "POST", url, content=content, headers=headers, extensions=extensions
        ) as response:
            await _bounded(response)
    except Forbidden:
        raise ChannelError("FORBIDDEN_ADDRESS", gone=True) from None
    except httpx.HTTPError as error:
        raise ChannelError(_code(error)) from None
    if response.is_success:
        return response
    raise refusal(response.status_code, response.headers.get("retry-after"))


def refusal(status: int, retry_after: str | None = None) -> ChannelError:
    """Return what an answer that is no success means."""
    permanent = 400 <= status < 500 and status not in _WAIT  # noqa: PLR2004  (client errors)
    after = float(retry_after) if retry_after and retry_after.isdigit() else None
    return ChannelError(f"HTTP_{status}", permanent=permanent, gone=status == GONE, after=after)


def _code(error: httpx.HTTPError) -> str:
    return "TIMEOUT" if isinstance(error, httpx.TimeoutException) else "UNREACHABLE"


async def _bounded(response: httpx.Response) -> None:
    found = b""
    async for part in response.aiter_raw():
        found += part
        if len(found) > MOST_OCTETS:
            found = b""
            break
    response._content = found  # noqa: SLF001  (so that `json()` finds it)
