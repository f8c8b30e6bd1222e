"""A fact as a CloudEvents 1.0 event in JSON: ids, instants and kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from alliance_api.domain.fact_types import (
    CARE_TEAM_JOINED,
    CARE_TEAM_LEFT,
    CONSENT_GIVEN,
    CONSENT_WITHDRAWN,
    DISCLOSURE_CHANGED,
    PERSON_ERASED,
)
from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.instants import rfc3339

BATCH: Final = "application/cloudevents-batch+json"

# Of most types the first word is what it is about: `session.moved` is about a session.
_ABOUT: Final = {
    CARE_TEAM_JOINED: Kind.PERSON,
    CARE_TEAM_LEFT: Kind.PERSON,
    CONSENT_GIVEN: Kind.CONSENT,
    CONSENT_WITHDRAWN: Kind.CONSENT,
    DISCLOSURE_CHANGED: Kind.MEASUREMENT,
    PERSON_ERASED: Kind.PERSON,
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A row of `facts`."""

    id: UUID
    transaction: int
    position: int
    type: str
    case: UUID | None
    subject: UUID
    at: datetime
    extra: Mapping[str, str | int]
    traceparent: str | None = None


def source_of(organisation: UUID) -> str:
    """Return the `source` of an organisation's events; with `id` it names an event in the world."""
    return f"/organisations/{format_id(Kind.ORGANISATION, organisation)}"


def event(fact: Stated, source: str, cursor: str) -> dict[str, Any]:
    """Return a fact as an event; `cursor` is the place just after it."""
    about = _ABOUT.get(fact.type) or Kind(fact.type.partition(".")[0])
    case = {"case": format_id(Kind.CASE, fact.case)} if fact.case else {}
    trace = {"traceparent": fact.traceparent} if fact.traceparent else {}
    return {
        "specversion": "1.0",
        "id": str(fact.id),
        "source": source,
        "type": fact.type,
        "subject": format_id(about, fact.subject),
        "time": rfc3339(fact.at),
        "datacontenttype": "application/json",
        "cursor": cursor,
        **trace,
        "data": {**case, **fact.extra},
    }
