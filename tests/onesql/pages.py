"""What a page of a connection is, and what its cursors hold, said once more in plain Python."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

Row = dict[str, Any]
PAGE = 25

# Columns, their types, and whether the order is reversed.
Order = tuple[tuple[tuple[str, str], ...], bool]
BY_TITLE: Order = ((("title", "text"), ("id", "uuid")), False)
NEWEST: Order = ((("added", "timestamptz"), ("id", "uuid")), True)
LONGEST: Order = ((("length", "int"), ("price", "float8"), ("id", "uuid")), True)
BY_WRITTEN: Order = ((("written", "timestamptz"), ("id", "uuid")), True)
BY_NAME: Order = ((("name", "text"), ("id", "uuid")), False)
BY_DAY: Order = ((("added_on", "date"), ("id", "uuid")), False)
ORDERS = {"TITLE": BY_TITLE, "NEWEST": NEWEST, "LONGEST": LONGEST}


def cursor_of(table: str, row: Row, order: Order) -> str:
    columns, reverse = order
    tag = hashlib.sha256(f"{table}:{columns}:{reverse}".encode()).hexdigest()[:8]
    texts = [tag, *(_text(row[name]) for name, _ in columns)]
    plain = json.dumps(texts, ensure_ascii=False)
    return base64.b64encode(plain.encode()).decode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        return f"{value:%Y-%m-%d %H:%M:%S}{fraction}+00"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def page(table: str, found: list[Row], every: list[Row], order: Order, arguments: Row) -> Row:
    columns, reverse = order

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name, _ in columns)

    place_of: Callable[[str], int] = [
        cursor_of(table, row, order) for row in sorted(every, key=key, reverse=reverse)
    ].index
    places = {id(row): i for i, row in enumerate(sorted(every, key=key, reverse=reverse))}
    rows = sorted(found, key=key, reverse=reverse)
    if "after" in arguments:
        rows = [row for row in rows if places[id(row)] > place_of(arguments["after"])]
    if "before" in arguments:
        rows = [row for row in rows if places[id(row)] < place_of(arguments["before"])]
    backwards = "last" in arguments or ("before" in arguments and "first" not in arguments)
    size = arguments.get("last" if backwards else "first", PAGE)
    shown = rows[-size:] if backwards else rows[:size]
    more = len(rows) > size
    cursors = [cursor_of(table, row, order) for row in shown]
    return {
        "nodes": shown,
        "edges": [{"node": row, "cursor": cursor_of(table, row, order)} for row in shown],
        "totalCount": len(found),
        "pageInfo": {
            "hasNextPage": "before" in arguments if backwards else more,
            "hasPreviousPage": more if backwards else "after" in arguments,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }
