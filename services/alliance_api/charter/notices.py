"""What has to be written beside data that leave the house: texts with version and citation, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from .labels import PART2

[PART2_POLICY] = PART2.policies


@dataclass(frozen=True, slots=True)
class Notice:
    """One text in one version: where it is written, and whether we saw it there."""

    policy: str
    id: str
    version: str
    text: str
    citation: str
    reviewed: date
    verified: bool


Table = Mapping[str, Notice]


def read_notices(text: str) -> Table:
    """Read a table from TOML, one notice a policy.

    Raises:
        ValueError: for a row that is incomplete, empty or of a wrong type, or a policy told twice.
    """
    rows = [_row(row) for row in tomllib.loads(text).get("notice", [])]
    found = {row.policy: row for row in rows}
    if len(found) < len(rows):
        raise ValueError("a policy has one notice")
    return found


def _row(row: Mapping[str, Any]) -> Notice:
    texts = ("policy", "id", "version", "text", "citation")
    kinds = {**dict.fromkeys(texts, str), "reviewed": date, "verified": bool}
    if set(row) != set(kinds) or not all(type(row[name]) is kind for name, kind in kinds.items()):
        raise ValueError(f"a notice needs {', '.join(kinds)}, and nothing else")
    if not all(row[name].strip() for name in texts):
        raise ValueError("no text of a notice is empty")
    return Notice(**row)


@cache
def shipped() -> Table:
    """Return the texts that come with the product."""
    text = files("alliance_api.charter").joinpath("notices.toml").read_text(encoding="utf-8")
    return read_notices(text)


# The texts in force in this process: the shipped ones until a clinic's own are read at start.
_IN_FORCE: list[Table] = []


def use(table: Table) -> None:
    """Put a clinic's own texts in force, beside the shipped ones of other policies."""
    _IN_FORCE[:] = [{**shipped(), **table}]


def part2() -> Notice:
    """Return what stands beside data under 42 CFR Part 2."""
    table = _IN_FORCE[0] if _IN_FORCE else shipped()
    return table[PART2_POLICY]
