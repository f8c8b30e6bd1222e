"""What kind of FHIR user a person is: `fhirUser`, from how they stand to people, now."""

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
PATIENT = "Patient"
_CARING = frozenset({"THERAPIST", "SUPERVISOR"})


async def fhir_kind(db: Database, organisation: UUID, person: UUID) -> str:
    """Return what resource a person is."""
    me = Principal(
        organisation=organisation,
        person=person,
        patient=None,
        reads=frozenset(GATES),
        writes=frozenset(),
        application="alliance",
        purpose="HOPERAT",
    )
    async with db.write(me) as transaction:
        found = {str(word) for (word,) in await transaction.run(_STANDS)}
    return _kind(found)


def _kind(words: set[str]) -> str:
    if not words & _CARING and "CLIENT" in words:
        return PATIENT
    if words == {"CAREGIVER"}:
        return "RelatedPerson"
    return "Practitioner"
