"""Values nobody can guess, which are kept as their SHA-256 only."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable

# Returns so many octets that nobody can foretell: `os.urandom`, but for tests.
Random = Callable[[int], bytes]

OCTETS = 32


def opaque(random: Random, octets: int = OCTETS) -> str:
    """Return a new value in base64url, 256 bits unless told otherwise."""
    return spelled(random(octets))


def hashed(text: str) -> bytes:
    """Return what is kept of a value. Without a salt: there is nothing to guess in 256 bits."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()


def spelled(octets: bytes) -> str:
    """Spell octets in base64url, without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def successor(token: str, seed: bytes) -> str:
    """Return the token that follows a spent one: known to whoever has the token and the seed."""
    return spelled(hmac.digest(seed, token.encode(errors="surrogateescape"), "sha256"))
