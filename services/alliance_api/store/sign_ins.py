"""What the rest of the house does about people's accounts: it forgets those of whoever is erased."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from .prepared import Prepared
from .transaction import Transaction

_MINE: Final = "organisation_id = %(organisation)s::uuid AND person_id = %(person)s::uuid"
# Passkeys, codes, invitations and known devices go with the account they are of.
_FORGET: Final = tuple(
    Prepared(f"DELETE FROM oauth.{table} WHERE {whose}", {})
    for table, whose in (
        ("sessions", _MINE),
        ("accounts", _MINE),
        ("upstream_links", _MINE),
        ("approvals", f"{_MINE} OR patient_id = %(person)s::uuid"),
    )
)


async def forget_all(tx: Transaction, person: UUID) -> None:
    """Delete what a person signs in with, and what they allowed applications."""
    async with tx.as_oauth():
        for statement in _FORGET:
            await tx.fetch(statement, organisation=tx.principal.organisation, person=person)
