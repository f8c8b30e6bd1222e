"""One-time codes (RFC 6238) and recovery codes."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from typing import Final

import pyotp
import segno

SECONDS: Final = 30
# One step either way: clocks differ, and people type slowly.
DRIFT: Final = 1
RECOVERY_CODES: Final = 10
# Without letters and digits that look alike. 16 of 32 signs are 80 bits.
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 4
_CODE: Final = re.compile(r"\d{6}")


def new_seed() -> str:
    """Return the secret that an authenticator app shares with us (160 bits, base32)."""
    return pyotp.random_base32()


def address(seed: str, name: str, house: str) -> str:
    """Return the address that an authenticator app reads."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=house)


def picture(text: str) -> str:
    """Return a QR code as SVG, to stand inside a page: black on white in every theme."""
    return segno.make(text, error="m").svg_inline(scale=5, border=3, dark="#000", light="#fff")


def step_of(seed: str, code: str, now: datetime, last: int | None) -> int | None:
    """Return the step to which a code belongs, or None; one not after the `last` used is refused."""
    plain = code.replace(" ", "")
    if not _CODE.fullmatch(plain):
        return None
    current = int(now.timestamp()) // SECONDS
    generator = pyotp.TOTP(seed)
    found = [
        step
        for step in range(current - DRIFT, current + DRIFT + 1)
        if secrets.compare_digest(generator.generate_otp(step), plain)
    ]
    fresh = [step for step in found if last is None or step > last]
    return fresh[0] if fresh else None


def new_recovery_codes() -> list[str]:
    """Return codes for the day the phone is lost."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def _group() -> str:
    return "".join(secrets.choice(_SIGNS) for _ in range(4))


def recovery_digest(code: str) -> bytes:
    """Return what is kept of a recovery code, however it was typed."""
    plain = re.sub(r"[\s-]", "", code).casefold()
    return hashlib.sha256(plain.encode()).digest()
