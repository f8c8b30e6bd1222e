"""What every part of the authorization server works with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from alliance_api.store.transaction import Database

from .client_keys import ClientKeys
from .opaque import Random
from .refusals import Refusals
from .signing_keys import SigningKeys

FHIR = "/fhir"


@dataclass(frozen=True, slots=True)
class Authority:
    """One authorization server on one replica.

    Args:
        issuer: its public address, and the origin of every endpoint; no slash at the end.
        audience: the `aud` that the resource server asks for.
        db: the database, under the law.
        keys: the keys it signs with.
        client_keys: the keys of clients.
        statements: the JWK set of those whose software statements let a client register itself;
            None: nobody may.
        clock: the time.
        random: dice.
        refusals: how often somebody failed to show which client they are.
        ended: refuses the tokens of grants here from now on, before the database has told anybody.
    """

    issuer: str
    audience: str
    db: Database
    keys: SigningKeys
    client_keys: ClientKeys
    statements: dict[str, object] | None
    clock: Callable[[], datetime]
    random: Random
    refusals: Refusals = field(default_factory=Refusals)
    ended: Callable[[Iterable[UUID]], None] = lambda _: None

    def at(self, path: str) -> str:
        """Return the address of an endpoint."""
        return self.issuer + path

    @property
    def fhir(self) -> str:
        """The base address of FHIR."""
        return self.issuer + FHIR

    @property
    def resources(self) -> frozenset[str]:
        """What a client may call the resource server (RFC 8707, SMART's `aud`)."""
        bases = (self.issuer, f"{self.issuer}/graphql", self.fhir)
        return frozenset((*bases, *(f"{base}/" for base in bases), self.audience))
