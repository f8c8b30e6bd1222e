"""Keyset cursors: opaque, made in the database, and never trusted when they come back.

A cursor is the base64 of a JSON list of texts: a tag of table and order, then the row's keys.
"""

from __future__ import annotations

import base64
import hashlib
import json

from .keys import CANONICAL
from .sources import Order
from .text import identifier, quote


class BadCursorError(ValueError):
    """A cursor that this connection did not make."""


def tag(table: str, order: Order) -> str:
    """Return what ties a cursor to its connection and order."""
    text = f"{table}:{order.columns}:{order.descending}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def cursor_sql(row: str, table: str, order: Order) -> str:
    """Return the SQL text of a row's cursor."""
    keys = ", ".join(f"{row}.{identifier(name)}::text" for name, _ in order.columns)
    plain = f"json_build_array({quote(tag(table, order))}, {keys})::text"
    return f"translate(encode(convert_to({plain}, 'UTF8'), 'base64'), E'\\n', '')"


def read_cursor(cursor: object, table: str, order: Order) -> list[str]:
    """Return the key values of a cursor, each as its column's type spells it.

    Raises `BadCursorError`; what was wrong is not said, since a cursor is opaque.
    """
    try:
        head, *values = json.loads(base64.b64decode(str(cursor).encode("ascii"), validate=True))
        if head != tag(table, order) or not all(isinstance(value, str) for value in values):
            raise BadCursorError
        pairs = zip(values, order.columns, strict=True)
        return [CANONICAL[kind](value) for value, (_, kind) in pairs]
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        raise BadCursorError from None
