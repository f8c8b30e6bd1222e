"""The lines of an exported ledger. A seal and an entry have one spelling each, and no other is read.

So a changed octet is another entry, or no line at all: nothing in an export can be touched unseen,
not even a blank that means nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from .seals import ID, Entry, Seal


class NotALine(ValueError):  # noqa: N818  (what it is, not that it went wrong)
    """A line that no export has; its message tells which, and never what is in it."""


def line_of(organisation: str, told: Seal | Entry) -> str:
    """Spell a seal or an entry of an organisation, with the line's end."""
    return json.dumps({"organisation": organisation, **_named(told)}) + "\n"


def lines_of(organisation: str, seals: Iterable[Seal], entries: Iterable[Entry]) -> Iterator[str]:
    """Spell an organisation's ledger: its seals, then its entries."""
    for seal in seals:
        yield line_of(organisation, seal)
    for entry in entries:
        yield line_of(organisation, entry)


def _named(told: Seal | Entry) -> dict[str, Any]:
    if isinstance(told, Seal):
        return {"seal": {**asdict(told), "leaves": told.leaves.hex()}}
    return {"entry": {"id": told.id.hex(), "place": told.place, "values": told.values}}


def ledgers_of(lines: Iterable[bytes]) -> dict[str, tuple[list[Seal], list[Entry]]]:
    """Read every organisation's ledger. Raises `NotALine`."""
    found: dict[str, tuple[list[Seal], list[Entry]]] = {}
    for number, line in enumerate(lines, start=1):
        try:
            organisation, told = read_line(line)
        except ValueError:
            raise NotALine(f"line {number} is not as it was exported") from None
        seals, entries = found.setdefault(organisation, ([], []))
        (seals if isinstance(told, Seal) else entries).append(told)  # type: ignore[arg-type]
    return found


def read_line(line: bytes) -> tuple[str, Seal | Entry]:
    """Read one line. Raises `ValueError` for whatever `line_of` would not have spelled."""
    try:
        row = json.loads(line)
        told = _seal(row["seal"]) if "seal" in row else _entry(row["entry"])
        spelled = line_of(row["organisation"], told).encode()
    except (AttributeError, KeyError, RecursionError, TypeError):
        raise ValueError("not a line") from None
    whose = told.organisation if isinstance(told, Seal) else row["organisation"]
    _check(spelled == line and row["organisation"] == whose)
    return whose, told


def _seal(given: dict[str, Any]) -> Seal:
    pairs = {name: _place(given[name]) for name in ("after", "last")}
    found = Seal(**{**given, **pairs, "leaves": bytes.fromhex(given["leaves"])})
    texts = (found.organisation, found.root, found.previous, found.sealed_at, found.key_id)
    _check(all(isinstance(text, str) for text in (*texts, found.signature)))
    _check(all(type(count) is int for count in (found.number, found.entries, found.total)))
    return found


def _entry(given: dict[str, Any]) -> Entry:
    found = Entry(bytes.fromhex(given["id"]), _place(given["place"]), tuple(given["values"]))
    _check(len(found.id) == ID)
    _check(all(value is None or isinstance(value, str) for value in found.values))
    return found


def _place(given: Sequence[Any]) -> tuple[int, int]:
    transaction, position = given
    _check(type(transaction) is int and type(position) is int)
    return transaction, position


def _check(holds: bool) -> None:  # noqa: FBT001  (what is checked is its only argument)
    if not holds:
        raise ValueError("not a line")
