"""What each kind of data is to whoever handles it next: HL7's security labels, one row a facet.

Read a row aloud: "a client's scores are restricted, and about mental health". In the cases of a
programme under 42 CFR Part 2, and of a young client, `labelled` adds what that brings with it.
The rows are a decision of ours (D): no authority hands them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Final

from .facets import HOLDINGS, Facet
from .jurisdictions import MAJORITY

CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

YOUNG_UNDER: Final = MAJORITY
"""Below this age a client's data carry ADOL. [D]"""


class Confidentiality(StrEnum):
    """How much harm disclosure could do, least first; of several the highest counts."""

    N = "N"
    R = "R"
    V = "V"


@dataclass(frozen=True, slots=True)
class Label:
    """How confidential, why it is sensitive, by which policies, and what its receiver must do."""

    confidentiality: Confidentiality
    sensitivity: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()

    @property
    def codings(self) -> tuple[tuple[str, str], ...]:
        """Return all of it as systems and codes, as FHIR's `meta.security` has them."""
        acts = (*self.sensitivity, *self.policies, *self.obligations)
        return (
            (CONFIDENTIALITY, self.confidentiality.value),
            *((ACT_CODE, code) for code in acts),
        )


MEANING: Final[Mapping[str, str]] = {
    "N": "normal: confidential as health data are",
    "R": "restricted: it could stigmatise",
    "V": "very restricted: for its author alone",
    "BH": "behavioural health: that somebody is in therapy",
    "PSY": "psychiatry: what is said and felt there",
    "PSYTHPN": "psychotherapy notes",
    "ADOL": f"about a client who is under {YOUNG_UNDER}",
    "SUD": "substance use: care by a programme under 42 CFR Part 2",
    "42CFRPart2": "42 CFR Part 2",
    "HIPAAPsyNotes": "psychotherapy notes under 45 CFR 164.508",
    "NORDSCLCD": "not to be disclosed again without the client's consent",
}

_TABLE = """
facet                 | confidentiality | sensitivity | policies
CASE_FRAME            | N | BH      |
CARE_TEAM             | N | BH      |
IDENTITY              | N | BH      |
SESSION_PLAN          | N | BH      |
ATTENDANCE            | N | BH      |
RELIABILITY           | N | BH      |
COMMITMENT            | R | PSY     |
GOAL                  | R | PSY     |
PREFERENCE            | R | PSY     |
OCCASION              | R | PSY     |
CLIENT_MEASUREMENT    | R | PSY     |
CLIENT_SCORES         | R | PSY     |
CLIENT_ANSWERS        | R | PSY     |
CLIENT_COMMENT        | R | PSY     |
THERAPIST_MEASUREMENT | R | PSY     |
THERAPIST_SCORES      | R | PSY     |
THERAPIST_ANSWERS     | R | PSY     |
THERAPIST_COMMENT     | R | PSY     |
CAREGIVER_MEASUREMENT | R | PSY     |
CAREGIVER_SCORES      | R | PSY     |
CAREGIVER_ANSWERS     | R | PSY     |
CAREGIVER_COMMENT     | R | PSY     |
TREND                 | R | PSY     |
SIGNAL                | R | PSY     |
PROCESS_NOTE          | V | PSYTHPN | HIPAAPsyNotes
CONSENT               | N | BH      |
EMERGENCY             | R | PSY     |
RESEARCH              | R | PSY     |
READ_LEDGER           | R | BH      |
"""


def _read(table: str) -> dict[Facet, Label]:
    found = {}
    for line in table.strip().splitlines()[1:]:
        facet, level, *codes = (cell.strip() for cell in line.split("|"))
        sensitivity, policies = (tuple(cell.split()) for cell in codes)
        found[Facet[facet]] = Label(Confidentiality(level), sensitivity, policies)
    return found


LABELS: Final[Mapping[Facet, Label]] = _read(_TABLE)
PART2: Final = Label(Confidentiality.R, ("SUD",), ("42CFRPart2",), ("NORDSCLCD",))
"""What care by a programme under 42 CFR Part 2 adds to every row of its cases."""
YOUNG: Final = Label(Confidentiality.N, ("ADOL",))
"""What a client under age adds to every row of their cases."""


def labelled(facet: Facet, *, part2: bool = False, young: bool = False) -> Label:
    """Return the label of a facet's row in a case."""
    added = [label for label, holds in ((PART2, part2), (YOUNG, young)) if holds]
    return highest([LABELS[facet], *added])


def highest(labels: Iterable[Label]) -> Label:
    """Return what several labels say together: the highest, and all that any of them says."""
    return reduce(_both, labels, Label(Confidentiality.N))


def _both(one: Label, other: Label) -> Label:
    levels = list(Confidentiality)
    return Label(
        max(one.confidentiality, other.confidentiality, key=levels.index),
        _all(one.sensitivity, other.sensitivity),
        _all(one.policies, other.policies),
        _all(one.obligations, other.obligations),
    )


def _all(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


# Where a facet without tables of its own in `HOLDINGS` is told.
_RESOURCES = {Facet.IDENTITY: ("Patient",), Facet.READ_LEDGER: ("AuditEvent",)}


def resources(facet: Facet) -> tuple[str, ...]:
    """Return the FHIR resource types in which a facet is told."""
    if facet in _RESOURCES:
        return _RESOURCES[facet]
    gates = HOLDINGS[facet].gates
    return tuple(dict.fromkeys(gate.partition(".")[0] for gate in gates))


def of_resource(resource: str, *, part2: bool = False, young: bool = False) -> Label:
    """Return the label of a resource type, of whichever of its facets it may be.

    Raises:
        LookupError: for a resource type that tells of nobody.
    """
    found = [
        labelled(facet, part2=part2, young=young)
        for facet in LABELS
        if resource in resources(facet)
    ]
    if not found:
        raise LookupError(f"{resource} tells of nobody, and has no label")
    return highest(found)
