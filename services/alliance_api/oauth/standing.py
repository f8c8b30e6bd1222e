"""How a person stands to people, now: what kind of FHIR user they are, and by whom they stand."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from alliance_api.charter.principal import Principal
from alliance_api.charter.scopes import GATES
from alliance_api.store.transaction import Database

_STANDS = text(
    "SELECT relation FROM standing UNION SELECT role FROM staff "
    "WHERE starts_at <= now() AND (ends_at IS NULL OR ends_at > now())"
)
# Under the law both tables show what is theirs, and nothing else.
_STANDS_BY = text(
    "SELECT 1 FROM standing WHERE client_id = :client "
    "UNION ALL SELECT 1 FROM cases WHERE client_id = :client LIMIT 1"
)
PATIENT = "Patient"
_CARING = frozenset({"THERAPIST", "SUPERVISOR"})


def _as(organisation: UUID, person: UUID) -> Principal:
    return Principal(
        organisation=organisation,
        person=person,
        patient=None,
        reads=frozenset(GATES),
        writes=frozenset(),
        application="alliance",
        purpose="HOPERAT",
    )


async def fhir_kind(db: Database, organisation: UUID, person: UUID) -> str:
    """Return what resource a person is."""
    async with db.write(_as(organisation, person)) as transaction:
        found = {str(word) for (word,) in await transaction.run(_STANDS)}
    return _kind(found)


async def stands_by(db: Database, organisation: UUID, person: UUID, client: UUID) -> bool:
    """Tell whether a person may see a case of a client, now: only then is an application for both."""
    if person == client:
        return True
    async with db.write(_as(organisation, person)) as transaction:
        return (await transaction.run(_STANDS_BY, {"client": client})).first() is not None


def _kind(words: set[str]) -> str:
    if not words & _CARING and "CLIENT" in words:
        return PATIENT
    if words == {"CAREGIVER"}:
        return "RelatedPerson"
    return "Practitioner"
