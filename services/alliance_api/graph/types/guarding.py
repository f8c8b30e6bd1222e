"""What guards a case: consents, and the glass that was broken; and a therapist's own notes."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.onesql.sources import Column, Computed, Inline, Table, ToOne
from alliance_api.store.words import NOTE, REASON

from ..declare import comes_from, field, words
from .common import InformantRole, Instant, Node
from .labels import Labels, labels
from .people import Person
from .sessions import Session


@strawberry.enum
class ConsentKind(StrEnum):
    """What a client can consent to."""

    SUPERVISION = "SUPERVISION"
    """Supervisors read scores, goals, trends and signals."""
    EHR = "EHR"
    """The clinic's record system reads the case."""
    RESEARCH = "RESEARCH"
    """Researchers read scores under a name that means nothing."""
    AGGREGATES = "AGGREGATES"
    """Private ratings count, too, in figures over many clients."""


@strawberry.enum
class ConsentRole(StrEnum):
    """Who gave a consent."""

    CLIENT = "CLIENT"
    CAREGIVER = "CAREGIVER"


@comes_from(Table("consents", prefix="consent", subject="case_id", label="CONSENT"), "CONSENT")
class Consent(Node):
    """A consent: live until it is withdrawn; a caregiver's only with the client's own assent."""

    id: strawberry.ID = field(Column("id", prefix="consent"))
    kind: ConsentKind = field(Column("kind"))
    given_by: Person | None = field(ToOne({"given_by": "id"}))
    given_role: ConsentRole = field(Column("given_role"))
    given_at: Instant = field(Column("given_at"))
    assented_at: Instant | None = field(
        Column("assented_at"), "When the young client said yes to what a caregiver consented to."
    )
    withdrawn_at: Instant | None = field(Column("withdrawn_at"))
    live: bool = field(
        Computed(
            "({row}.withdrawn_at IS NULL AND ({row}.given_role = 'CLIENT' "
            "OR {row}.assented_at IS NOT NULL))"
        )
    )
    labels: Labels = labels(Facet.CONSENT)


@strawberry.enum
class Verdict(StrEnum):
    """What a privacy officer makes of a broken glass."""

    JUSTIFIED = "JUSTIFIED"
    NOT_JUSTIFIED = "NOT_JUSTIFIED"


@comes_from(None)
class Review:
    """What a privacy officer made of it."""

    verdict: Verdict = field(Column("verdict"))
    by: Person | None = field(ToOne({"reviewed_by": "id"}))
    at: Instant = field(Column("reviewed_at"))


@comes_from(
    Table("emergencies", prefix="emergency", subject="case_id", label="EMERGENCY"), "EMERGENCY"
)
class Emergency(Node):
    """Broken glass: a clinician outside the team read the case, until when, and why."""

    id: strawberry.ID = field(Column("id", prefix="emergency"))
    case_id: strawberry.ID = field(Column("case_id", prefix="case"))
    by: Person | None = field(ToOne({"person_id": "id"}))
    reason: str | None = field(words(REASON))
    opened_at: Instant = field(Column("opened_at"))
    ends_at: Instant = field(Column("ends_at"))
    review: Review | None = field(Inline(where="{row}.verdict IS NOT NULL"))
    labels: Labels = labels(Facet.EMERGENCY)


@comes_from(Table("notes", prefix="note", subject="case_id", label="PROCESS_NOTE"), "PROCESS_NOTE")
class Note(Node):
    """A process note: its author's own."""

    id: strawberry.ID = field(Column("id", prefix="note"))
    case_id: strawberry.ID = field(Column("case_id", prefix="case"))
    body: str | None = field(words(NOTE))
    session: Session | None = field(ToOne({"session_id": "id"}))
    written_at: Instant = field(Column("written_at"))
    labels: Labels = labels(Facet.PROCESS_NOTE)


@comes_from(Table("research_records", label="RESEARCH"), "RESEARCH")
class ResearchRecord:
    """One score, given to research: under a name that means nothing, by week and not by date."""

    pseudonym: strawberry.ID = field(Column("pseudonym"))
    week: int = field(Column("week"), "Weeks since the client's first rating.")
    sequence: int = field(Column("sequence"), "The client's ratings in order.")
    instrument_code: str = field(Column("instrument_code"))
    informant: InformantRole = field(Column("informant_role"))
    scale: str = field(Column("scale"))
    value: float = field(Column("value"))
