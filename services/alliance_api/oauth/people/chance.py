"""What must not be guessed: secrets of 256 bits, and what is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Return 256 random bits, spelled for cookies and links."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Tell whether a text has the form of a secret of ours."""
    return bool(_SECRET.fullmatch(text))


def digest(secret: str) -> bytes:
    """Return what is stored of a secret: who reads the table cannot use it."""
    return hashlib.sha256(secret.encode()).digest()


def form_key(secret: str) -> str:
    """Return the key that a browser's forms must carry: made from its cookie, and not telling it."""
    made = hmac.digest(secret.encode(), b"form", "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def same(one: str, other: str) -> bool:
    """Compare without telling how far two texts agree."""
    return hmac.compare_digest(one.encode(), other.encode())
