"""People, by the facet that says who they are."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.onesql.sources import Column, Join, Order, Table, ToMany, ToOne

from ..declare import comes_from, field
from .common import Day, Instant, Node

IDENTITY = Join("identities", {"id": "person_id"}, label="IDENTITY")


@comes_from(Table("people", prefix="person", companions={"identity": IDENTITY}))
class Person(Node):
    """Someone who belongs to a case or to the organisation."""

    id: strawberry.ID = field(Column("id", prefix="person"))
    name: str | None = field(Column("name", "identity"), facet="IDENTITY")
    birth_date: Day | None = field(Column("birth_date", "identity"), facet="IDENTITY")
    language: str | None = field(
        Column("language", "identity"), "The language to speak in, as in BCP 47.", "IDENTITY"
    )
    erased_at: Instant | None = field(
        Column("erased_at"), "From when nothing is known here any more of whoever it was."
    )
    legal_holds: list[LegalHold] | None = field(
        ToMany({"id": "person_id"}, Order((("id", "uuid"),)), empty="null", expected=1),
        "Why they may not be erased, and might not before; a privacy officer's to see.",
    )


@strawberry.enum
class HoldReason(StrEnum):
    """Why somebody may not be erased for now."""

    COURT_ORDER = "COURT_ORDER"
    LITIGATION = "LITIGATION"
    STATUTORY_RETENTION = "STATUTORY_RETENTION"
    COMPLAINT = "COMPLAINT"


@comes_from(Table("legal_holds", prefix="hold"))
class LegalHold(Node):
    """Keeps a person from being erased until it is lifted."""

    id: strawberry.ID = field(Column("id", prefix="hold"))
    person: Person | None = field(ToOne({"person_id": "id"}))
    reason: HoldReason = field(Column("reason"))
    set_by: Person | None = field(ToOne({"set_by": "id"}))
    set_at: Instant = field(Column("set_at"))
    lifted_at: Instant | None = field(Column("lifted_at"))
