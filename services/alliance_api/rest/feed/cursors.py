"""Cursors: a place in an organisation's feed, in one time of its database. Opaque to readers."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

_SHAPE: Final = struct.Struct(">IQQ")
_CHECK: Final = struct.Struct(">I")
_LENGTH: Final = 32  # letters: 24 octets


class BadCursor(ValueError):  # noqa: N818  (it says what was wrong)
    """A text that is no cursor of this organisation."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place just after a fact; `epoch` names the time of the database it belongs to."""

    epoch: int
    transaction: int
    position: int


def epoch_of(name: str) -> int:
    """Return the number of an epoch."""
    return zlib.crc32(name.encode())


def spell(organisation: UUID, cursor: Cursor) -> str:
    """Spell a cursor. Its check catches mistakes; a made-up one opens nothing that is not open."""
    body = _SHAPE.pack(cursor.epoch, cursor.transaction, cursor.position)
    return base64.urlsafe_b64encode(body + _check(organisation, body)).decode()


def read(organisation: UUID, text: str) -> Cursor:
    """Read a cursor back. Raises `BadCursor`."""
    if len(text) != _LENGTH or not text.isascii():
        raise BadCursor
    try:
        octets = base64.b64decode(text, altchars=b"-_", validate=True)
    except binascii.Error:
        raise BadCursor from None
    body = octets[: _SHAPE.size]
    if octets[_SHAPE.size :] != _check(organisation, body):
        raise BadCursor
    found = Cursor(*_SHAPE.unpack(body))
    if found.position >= 1 << 63:
        raise BadCursor
    return found


def _check(organisation: UUID, body: bytes) -> bytes:
    return _CHECK.pack(zlib.crc32(organisation.bytes + body))
