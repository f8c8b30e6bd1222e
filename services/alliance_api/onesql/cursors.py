"""Keyset cursors: opaque, made in the database, and never trusted when they come back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from datetime import date, datetime

from .sources import Order
from .text import quote

_CHECKS = {
    "uuid": uuid.UUID,
    "timestamptz": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int": int,
    "bigint": int,
    "float8": float,
    "text": str,
}


class BadCursor(ValueError):
    """A cursor that this connection did not make."""


def tag(table: str, order: Order) -> str:
    """Return what ties a cursor to its connection and order."""
    text = f"{table}:{order.columns}:{order.descending}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def cursor_sql(row: str, table: str, order: Order) -> str:
    """Return the SQL text of a row's cursor."""
    keys = " || '|' || ".join(f"{row}.{name}::text" for name, _ in order.columns)
    plain = f"{quote(tag(table, order))} || '|' || {keys}"
    return f"translate(encode(convert_to({plain}, 'UTF8'), 'base64'), E'\\n', '')"


def read_cursor(cursor: object, table: str, order: Order) -> list[str]:
    """Return the key values of a cursor, checked against the types of the order.

    Raises `BadCursor`; what was wrong is not said, since a cursor is opaque.
    """
    try:
        plain = base64.b64decode(str(cursor).encode("ascii"), validate=True).decode()
        head, _, rest = plain.partition("|")
        values = rest.split("|")
        if head != tag(table, order) or len(values) != len(order.columns) or "\0" in rest:
            raise BadCursor
        for value, (_, kind) in zip(values, order.columns, strict=True):
            _CHECKS[kind](value)
    except (ValueError, UnicodeError, binascii.Error, OverflowError):
        raise BadCursor from None
    return values
