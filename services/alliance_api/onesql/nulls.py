"""What the specification asks for when a non-null value is missing: bubble the null, say where.

The database prints a hole at the exact place (`text.hole`), with the number of levels its null
travels up; this slow path runs only for answers that hold one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from .refusals import MISSING_VALUE, UNREADABLE
from .text import HOLE

_HOLE = re.compile(f"{HOLE}([0-9]+)(u?){HOLE}")
# No object of an answer has this key: response keys are GraphQL names.
_KEY = "\0"

Error = dict[str, Any]
Path = tuple[str | int, ...]


_MISSING = ("A value that must not be null is missing.", MISSING_VALUE)
_UNREADABLE = ("A text cannot be opened. Tell whoever runs this service.", UNREADABLE)


class _Hole:
    """A missing value, as it stands in parsed JSON; or one that is there and does not open."""

    def __init__(self, levels: int, kind: str) -> None:
        self.levels = levels
        self.error = _UNREADABLE if kind else _MISSING


class _Bubble(Exception):  # noqa: N818  (it is control flow)
    """A null on its way up."""

    def __init__(self, levels: int) -> None:
        super().__init__(levels)
        self.levels = levels


def is_whole(body: bytes) -> bool:
    """Tell whether an answer can be sent as it is."""
    return HOLE.encode() not in body


def mend(body: bytes) -> tuple[Any, list[Error]]:
    """Return the mended data of an answer, and one error for each null that was put in."""
    errors: list[Error] = []
    return _root(_parse(body), errors), errors


def mend_response(body: bytes) -> dict[str, Any]:
    """Return a whole response `{"data": …}` with its data mended and its errors added."""
    response: dict[str, Any] = _parse(body)
    errors: list[Error] = []
    response["data"] = _root(response["data"], errors)
    return {"errors": errors, **response} if errors else response


def _parse(body: bytes) -> Any:
    marked = _HOLE.sub(r'{"\\u0000":[\1,"\2"]}', body.decode())
    return json.loads(marked, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    if pairs and pairs[0][0] == _KEY:
        return _Hole(*pairs[0][1])
    return dict(pairs)


def _root(data: Any, errors: list[Error]) -> Any:
    try:
        return _walk(data, (), errors)
    except _Bubble:
        return None


def _walk(value: Any, path: Path, errors: list[Error]) -> Any:
    if isinstance(value, _Hole):
        errors.append(_error(value, path))
        raise _Bubble(value.levels)
    items: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return value
    for key, item in items:
        value[key] = _place(item, (*path, key), errors)
    return value


def _place(item: Any, path: Path, errors: list[Error]) -> Any:
    try:
        return _walk(item, path, errors)
    except _Bubble as bubble:
        if bubble.levels:
            raise _Bubble(bubble.levels - 1) from None
        return None


def _error(hole: _Hole, path: Path) -> Error:
    message, code = hole.error
    return {"message": message, "path": list(path), "extensions": {"code": code}}
