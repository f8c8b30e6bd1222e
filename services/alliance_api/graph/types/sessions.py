"""Sessions: what was planned, and, as a facet of its own, what happened."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.onesql.sources import Column, Computed, Join, Table, ToOne

from ..declare import asked, comes_from, field
from .common import Duration, Instant, Node, PartyRole, SessionOutcome
from .labels import Labels, labels
from .people import Person


@strawberry.enum
class Modality(StrEnum):
    """How two people meet."""

    IN_PERSON = "IN_PERSON"
    VIDEO = "VIDEO"
    PHONE = "PHONE"
    TEXT = "TEXT"


@strawberry.enum
class SessionState(StrEnum):
    """What became of the plan; how it went is the outcome."""

    PLANNED = "PLANNED"
    MOVED = "MOVED"
    CANCELLED = "CANCELLED"
    RECORDED = "RECORDED"


ATTENDANCE = Join("attendance", {"id": "session_id"}, label="ATTENDANCE")
MINUTES_LATE = Computed(
    "CASE {of} WHEN 'CLIENT' THEN {companion_attendance}.client_delay "
    "ELSE {companion_attendance}.therapist_delay END",
    types={"of": "text"},
    companions=("attendance",),
)


@comes_from(
    Table(
        "sessions",
        prefix="session",
        subject="case_id",
        label="SESSION_PLAN",
        companions={"attendance": ATTENDANCE},
    ),
    "SESSION_PLAN",
)
class Session(Node):
    """A planned meeting and its outcome."""

    id: strawberry.ID = field(Column("id", prefix="session"))
    number: int = field(Column("number"), "Counts the sessions of a case in order of planning.")
    planned_start: Instant = field(Column("planned_start"))
    planned_end: Instant = field(Column("planned_end"))
    modality: Modality = field(Column("modality"))
    state: SessionState = field(Column("state"))
    therapist: Person = field(ToOne({"therapist_id": "id"}))
    outcome: SessionOutcome | None = field(Column("outcome", "attendance"), facet="ATTENDANCE")
    started_at: Instant | None = field(Column("started_at", "attendance"), facet="ATTENDANCE")
    ended_at: Instant | None = field(Column("ended_at", "attendance"), facet="ATTENDANCE")
    cancelled_by: PartyRole | None = field(
        Column("cancelled_by", "attendance"),
        "Null where neither party did, as when the case was closed.",
        "ATTENDANCE",
    )
    notice: Duration | None = field(
        Column("notice", "attendance"), "From the cancellation to the planned start.", "ATTENDANCE"
    )
    excused: bool | None = field(Column("excused", "attendance"), facet="ATTENDANCE")
    moved_from: Session | None = field(ToOne({"moved_from": "id"}))
    moved_to: Session | None = field(ToOne({"id": "moved_from"}))
    labels: Labels = labels(Facet.SESSION_PLAN)

    @asked(MINUTES_LATE, "Minutes after the planned start; negative when early.", "ATTENDANCE")
    def minutes_late(self, of: PartyRole) -> float | None: ...
