"""Making tokens: access tokens as RFC 9068 wants them, and who signed in as OpenID Connect does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alliance_api.domain.ids import Kind, format_id
from alliance_api.store.desk import Row
from chassis.tokens import mint

from .authority import Authority
from .clients import Client
from .opaque import opaque, spelled

LASTS: Final = timedelta(minutes=10)
SYSTEM_LASTS: Final = timedelta(minutes=5)
_PURPOSES: Final = {"Patient": "PATRQT", "RelatedPerson": "FAMRQT"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody gave a client."""

    id: UUID
    client: str
    organisation: UUID
    person: UUID
    scopes: tuple[str, ...]
    patient: UUID | None
    context: dict[str, Any]
    fhir_user: str | None
    signed_in_at: datetime | None
    methods: tuple[str, ...]
    resource: tuple[str, ...]
    jkt: str | None
    expires_at: datetime

    @classmethod
    def of(cls, row: Row) -> Grant:
        """Return the grant of a row."""
        return cls(
            id=row["id"],
            client=row["client_id"],
            organisation=row["organisation_id"],
            person=row["person_id"],
            scopes=tuple(row["scopes"]),
            patient=row["patient_id"],
            context=row["context"],
            fhir_user=row["fhir_user"],
            signed_in_at=row["signed_in_at"],
            methods=tuple(row["methods"]),
            resource=tuple(row["resource"]),
            jkt=row["jkt"],
            expires_at=row["expires_at"],
        )

    def narrowed(self, scopes: Sequence[str]) -> Grant:
        """Return the grant with fewer scopes."""
        return replace(self, scopes=tuple(scopes))

    @property
    def subject(self) -> str:
        """Who it is about."""
        return format_id(Kind.PERSON, self.person)


async def access_token(
    here: Authority, grant: Grant, jkt: str | None, client: Client, lasts: timedelta = LASTS
) -> dict[str, Any]:
    """Return an access token with what stands beside it in an answer."""
    now = here.clock()
    claims: dict[str, Any] = {
        "iss": here.issuer,
        "sub": grant.subject,
        # What the resource server asks for, and what the client called it.
        "aud": list(dict.fromkeys((here.audience, *grant.resource))),
        "iat": int(now.timestamp()),
        "exp": int((now + lasts).timestamp()),
        "jti": opaque(here.random, 16),
        "client_id": grant.client,
        "scope": " ".join(grant.scopes),
        "organisation": format_id(Kind.ORGANISATION, grant.organisation),
        "grant": str(grant.id),
    }
    if grant.patient is not None:
        claims["patient"] = format_id(Kind.PERSON, grant.patient)
    if grant.fhir_user is not None:
        claims["fhirUser"] = grant.fhir_user
        claims["purpose_of_use"] = purpose(grant.fhir_user)
    if grant.signed_in_at is not None:
        claims |= {"auth_time": int(grant.signed_in_at.timestamp()), "amr": list(grant.methods)}
    if jkt is not None:
        claims["cnf"] = {"jkt": jkt}
    if client.is_strict:
        # So that the resource server asks for a nonce as well, and asks no table.
        claims["client_profile"] = client.profile
    key = await here.keys.signing("ES256")
    return {
        "access_token": mint(key, claims, str(key["kid"])),
        "token_type": "Bearer" if jkt is None else "DPoP",
        "expires_in": int(lasts.total_seconds()),
        "scope": claims["scope"],
        **launched(grant),
    }


def purpose(fhir_user: str) -> str:
    """Return why somebody reads, as the ledger tells it: their own, a relative's, to treat."""
    return _PURPOSES.get(fhir_user.split("/")[-2], "TREAT")


def launched(grant: Grant) -> dict[str, Any]:
    """Return the launch's context (SMART 2.2): who the client is, and what an EHR said."""
    patient = {} if grant.patient is None else {"patient": format_id(Kind.PERSON, grant.patient)}
    return {**grant.context, **patient}


async def id_token(here: Authority, grant: Grant, nonce: str | None, access: str) -> str:
    """Return who signed in, for one client (OpenID Connect Core, 2)."""
    now = here.clock()
    claims: dict[str, Any] = {
        "iss": here.issuer,
        "aud": grant.client,
        "iat": int(now.timestamp()),
        "exp": int((now + LASTS).timestamp()),
        # RS256 signs with SHA-256, and so does every token here.
        "at_hash": spelled(hashlib.sha256(access.encode()).digest()[:16]),
        **about(grant),
    }
    if grant.signed_in_at is not None:
        claims |= {"auth_time": int(grant.signed_in_at.timestamp()), "amr": list(grant.methods)}
    if nonce is not None:
        claims["nonce"] = nonce
    key = await here.keys.signing("RS256")
    return mint(key, claims, str(key["kid"]), "JWT")


def about(grant: Grant) -> dict[str, Any]:
    """Return what a client may know of a person."""
    told: dict[str, Any] = {"sub": grant.subject}
    if grant.fhir_user is not None and "fhirUser" in grant.scopes:
        told["fhirUser"] = grant.fhir_user
    if grant.fhir_user is not None and "profile" in grant.scopes:
        told["profile"] = grant.fhir_user
    return told
