"""The verified caller. `principal_of` alone makes one of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from alliance_api.domain.ids import parse_id

from .scopes import grants

# The settings every transaction is bound to, in the order of `Principal.settings`.
SETTINGS = (
    "alliance.organisation",
    "alliance.person",
    "alliance.patient",
    "alliance.reads",
    "alliance.writes",
    "alliance.application",
    "alliance.purpose",
)
PURPOSES = frozenset(
    {"TREAT", "PATRQT", "FAMRQT", "HOPERAT", "HQUALIMP", "CAREMGT", "PATADMIN", "ETREAT", "BTG"}
)
_LONGEST_NAME = 200


class NotAPrincipal(ValueError):  # noqa: N818  (it says what was wrong)
    """A verified token that names no person of an organisation in the form we need."""


@dataclass(frozen=True)
class Principal:
    """Who asks, for whom, through which application, and what its scopes open."""

    organisation: UUID
    person: UUID
    patient: UUID | None
    reads: frozenset[str]
    writes: frozenset[str]
    application: str
    purpose: str

    @cached_property
    def settings(self) -> tuple[str, ...]:
        """The values of `SETTINGS`."""
        return (
            str(self.organisation),
            str(self.person),
            str(self.patient or ""),
            " ".join(sorted(self.reads)),
            " ".join(sorted(self.writes)),
            self.application,
            self.purpose,
        )


def house_of(organisation: UUID) -> Principal:
    """Return the house itself, for what it does of its own accord in an organisation.

    It is nobody, and has no scope at all: as itself it sees nothing, and may become the engine.
    """
    nobody: frozenset[str] = frozenset()
    return Principal(organisation, UUID(int=0), None, nobody, nobody, "alliance", "HOPERAT")


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """Make the principal of a token whose signature, issuer, audience and times were verified.

    `sub` is a person's id, `organisation` an organisation's, `patient` (optional) the client to
    whom `patient/` scopes bind. Raises `NotAPrincipal`, naming the claim and not its value.
    """
    patient = _id(claims, "patient", "person") if claims.get("patient") is not None else None
    scopes = claims.get("scope", "")
    if not isinstance(scopes, str):
        message = "the claim `scope` must be a string"
        raise NotAPrincipal(message)
    granted = grants(scopes.split(), has_patient=patient is not None)
    purpose = claims.get("purpose_of_use", "TREAT")
    if not isinstance(purpose, str) or purpose not in PURPOSES:
        message = "the claim `purpose_of_use` is not a known purpose"
        raise NotAPrincipal(message)
    return Principal(
        organisation=_id(claims, "organisation", "organisation"),
        person=_id(claims, "sub", "person"),
        patient=patient if granted.bound_to_patient else None,
        reads=granted.reads,
        writes=granted.writes,
        application=_application(claims),
        purpose=purpose,
    )


def _id(claims: Mapping[str, Any], claim: str, kind: str) -> UUID:
    value = claims.get(claim)
    found = parse_id(value) if isinstance(value, str) else None
    if found is None or found[0] != kind:
        message = f"the claim `{claim}` must be the id of a {kind}"
        raise NotAPrincipal(message)
    return found[1]


def _application(claims: Mapping[str, Any]) -> str:
    name = claims.get("client_id")
    # It is written into the ledger and told to clients: a name has no control characters.
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        message = "the claim `client_id` must name the application"
        raise NotAPrincipal(message)
    return name
