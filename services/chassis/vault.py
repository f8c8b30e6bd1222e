"""Words sealed under a key per owner: AES-256-GCM, the key itself wrapped by a master.

Whatever is sealed is bound to its place, so that a text that was moved to another row, column or
owner does not open there. Keys that were unwrapped are kept for a while, under what they were
unwrapped from: a key that was destroyed is simply not asked for any more.
"""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from opentelemetry import metrics

from chassis.masters import (
    BYTES,
    NONCE,
    DoesNotOpen,
    MasterKeys,
    UnknownMaster,
    Wrapped,
    decoded,
    encoded,
)

PREFIX = "sealed:1:"
KEPT = 20_000
LASTS = 300.0

_log = logging.getLogger("chassis.vault")
_unopened = metrics.get_meter("chassis.vault").create_counter(
    "vault.unopened", description="Sealed texts that did not open."
)


class Key:
    """The key of one owner, ready for use. It prints nothing of itself."""

    def __init__(self, raw: bytes, owner: bytes) -> None:
        """Derive one key for each use, so that no use tells anything of another."""
        self._owner = owner
        self._cipher = AESGCM(hmac.digest(raw, b"text", "sha256"))
        self._mac = hmac.digest(raw, b"mac", "sha256")

    def seal(self, text: str, about: bytes, nonce: bytes) -> str:
        """Seal a text for its place."""
        return PREFIX + encoded(nonce + self._cipher.encrypt(nonce, text.encode(), self._at(about)))

    def open(self, sealed: str, about: bytes) -> str:
        """Return a text. Raises `DoesNotOpen`, also for what was never sealed."""
        if not sealed.startswith(PREFIX):
            raise DoesNotOpen
        found = decoded(sealed[len(PREFIX) :])
        try:
            return self._cipher.decrypt(found[:NONCE], found[NONCE:], self._at(about)).decode()
        except (InvalidTag, ValueError):
            raise DoesNotOpen from None

    def mac(self, text: bytes) -> str:
        """Return a code by which the owner's text is known again, and by nobody else guessed."""
        return hmac.new(self._mac, text, "sha256").hexdigest()

    def _at(self, about: bytes) -> bytes:
        return self._owner + b"|" + about


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text as it was found: whose, where, and under which wrapped key."""

    owner: bytes
    wrapped: Wrapped
    about: bytes
    text: str


class Vault:
    """Seals and opens; asks the master keys for what it does not know."""

    def __init__(
        self,
        masters: MasterKeys,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = KEPT,
    ) -> None:
        """Keep who wraps keys."""
        self._masters, self._random, self._clock = masters, random, clock
        self._capacity = capacity
        self._keys: OrderedDict[tuple[bytes, Wrapped], tuple[Key, float]] = OrderedDict()

    async def new_key(self, owner: bytes) -> Wrapped:
        """Return a new key of an owner, wrapped."""
        return await self._masters.wrap(self._random(BYTES), owner)

    async def key(self, wrapped: Wrapped, owner: bytes) -> Key:
        """Return the key of an owner. Raises `UnknownMaster` or `DoesNotOpen`."""
        # The owner too: what is wrapped for one must not be found here for another.
        found = self._keys.get((owner, wrapped))
        if found is not None and found[1] > self._clock():
            self._keys.move_to_end((owner, wrapped))
            return found[0]
        key = Key(await self._masters.unwrap(wrapped, owner), owner)
        self._keys[owner, wrapped] = (key, self._clock() + LASTS)
        while len(self._keys) > self._capacity:
            self._keys.popitem(last=False)
        return key

    def seal(self, key: Key, text: str, about: bytes) -> str:
        """Seal a text of a key's owner for its place."""
        return key.seal(text, about, self._random(NONCE))

    async def open(self, sealed: Sequence[Sealed]) -> list[str | None]:
        """Open texts; None stands for one that does not open, which is counted and logged."""
        failed: Counter[str] = Counter()
        found = [await self._opened(each, failed) for each in sealed]
        for reason, count in failed.items():
            _unopened.add(count, {"error.type": reason})
            _log.error("vault.unopened", extra={"error.type": reason, "rows": count})
        return found

    async def _opened(self, sealed: Sealed, failed: Counter[str]) -> str | None:
        try:
            key = await self.key(sealed.wrapped, sealed.owner)
            return key.open(sealed.text, sealed.about)
        except (UnknownMaster, DoesNotOpen) as error:
            failed[type(error).__name__] += 1
            return None


class NoMasters:
    """Stands where no master keys were given: nothing is sealed, and nothing opens."""

    async def wrap(self, key: bytes, about: bytes) -> Wrapped:  # noqa: ARG002  (the protocol's)
        """Refuse."""
        raise UnknownMaster

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:  # noqa: ARG002  (the same)
        """Refuse."""
        raise UnknownMaster
