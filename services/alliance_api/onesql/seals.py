"""Columns that the host opens later: the database hands out what is sealed, and the edge opens it.

A sealed value stands in the answer's text between two control characters, where JSON allows none:
PostgreSQL escapes whatever anybody stored, so that nobody's text can pretend to be one. All of an
answer are opened at once. For one that does not open, the place has a hole (`nulls`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from json.encoder import encode_basestring

from .text import unreadable

SEAL = "\x02"
_SEAL, _QUOTE = SEAL.encode(), b'"'

# Returns what each (in UTF-8) is when it is opened, or None for one that does not open.
Open = Callable[[Sequence[bytes]], Awaitable[Sequence[str | None]]]


def seal(sql: str, levels: int) -> str:
    """Return the SQL of a sealed value, null where it is null.

    `levels` is how far up the null travels that stands for one that does not open.
    """
    return rf"(E'\x02{levels}' || to_json(({sql})::text)::text || E'\x02')"


async def open_seals(body: bytes, opened: Open) -> bytes:
    """Return an answer in which every sealed value is opened."""
    parts = body.split(_SEAL)
    if len(parts) == 1:
        return body
    sealed = parts[1::2]
    texts = [_text(part) for part in sealed]
    parts[1::2] = [
        unreadable(int(part[: part.index(_QUOTE)])).encode()
        if text is None
        else encode_basestring(text).encode()
        for part, text in zip(sealed, await opened(texts), strict=True)
    ]
    return b"".join(parts)


def _text(part: bytes) -> bytes:
    """Return what stands in quotes behind the number; seldom with escapes."""
    start = part.index(_QUOTE)
    if b"\\" not in part:
        return part[start + 1 : -1]
    text: str = json.loads(part[start:])
    return text.encode()
