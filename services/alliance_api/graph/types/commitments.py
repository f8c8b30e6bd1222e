"""Commitments: what someone promised to do between sessions, and whether it was kept."""

from __future__ import annotations

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.onesql.sources import Column, Table, ToOne
from alliance_api.store.words import PROMISE

from ..declare import comes_from, field, words
from .common import CommitmentOutcome, Instant, Node, PartyRole
from .labels import Labels, labels
from .people import Person


@comes_from(
    Table("commitments", prefix="commitment", subject="case_id", label="COMMITMENT"), "COMMITMENT"
)
class Commitment(Node):
    """What someone promised to do between sessions."""

    id: strawberry.ID = field(Column("id", prefix="commitment"))
    case_id: strawberry.ID = field(Column("case_id", prefix="case"))
    owner: Person = field(ToOne({"owner_id": "id"}))
    role: PartyRole = field(Column("owner_role"))
    wording: str | None = field(words(PROMISE), "Null once its owner was erased.")
    made_at: Instant = field(Column("made_at"))
    due_at: Instant = field(Column("due_at"))
    outcome: CommitmentOutcome = field(Column("outcome"))
    settled_at: Instant | None = field(Column("settled_at"))
    labels: Labels = labels(Facet.COMMITMENT)
