"""From which age a parent's authority ends, by jurisdiction: data with citation and review date."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

MAJORITY = 18
"""What a court or a parent decides about a child ends here at the latest. [D]"""

GOOD_FOR = timedelta(days=730)
"""How long a review of a row is good for. [D]"""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One row: the age in completed years, where it is written, and who answers for it."""

    code: str
    name: str
    own_consent_age: int
    citation: str
    reviewed: date
    verified: bool

    def stands(self, today: date) -> bool:
        """Return whether the row may be relied upon: verified, and its review not outdated."""
        return self.verified and self.reviewed <= today <= self.reviewed + GOOD_FOR


Table = Mapping[str, Jurisdiction]


def read_jurisdictions(text: str) -> Table:
    """Read a table from TOML.

    Raises:
        ValueError: for a row that is incomplete, of a wrong type, or of an age outside 0..18.
    """
    rows = [_row(row) for row in tomllib.loads(text).get("jurisdiction", [])]
    return {row.code: row for row in rows}


def _row(row: Mapping[str, Any]) -> Jurisdiction:
    kinds = {
        "code": str,
        "name": str,
        "own_consent_age": int,
        "citation": str,
        "reviewed": date,
        "verified": bool,
    }
    if set(row) != set(kinds) or not all(type(row[name]) is kind for name, kind in kinds.items()):
        raise ValueError(f"a jurisdiction needs {', '.join(kinds)}, and nothing else")
    if not 0 <= row["own_consent_age"] <= MAJORITY or not row["citation"].strip():
        raise ValueError(f"{row['code']}: an age from 0 to {MAJORITY}, and a citation")
    return Jurisdiction(**row)


@cache
def shipped() -> Table:
    """Return the table that comes with the product."""
    text = files("alliance_api.charter").joinpath("jurisdictions.toml").read_text(encoding="utf-8")
    return read_jurisdictions(text)


# The table in force in this process: the shipped one until a clinic's own is read at start.
_IN_FORCE: list[Table] = []


def use(table: Table) -> None:
    """Put a clinic's own rows in force, beside the shipped ones of other jurisdictions."""
    _IN_FORCE[:] = [{**shipped(), **table}]


def in_force() -> Table:
    """Return the table in force."""
    return _IN_FORCE[0] if _IN_FORCE else shipped()


def parental_authority_ends(code: str | None, today: date, table: Table) -> int:
    """Return the age at which a parent's place in a care team ends by itself.

    Of an unknown jurisdiction, or a row nobody answers for any more, the most protective: the
    lowest age that any row knows.
    """
    row = table.get(code) if code else None
    lowest = min((each.own_consent_age for each in table.values()), default=0)
    if row is None:
        return lowest
    return row.own_consent_age if row.stands(today) else min(row.own_consent_age, lowest)
