"""EHR launches: an EHR says who is on its screen, and its application gets a word for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alliance_api.domain.ids import Kind, parse_id
from alliance_api.store.desk import Desk

from .errors import OAuthError, invalid
from .opaque import Random, hashed, opaque

LASTS: Final = timedelta(minutes=5)
# SMART 2.2's context beside `patient`: what an EHR may say, and of what kind it is.
CONTEXT: Final = {
    "encounter": str,
    "intent": str,
    "need_patient_banner": bool,
    "smart_style_url": str,
    "tenant": str,
    "fhirContext": list,
}
_LARGEST: Final = 4096

_ADD: Final = """
INSERT INTO oauth.launches (hash, client_id, organisation_id, made_by, context, expires_at)
VALUES (%(hash)s, %(client)s, %(organisation)s, %(by)s, %(context)s::jsonb, %(until)s)
"""
_READ: Final = """
SELECT organisation_id, context FROM oauth.launches
WHERE hash = %(hash)s AND client_id = %(client)s AND used_at IS NULL AND expires_at > %(at)s
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """What an EHR said."""

    organisation: UUID
    context: dict[str, Any]


async def read(desk: Desk, word: str, client: str, at: datetime) -> Launch:
    """Return what a launch means; it is used up when the person agrees. Raises `OAuthError`."""
    row = await desk.row(_READ, hash=hashed(word), client=client, at=at)
    if row is None:
        raise invalid("The launch is unknown, used or over. Launch the application again.")
    return Launch(row["organisation_id"], row["context"])


def context_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context that an EHR tells, checked. Raises `OAuthError`, naming the field."""
    found: dict[str, Any] = {}
    for name, kind in CONTEXT.items():
        if name in given:
            if not isinstance(given[name], kind):
                raise invalid(f"The member `{name}` is of the wrong kind.")
            found[name] = given[name]
    patient = given.get("patient")
    if patient is not None:
        parsed = parse_id(patient) if isinstance(patient, str) else None
        if parsed is None or parsed[0] != Kind.PERSON:
            raise invalid("The member `patient` is the id of a person.")
        found["patient"] = patient
    if len(json.dumps(found)) > _LARGEST:
        raise OAuthError("invalid_request", "The context is too large.", 413)
    return found


async def add(  # noqa: PLR0913  (the columns of a row)
    desk: Desk,
    random: Random,
    client: str,
    organisation: UUID,
    by: str,
    context: Mapping[str, Any],
    now: datetime,
) -> str:
    """Keep what an EHR said for a client; return the word for it."""
    word = opaque(random)
    await desk.run(
        _ADD,
        hash=hashed(word),
        client=client,
        organisation=organisation,
        by=by,
        context=json.dumps(dict(context)),
        until=now + LASTS,
    )
    return word
