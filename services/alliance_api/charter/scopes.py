"""SMART App Launch v2 scopes: what an application may ask, in the charter's own gates.

Grammar: `patient|user|system / Resource . c?r?u?d?s? [?category=value]`, where HL7's code system may
stand before the value. A malformed or unknown scope grants nothing. No scope implies another:
reading through lists and links needs both `r` and `s`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .facets import HOLDINGS

_GRAMMAR = re.compile(
    r"(?P<level>patient|user|system)/(?P<resource>[A-Z][A-Za-z]{1,63}|\*)"
    r"\.(?P<verbs>c?r?u?d?s?)"
    r"(?:\?category=(?:http://terminology\.hl7\.org/CodeSystem/observation-category\|)?"
    r"(?P<category>[a-z]{1,32}))?"
)

# Gates beside the facets' own: identity, disclosure, instruments, the read ledger, aggregates.
OTHER_GATES = ("Patient", "Consent", "Questionnaire", "AuditEvent", "MeasureReport")
# What FHIR has no word for: each is a scope, and a gate to write through.
SPECIAL = (
    "break_glass",
    "feed.read",
    "contacts.write",
    "clients.write",
    "launches.write",
    "accounts.write",
    "tokens.read",
)
GATES: tuple[str, ...] = tuple(
    sorted({gate for holding in HOLDINGS.values() for gate in holding.gates} | set(OTHER_GATES))
)


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope of a token: its level, the gates it names and the verbs it grants."""

    level: str
    gates: frozenset[str]
    verbs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grants:
    """What scopes add up to: gates to read through, `gate.c`, `.u` and `.d` to write through."""

    reads: frozenset[str]
    writes: frozenset[str]
    bound_to_patient: bool


def parse_scope(text: str) -> Scope | None:
    """Return a scope, or None where it is malformed, empty or unknown."""
    found = _GRAMMAR.fullmatch(text)
    if not found or not found["verbs"]:
        return None
    gates = frozenset(gate for gate in GATES if _covers(found["resource"], found["category"], gate))
    return Scope(found["level"], gates, frozenset(found["verbs"])) if gates else None


def _covers(resource: str, category: str | None, gate: str) -> bool:
    gate_resource, _, gate_category = gate.partition(".")
    if resource not in ("*", gate_resource):
        return False
    return category is None or category == gate_category


def grants(scopes: Iterable[str], *, has_patient: bool) -> Grants:
    """Add scopes up. A `patient/` scope binds the whole token; without a patient it is nothing."""
    texts = list(scopes)
    parsed = [scope for text in texts if (scope := parse_scope(text))]
    bound = any(scope.level == "patient" for scope in parsed)
    if bound and not has_patient:
        parsed = [scope for scope in parsed if scope.level != "patient"]
        bound = False
    reads = {gate for scope in parsed if scope.verbs >= {"r", "s"} for gate in scope.gates}
    writes = {
        f"{gate}.{verb}"
        for scope in parsed
        for gate in scope.gates
        for verb in scope.verbs & {"c", "u", "d"}
    }
    # A token bound to one client breaks no glass and reads no feed.
    special = set() if bound else {text for text in texts if text in SPECIAL}
    return Grants(frozenset(reads), frozenset(writes) | special, bound)
