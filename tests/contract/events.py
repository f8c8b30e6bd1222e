"""The golden events, and how a live one is made comparable with them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "facts"
_INSTANT = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"')
_DAY = re.compile(r'"\d{4}-\d\d-\d\d"')
# What may be any code of its list.
_CODES = ("instrument", "timeZone", "intervalDays", "relation", "outcome", "kind")
_ID = re.compile(r"([a-z]+-)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def golden(kind: str) -> dict[str, Any]:
    """Return the golden event of a type of fact."""
    found: dict[str, Any] = json.loads((FOLDER / f"{kind}.json").read_text())
    return found


def types() -> set[str]:
    """Return the types that have a golden event."""
    return {path.stem for path in FOLDER.glob("*.json")}


def shape(event: dict[str, Any]) -> str:
    """Return an event with its ids numbered by kind as they come, and its instants, days and codes as such."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)

    def number(found: re.Match[str]) -> str:
        kind, uuid = found.groups()
        return f"{kind}{numbers[kind].setdefault(uuid, len(numbers[kind]) + 1)}"

    data = {key: type(v).__name__ if key in _CODES else v for key, v in event["data"].items()}
    own = {"id": "-", "cursor": "-", "traceparent": "-"}
    text = json.dumps({**event, **own, "data": data}, indent=1, sort_keys=True)
    return _ID.sub(number, _DAY.sub('"day"', _INSTANT.sub('"instant"', text)))
