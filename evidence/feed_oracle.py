"""Who is told which facts, in words: written from design/house.md, apart from the charter's table.

"The notifier knows how to reach people, but not what was said": it is told what begins and ends a
reminder, and that somebody broke the glass. A record system is told the same of the cases whose
client consents, but never that somebody has answered: the answer may not be disclosed to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from alliance_api.domain.fact_types import TYPES

FACTS = """
case.opened           | notifier | ehr
case.closed           | notifier | ehr
care_team.joined      | notifier | ehr
care_team.left        | notifier | ehr
session.planned       | notifier | ehr
session.moved         | notifier | ehr
session.cancelled     | notifier | ehr
session.recorded      | notifier | ehr
occasion.planned      | notifier | ehr
occasion.settled      | notifier | -
measurement.submitted | -        | -
disclosure.changed    | -        | -
goal.proposed         | notifier | ehr
goal.answered         | notifier | ehr
goal.rated            | notifier | ehr
goal.ended            | notifier | ehr
commitment.made       | notifier | ehr
commitment.settled    | notifier | ehr
signal.raised         | notifier | ehr
signal.acknowledged   | notifier | ehr
signal.heard          | notifier | ehr
consent.given         | -        | -
consent.withdrawn     | -        | -
emergency.opened      | notifier | -
emergency.reviewed    | -        | -
person.erased         | notifier | ehr
"""
READERS = ("notifier", "ehr")


def _read() -> dict[str, frozenset[str]]:
    lines = (line.split("|") for line in FACTS.strip().splitlines())
    return {kind.strip(): frozenset(cell.strip() for cell in cells) for kind, *cells in lines}


TOLD = _read()


def unknown() -> list[str]:
    """Return types of facts that the oracle does not know, and those that are gone."""
    return [f"the fact {kind} is unknown to the oracle, or gone" for kind in TYPES ^ TOLD.keys()]


def told(reader: str, stands: Mapping[UUID, str], fact: Mapping[str, Any]) -> bool:
    """Say whether a reader of the feed is told a fact of its organisation."""
    if reader not in TOLD[fact["type"]]:
        return False
    of_nobody = fact["case_id"] is None
    return reader == "notifier" or of_nobody or stands.get(fact["case_id"]) == "ehr"
