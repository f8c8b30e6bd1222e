"""What the rest of the house does about grants: it ends those of whoever is erased."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from .prepared import Prepared
from .transaction import Transaction

# Told to every replica as it commits, as `oauth.revoking` does. What a launch said goes with it.
_END: Final = Prepared(
    "WITH gone AS (UPDATE oauth.grants SET revoked_at = coalesce(revoked_at, %(at)s), "
    "revoked_why = coalesce(revoked_why, 'ERASED'), context = '{}', fhir_user = NULL "
    "WHERE organisation_id = %(organisation)s::uuid "
    "AND (person_id = %(person)s::uuid OR patient_id = %(person)s::uuid) RETURNING id) "
    "SELECT pg_notify('alliance_oauth', id::text) FROM gone",
    {},
)


async def end_all(tx: Transaction, person: UUID, now: datetime) -> None:
    """End what a person gave to applications, and what was given to any about them."""
    async with tx.as_oauth():
        await tx.fetch(_END, organisation=tx.principal.organisation, person=person, at=now)
