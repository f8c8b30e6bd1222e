"""Labels: how what is told must be handled, in HL7's codes, and what has to be written beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import strawberry

from alliance_api.charter import notices
from alliance_api.charter.facets import Facet
from alliance_api.charter.labels import MEANING, YOUNG_UNDER, Confidentiality, labelled
from alliance_api.onesql.sources import Computed, Inline, Told

from ..declare import comes_from, field

strawberry.enum(
    Confidentiality, description="HL7 v3-Confidentiality; of several the highest counts."
)
for _value in Confidentiality.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = MEANING[_value.value].capitalize() + "."

_OF_CASE = "{alias}.organisation_id = {{row}}.organisation_id AND {alias}.{id} = {{row}}.{{case}}"
_STANDING = f"standing s WHERE {_OF_CASE.format(alias='s', id='case_id')}"
_FRAME = f"cases c WHERE {_OF_CASE.format(alias='c', id='id')}"
# How one stands to the case says it, whatever else one may read of it. Whoever stands to it by an
# office knows by its frame; and where nobody says, a row counts as such a programme's.
PART2 = (
    f"coalesce((SELECT bool_or(s.part2) FROM {_STANDING}), (SELECT c.part2 FROM {_FRAME}), true)"
)
_CLIENT = (
    f"coalesce((SELECT s.client_id FROM {_STANDING} LIMIT 1), (SELECT c.client_id FROM {_FRAME}))"
)
# Only whoever may know the birth date is told that a client is young.
YOUNG = (
    "coalesce((SELECT i.birth_date > current_date - "
    f"interval '{YOUNG_UNDER} years' FROM identities i "
    f"WHERE i.organisation_id = {{row}}.organisation_id AND i.person_id = {_CLIENT}), false)"
)


def _codes(name: str) -> str:
    """Return the SQL of a list of codes, by the four ways in which a case can be."""
    either = "CASE WHEN {young} THEN '{{{name}_{way}_young}}' ELSE '{{{name}_{way}}}' END"
    plain, part2 = (either.format(young=YOUNG, name=name, way=way) for way in ("plain", "part2"))
    return f"CASE WHEN {PART2} THEN {part2} ELSE {plain} END"


def _same(name: str) -> str:
    """Return the SQL of what a client's age does not change."""
    return f"CASE WHEN {PART2} THEN '{{{name}_part2}}' ELSE '{{{name}_plain}}' END"


def _names(facet: Facet, case: str) -> Mapping[str, str]:
    """Return what the label of a facet says in each of the four ways, by the name in the SQL."""
    found = {"case": case}
    for way, part2 in (("plain", False), ("part2", True)):
        label = labelled(facet, part2=part2)
        young = labelled(facet, part2=part2, young=True)
        found[f"confidentiality_{way}"] = label.confidentiality.value
        found[f"policies_{way}"] = json.dumps(label.policies)
        found[f"obligations_{way}"] = json.dumps(label.obligations)
        found[f"sensitivity_{way}"] = json.dumps(label.sensitivity)
        found[f"sensitivity_{way}_young"] = json.dumps(young.sensitivity)
    return found


@comes_from(None)
class Notice:
    """A text that has to stand beside what it is about, wherever that goes."""

    id: str = field(Told(lambda: notices.part2().id))
    version: str = field(Told(lambda: notices.part2().version))
    text: str = field(Told(lambda: notices.part2().text))
    verified: bool = field(
        Told(lambda: notices.part2().verified, "boolean"), "Whether we saw the law say so."
    )


@comes_from(None)
class Labels:
    """How this must be handled: codes of HL7 v3-Confidentiality and v3-ActCode."""

    confidentiality: Confidentiality = field(Computed(_same("confidentiality")))
    sensitivity: list[str] = field(
        Computed(_codes("sensitivity"), json=True, label=Facet.IDENTITY.value),
        "Why, for example PSY; ADOL of a young client, if you may know the age.",
    )
    policies: list[str] = field(
        Computed(_same("policies"), json=True), "By which law, for example 42CFRPart2."
    )
    obligations: list[str] = field(
        Computed(_same("obligations"), json=True),
        "What its receiver must do, for example NORDSCLCD.",
    )
    notice: Notice | None = field(
        Inline(where=PART2), "What must be passed on with it; null where no law asks for a text."
    )


def labels(facet: Facet, case: str = "case_id") -> Any:
    """Return a field with the labels of a facet's row; `case` is the column that says whose it is."""
    return field(Inline(names=_names(facet, case)), "How this must be handled, and passed on.")
