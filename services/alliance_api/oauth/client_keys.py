"""The public keys of clients: given when they registered, or fetched where they said they are."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chassis import strict_json

from .clients import Client
from .jws import Jws, is_signed, usable

Fetch = Callable[[str], Awaitable[bytes]]
FRESH_SECONDS: Final = 3600.0
# However many assertions name keys that are not there, the client's server is asked this seldom.
REFETCH_SECONDS: Final = 60.0
_MOST: Final = 1000

_log = logging.getLogger("alliance.oauth")


@dataclass(slots=True)
class _Fetched:
    keys: Sequence[dict[str, Any]] = ()
    good_until: float = float("-inf")
    asked: float = field(default=float("-inf"))


class ClientKeys:
    """Fetches and remembers what clients publish, one hour long."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float]) -> None:
        """Keep who gets the octets at an address, and seconds."""
        self._fetch, self._clock = fetch, clock
        self._known: dict[str, _Fetched] = {}

    async def signed(self, client: Client, found: Jws) -> bool:
        """Tell whether one of a client's own keys made a signature."""
        if client.jwks is not None:
            return _signed(usable(client.jwks), found)
        if client.jwks_uri is None:
            return False
        return _signed(await self._fetched(client.jwks_uri, found), found)

    async def _fetched(self, url: str, found: Jws) -> Sequence[dict[str, Any]]:
        known = self._known.setdefault(url, _Fetched())
        now = self._clock()
        stale = now >= known.good_until
        if (stale or not _named(known.keys, found)) and now >= known.asked + REFETCH_SECONDS:
            known.asked = now
            await self._refresh(url, known, now)
        while len(self._known) > _MOST:
            self._known.pop(next(iter(self._known)))
        return known.keys if now < known.good_until else ()

    async def _refresh(self, url: str, known: _Fetched, now: float) -> None:
        try:
            keys = usable(strict_json.parse(await self._fetch(url)))
        except Exception as error:  # noqa: BLE001 - however it failed, there are no new keys
            _log.warning("jwks.fetch_failed", extra={"exception.type": type(error).__name__})
            return
        known.keys, known.good_until = keys, now + FRESH_SECONDS


def _named(keys: Sequence[dict[str, Any]], found: Jws) -> list[dict[str, Any]]:
    kid = found.header.get("kid")
    return [key for key in keys if kid is None or key.get("kid") == kid]


def _signed(keys: Sequence[dict[str, Any]], found: Jws) -> bool:
    # At most a few: a set with a thousand keys of one name must not cost a thousand verifications.
    return any(is_signed(found, key) for key in _named(keys, found)[:4])
