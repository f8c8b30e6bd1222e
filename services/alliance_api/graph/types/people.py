"""People, by the facet that says who they are."""

from __future__ import annotations

import strawberry

from alliance_api.onesql.sources import Column, Join, Table

from ..declare import comes_from, field
from .common import Day, Node

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
