"""The golden events, and how a live one is made comparable with them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "facts"
_ID = re.compile(r"([a-z]+-)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def golden(kind: str) -> dict[str, Any]:
    """Return the golden event of a type of fact."""
    found: dict[str, Any] = json.loads((FOLDER / f"{kind}.json").read_text())
    return found


def types() -> set[str]:
    """Return the types that have a golden event."""
    return {path.stem for path in FOLDER.glob("*.json")}


def shape(event: dict[str, Any]) -> str:
    """Return an event with its ids numbered by kind as they come, and its own places taken out."""
    numbers: dict[str, dict[str, int]] = defaultdict(dict)

    def number(found: re.Match[str]) -> str:
        kind, uuid = found.groups()
        return f"{kind}{numbers[kind].setdefault(uuid, len(numbers[kind]) + 1)}"

    comparable = {**event, "id": "-", "cursor": "-", "traceparent": "-"}
    return _ID.sub(number, json.dumps(comparable, indent=1, sort_keys=True))
