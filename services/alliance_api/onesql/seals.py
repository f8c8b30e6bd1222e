"""Columns that the host opens later: the database hands out what is sealed, and the edge opens it.

A sealed value stands in the answer's text between two control characters, where JSON allows none:
PostgreSQL escapes whatever anybody stored, so that nobody's text can pretend to be one. All of an
answer are opened at once. For one that does not open, the place has a hole (`nulls`).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from .text import unreadable

SEAL = "\x02"
_SEAL = SEAL.encode()

# Returns what each is when it is opened, or None for one that does not open.
Open = Callable[[Sequence[str]], Awaitable[Sequence[str | None]]]


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
    levels, texts = [], []
    for part in parts[1::2]:
        level, quote, rest = part.partition(b'"')
        levels.append(int(level))
        texts.append(_text(quote + rest))
    for index, found in enumerate(await opened(texts)):
        place = 2 * index + 1
        if found is None:
            parts[place] = unreadable(levels[index]).encode()
        else:
            parts[place] = json.dumps(found, ensure_ascii=False).encode()
    return b"".join(parts)


def _text(quoted: bytes) -> str:
    # What is sealed seldom needs escapes.
    return json.loads(quoted) if b"\\" in quoted else quoted[1:-1].decode()
