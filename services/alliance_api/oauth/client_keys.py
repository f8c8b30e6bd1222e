"""The public keys of clients: given when they registered, or fetched where they said they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chassis import strict_json
from chassis.outside import Got

from .clients import Client
from .jws import Jws, is_signed, usable

Fetch = Callable[[str], Awaitable[Got]]
# As long as keys are kept at most, whatever their server says.
FRESH_SECONDS: Final = 3600.0
# However many assertions name keys that are not there, the client's server is asked this seldom.
REFETCH_SECONDS: Final = 60.0
_MOST: Final = 1000

_log = logging.getLogger("alliance.oauth")


@dataclass(slots=True)
class _Fetched:
    keys: Sequence[dict[str, Any]] = ()
    good_until: float = float("-inf")
    asked: float = float("-inf")
    answered: float = float("-inf")
    failed: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_due(self, found: Jws, now: float) -> bool:
        """Say whether to ask: keys that are over are always asked for, unless that just failed."""
        if now >= self.asked + REFETCH_SECONDS:
            return now >= self.good_until or not _named(self.keys, found)
        return now >= self.good_until and not self.failed

    def latest(self, now: float) -> Sequence[dict[str, Any]]:
        """Return the keys of the latest answer; of one that failed, those before if still good."""
        return () if self.failed and now >= self.good_until else self.keys


class ClientKeys:
    """Fetches what clients publish, and keeps it as long as their servers say, an hour at most."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float]) -> None:
        """Keep who gets what is at an address, and seconds."""
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
        while len(self._known) > _MOST:
            self._known.pop(next(iter(self._known)))
        now = self._clock()
        if not known.is_due(found, now):
            return known.keys if now < known.good_until else ()
        async with known.lock:
            # Those who came while somebody was asking share the answer, so that a crowd asks once.
            if known.answered < now:
                return await self._refresh(url, known)
            return known.latest(now)

    async def _refresh(self, url: str, known: _Fetched) -> Sequence[dict[str, Any]]:
        """Ask; return the keys that came, or those that are still good if none did."""
        known.asked = now = self._clock()
        try:
            got = await self._fetch(url)
            known.keys = usable(strict_json.parse(got.body))
            lasts = FRESH_SECONDS if got.lasts is None else got.lasts
            known.good_until = now + min(lasts, FRESH_SECONDS)
            known.failed = False
        except Exception as error:  # noqa: BLE001 - however it failed, there are no new keys
            _log.warning("jwks.fetch_failed", extra={"exception.type": type(error).__name__})
            known.failed = True
        known.answered = self._clock()
        return known.latest(now)


def _named(keys: Sequence[dict[str, Any]], found: Jws) -> list[dict[str, Any]]:
    kid = found.header.get("kid")
    return [key for key in keys if kid is None or key.get("kid") == kid]


def _signed(keys: Sequence[dict[str, Any]], found: Jws) -> bool:
    # At most a few: a set with a thousand keys of one name must not cost a thousand verifications.
    return any(is_signed(found, key) for key in _named(keys, found)[:4])
