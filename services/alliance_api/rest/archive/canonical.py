"""JSON whose octets follow from its values: keys in order, no space, UTF-8. In pieces, for the large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from .rows import Rows


def dumps(value: Any) -> bytes:
    """Return a small value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def pieces(value: Any) -> Iterator[bytes]:
    """Yield a value that may hold `Rows`, none of them ever whole in memory."""
    if isinstance(value, Rows):
        yield from _listed(map(dumps, value))
    elif isinstance(value, Mapping) and _is_deep(value.values()):
        for index, key in enumerate(sorted(value)):
            yield (b"," if index else b"{") + dumps(key) + b":"
            yield from pieces(value[key])
        yield b"}"
    elif isinstance(value, list) and _is_deep(value):
        yield b"["
        for index, item in enumerate(value):
            yield from ([b","] if index else [])
            yield from pieces(item)
        yield b"]"
    else:
        yield dumps(value)


def _listed(items: Iterable[bytes]) -> Iterator[bytes]:
    yield b"["
    for index, item in enumerate(items):
        yield b"," + item if index else item
    yield b"]"


def _is_deep(values: Any) -> bool:
    return any(isinstance(each, Rows | Mapping | list) for each in values)
