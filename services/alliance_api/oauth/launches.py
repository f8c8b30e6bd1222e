"""EHR launches: an EHR says who is on its screen, and its application gets a word for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
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
_NAMING: Final = frozenset({"reference", "canonical", "identifier"})
_ON_TOP: Final = frozenset({"Patient", "Encounter"})
_LAUNCH: Final = "launch"
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")

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
    _check_style(found.get("smart_style_url"))
    for thing in found.get("fhirContext", ()):
        _check_thing(thing)
    patient = given.get("patient")
    if patient is not None:
        parsed = parse_id(patient) if isinstance(patient, str) else None
        if parsed is None or parsed[0] != Kind.PERSON:
            raise invalid("The member `patient` is the id of a person.")
        found["patient"] = patient
    if len(json.dumps(found)) > _LARGEST:
        raise OAuthError("invalid_request", "The context is too large.", 413)
    return found


def _check_style(url: str | None) -> None:
    try:
        good = url is None or (urlsplit(url).scheme == "https" and bool(urlsplit(url).hostname))
    except ValueError:
        good = False
    if not good:
        raise invalid("The member `smart_style_url` is an https address.")


def _check_thing(thing: object) -> None:
    """Check one entry of `fhirContext` (SMART 2.2, fhirContext). Raises `OAuthError`."""
    texts = isinstance(thing, dict) and all(
        isinstance(thing.get(name, ""), str) for name in ("reference", "canonical", "type", "role")
    )
    if not isinstance(thing, dict) or not texts or not _NAMING & thing.keys():
        raise invalid("An entry of `fhirContext` has a `reference`, `canonical` or `identifier`.")
    role = thing.get("role", _LAUNCH)
    if role != _LAUNCH and not _ABSOLUTE.fullmatch(role):
        raise invalid("A `role` in `fhirContext` is `launch` or an absolute URI.")
    kind = thing.get("reference", "").rpartition("/")[0].rpartition("/")[2] or thing.get("type")
    if kind in _ON_TOP and role == _LAUNCH:
        raise invalid("Patient and Encounter stand beside `fhirContext`, not in it.")


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
