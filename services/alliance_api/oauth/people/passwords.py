"""Passwords: Argon2id beside the event loop, and the same work whether there is an account or not."""

from __future__ import annotations

import unicodedata
from typing import Final

import anyio
from anyio import to_thread
from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION, Type

# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
OWASP: Final = Parameters(
    type=Type.ID,
    version=ARGON2_VERSION,
    salt_len=16,
    hash_len=32,
    time_cost=2,
    memory_cost=19 * 1024,
    parallelism=1,
)
SHORTEST: Final = 12
LONGEST: Final = 128
FEWEST_DIFFERENT: Final = 5
AT_ONCE: Final = 2


class Passwords:
    """Makes and compares hashes. `compared` counts the comparisons: tests ask whether work was done."""

    def __init__(self, parameters: Parameters = OWASP) -> None:
        """Make the hash that stands in where nobody has the name that was given."""
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._nobodys = self._hasher.hash("nobody has this password")
        # Each comparison takes memory and a processor; more at once would starve the others.
        self._limiter: anyio.CapacityLimiter | None = None
        self.compared = 0

    def _few(self) -> anyio.CapacityLimiter:
        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        return self._limiter

    async def made(self, password: str) -> str:
        """Return the hash to keep."""
        return await to_thread.run_sync(self._hasher.hash, _plain(password), limiter=self._few())

    async def good(self, kept: str | None, password: str) -> bool:
        """Tell whether this is the password; without a hash to compare with it is as much work."""
        self.compared += 1
        against = kept or self._nobodys
        found = await to_thread.run_sync(self._is, against, password, limiter=self._few())
        return found and kept is not None

    def _is(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _plain(password))
        except (VerificationError, InvalidHashError):
            return False

    def is_old(self, kept: str) -> bool:
        """Tell whether a hash was made with weaker parameters."""
        return self._hasher.check_needs_rehash(kept)


def _plain(password: str) -> str:
    # The same characters typed on another keyboard are the same password.
    return unicodedata.normalize("NFKC", password)[:LONGEST]


def weakness(password: str, name: str) -> str | None:
    """Return why a password will not do (a key of the texts), or None."""
    plain = _plain(password)
    if not SHORTEST <= len(password) <= LONGEST:
        return "password.length"
    if len(set(plain)) < FEWEST_DIFFERENT:
        return "password.simple"
    if name.casefold() in plain.casefold():
        return "password.name"
    return None
