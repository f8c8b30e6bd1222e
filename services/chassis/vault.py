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
from collections.abc import Callable, Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis import metrics
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
_PREFIX = PREFIX.encode()
KEPT = 20_000
LASTS = 300.0

_log = logging.getLogger("chassis.vault")


class Key:
    """The key of one owner, ready for use. It prints nothing of itself."""

    def __init__(self, raw: bytes, owner: bytes) -> None:
        """Derive one key for each use, so that no use tells anything of another."""
        self._place = owner + b"|"
        self._cipher = AESGCM(hmac.digest(raw, b"text", "sha256"))
        self._mac = hmac.digest(raw, b"mac", "sha256")

    def seal(self, text: str, about: bytes, nonce: bytes) -> str:
        """Seal a text for its place."""
        sealed = self._cipher.encrypt(nonce, text.encode(), self._place + about)
        return PREFIX + encoded(nonce + sealed)

    def open(self, sealed: bytes, about: bytes) -> str:
        """Return a text. Raises `DoesNotOpen`, also for what was never sealed."""
        if not sealed.startswith(_PREFIX):
            raise DoesNotOpen
        found = decoded(sealed[len(_PREFIX) :])
        try:
            opened = self._cipher.decrypt(found[:NONCE], found[NONCE:], self._place + about)
        except (InvalidTag, ValueError):
            raise DoesNotOpen from None
        return opened.decode()

    def mac(self, text: bytes) -> str:
        """Return a code by which the owner's text is known again, and by nobody else guessed."""
        return hmac.new(self._mac, text, "sha256").hexdigest()


# A text as it was found: its owner, the master and the wrapped key, its place, and the sealed text.
# A tuple of bytes, since an answer may hold hundreds.
Sealed = tuple[bytes, bytes, bytes, bytes, bytes]


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
        # By owner, too: what is wrapped for one must not be found here for another.
        self._keys: OrderedDict[tuple[bytes, bytes, bytes], tuple[Key, float]] = OrderedDict()

    async def new_key(self, owner: bytes) -> Wrapped:
        """Return a new key of an owner, wrapped."""
        return await self._masters.wrap(self._random(BYTES), owner)

    async def key(self, wrapped: Wrapped, owner: bytes) -> Key:
        """Return the key of an owner. Raises `UnknownMaster` or `DoesNotOpen`."""
        return await self._key(owner, wrapped.master.encode(), wrapped.text.encode())

    def seal(self, key: Key, text: str, about: bytes) -> str:
        """Seal a text of a key's owner for its place."""
        return key.seal(text, about, self._random(NONCE))

    async def open(self, sealed: Iterable[Sealed]) -> list[str | None]:
        """Open texts; None stands for one that does not open, which is counted and logged."""
        found: list[str | None] = []
        failed: Counter[str] = Counter()
        now = self._clock()
        for owner, master, wrapped, about, text in sealed:
            known = self._keys.get((owner, master, wrapped))
            try:
                if known is not None and known[1] > now:
                    key = known[0]
                else:
                    key = await self._key(owner, master, wrapped)
                found.append(key.open(text, about))
            except (UnknownMaster, DoesNotOpen) as error:
                failed[type(error).__name__] += 1
                found.append(None)
        for reason, count in failed.items():
            metrics.add(metrics.UNOPENED, count, {"error.type": reason})
            _log.error("vault.unopened", extra={"error.type": reason, "rows": count})
        return found

    async def _key(self, owner: bytes, master: bytes, wrapped: bytes) -> Key:
        name = (owner, master, wrapped)
        known = self._keys.get(name)
        if known is not None and known[1] > self._clock():
            return known[0]
        text = Wrapped(master.decode(errors="replace"), wrapped.decode(errors="replace"))
        key = Key(await self._masters.unwrap(text, owner), owner)
        self._keys[name] = (key, self._clock() + LASTS)
        self._keys.move_to_end(name)
        while len(self._keys) > self._capacity:
            self._keys.popitem(last=False)
        return key


class NoMasters:
    """Stands where no master keys were given: nothing is sealed, and nothing opens."""

    async def wrap(self, key: bytes, about: bytes) -> Wrapped:  # noqa: ARG002  (the protocol's)
        """Refuse."""
        raise UnknownMaster

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:  # noqa: ARG002  (the same)
        """Refuse."""
        raise UnknownMaster
