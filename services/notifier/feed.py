"""Reading `GET /v1/feed`: a CloudEvents batch after a cursor, with a long poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chassis import strict_json

BATCH = "application/cloudevents-batch+json"
LARGEST = 8 * 1024 * 1024
WAIT_SECONDS = 20
MOST = 500


class Unreadable(Exception):  # noqa: N818  (it says what is the matter)
    """The feed could not be read now. Holds the reason's code, and nothing of what was answered."""


class Expired(Unreadable):
    """The cursor does not serve any more: begin anew without one. What still stands is there."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in their order, and the place after the last one."""

    events: tuple[dict[str, Any], ...]
    cursor: str | None


class Feed:
    """One organisation's feed."""

    def __init__(
        self, name: str, url: str, token: Callable[[], str], client: httpx.AsyncClient
    ) -> None:
        """Keep where it is; the token is asked for each time, so that it may change."""
        self.name, self._url, self._token, self._client = name, url, token, client

    async def read(self, after: str | None, *, wait: int = WAIT_SECONDS) -> Batch:
        """Return what came after a cursor, waiting up to `wait` seconds for it.

        Raises `Unreadable`, or `Expired`.
        """
        asked: dict[str, str | int] = {"limit": MOST, "wait": wait}
        if after is not None:
            asked["after"] = after
        try:
            response = await self._client.get(
                self._url,
                params=asked,
                headers={"authorization": f"Bearer {self._token()}", "accept": BATCH},
                timeout=wait + 10,
            )
        except (httpx.HTTPError, OSError) as error:
            raise Unreadable(type(error).__name__) from None
        if response.status_code == httpx.codes.GONE and after is not None:
            raise Expired("CURSOR_EXPIRED")
        if response.status_code != httpx.codes.OK:
            raise Unreadable(f"HTTP_{response.status_code}")
        return batch(response.content)


def batch(content: bytes) -> Batch:
    """Read a batch. Raises `Unreadable`."""
    if len(content) > LARGEST:
        raise Unreadable("TOO_LARGE")
    try:
        found = strict_json.parse(content)
    except strict_json.BadJson:
        raise Unreadable("BAD_JSON") from None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unreadable("NOT_A_BATCH")
    cursor = found[-1].get("cursor") if found else None
    if found and not isinstance(cursor, str):
        raise Unreadable("NO_CURSOR")
    return Batch(tuple(found), cursor)


def from_file(path: Path) -> Callable[[], str]:
    """Return what reads a token from a file, anew each time."""
    return lambda: path.read_text(encoding="utf-8").strip()
