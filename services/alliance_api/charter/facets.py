"""The kinds of confidential data, the scope that opens each, and the tables that hold it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Facet(StrEnum):
    """A kind of confidential data: one table or more each, so that rows are fields."""

    CASE_FRAME = "CASE_FRAME"
    CARE_TEAM = "CARE_TEAM"
    IDENTITY = "IDENTITY"
    SESSION_PLAN = "SESSION_PLAN"
    ATTENDANCE = "ATTENDANCE"
    RELIABILITY = "RELIABILITY"
    COMMITMENT = "COMMITMENT"
    GOAL = "GOAL"
    PREFERENCE = "PREFERENCE"
    OCCASION = "OCCASION"
    CLIENT_MEASUREMENT = "CLIENT_MEASUREMENT"
    CLIENT_SCORES = "CLIENT_SCORES"
    CLIENT_ANSWERS = "CLIENT_ANSWERS"
    CLIENT_COMMENT = "CLIENT_COMMENT"
    THERAPIST_MEASUREMENT = "THERAPIST_MEASUREMENT"
    THERAPIST_SCORES = "THERAPIST_SCORES"
    THERAPIST_ANSWERS = "THERAPIST_ANSWERS"
    THERAPIST_COMMENT = "THERAPIST_COMMENT"
    CAREGIVER_MEASUREMENT = "CAREGIVER_MEASUREMENT"
    CAREGIVER_SCORES = "CAREGIVER_SCORES"
    CAREGIVER_ANSWERS = "CAREGIVER_ANSWERS"
    CAREGIVER_COMMENT = "CAREGIVER_COMMENT"
    TREND = "TREND"
    SIGNAL = "SIGNAL"
    PROCESS_NOTE = "PROCESS_NOTE"
    CONSENT = "CONSENT"
    EMERGENCY = "EMERGENCY"
    RESEARCH = "RESEARCH"
    READ_LEDGER = "READ_LEDGER"


SCORES = "Observation.survey"
ANSWERS = "QuestionnaireResponse"


@dataclass(frozen=True, slots=True)
class Place:
    """A table of a facet: which rows are meant, and the columns that the terms speak of.

    `opens` holds the instant from which a row is disclosed; null means never, to nobody.
    """

    table: str
    case: str = "case_id"
    author: str | None = None
    informant: str | None = None
    opens: str = "opens_at"


@dataclass(frozen=True, slots=True)
class Holding:
    """Where a facet lies: any one of `gates` must be in the principal's scopes."""

    gates: tuple[str, ...]
    places: tuple[Place, ...]


def _of(table: str, informant: str, opens: str = "opens_at") -> Place:
    return Place(table, author="informant_id", informant=informant, opens=opens)


def _informant(role: str) -> dict[Facet, Holding]:
    frame = _of("measurements", role, "scores_open_at")
    return {
        Facet[f"{role}_MEASUREMENT"]: Holding((SCORES, ANSWERS), (frame,)),
        Facet[f"{role}_SCORES"]: Holding((SCORES,), (_of("scores", role),)),
        Facet[f"{role}_ANSWERS"]: Holding(
            (ANSWERS,), (_of("answers", role), _of("findings", role))
        ),
        Facet[f"{role}_COMMENT"]: Holding((ANSWERS,), (_of("comments", role),)),
    }


HOLDINGS: dict[Facet, Holding] = {
    Facet.CASE_FRAME: Holding(("EpisodeOfCare",), (Place("cases", case="id"),)),
    Facet.CARE_TEAM: Holding(("CareTeam",), (Place("care_team", author="person_id"),)),
    Facet.SESSION_PLAN: Holding(("Appointment",), (Place("sessions"),)),
    Facet.ATTENDANCE: Holding(("Encounter",), (Place("attendance"),)),
    Facet.RELIABILITY: Holding(("Observation.reliability",), (Place("reliability"),)),
    Facet.COMMITMENT: Holding(("Task",), (Place("commitments", author="owner_id"),)),
    Facet.GOAL: Holding(
        ("Goal",),
        (
            Place("goals"),
            Place("goal_versions"),
            Place("goal_levels"),
            Place("goal_stances"),
            Place("goal_ratings"),
            Place("attainments"),
        ),
    ),
    Facet.PREFERENCE: Holding(("Goal",), (Place("preferences", author="person_id"),)),
    Facet.OCCASION: Holding(("ServiceRequest",), (Place("occasions", author="informant_id"),)),
    **_informant("CLIENT"),
    **_informant("THERAPIST"),
    **_informant("CAREGIVER"),
    Facet.TREND: Holding(
        (SCORES,),
        (Place("series"), Place("changes"), Place("ruptures"), Place("concordances")),
    ),
    Facet.SIGNAL: Holding(("Flag",), (Place("signals"), Place("signal_evidence"))),
    Facet.PROCESS_NOTE: Holding(("DocumentReference",), (Place("notes", author="author_id"),)),
    Facet.CONSENT: Holding(("Consent",), (Place("consents"),)),
    Facet.EMERGENCY: Holding(("AuditEvent",), (Place("emergencies", author="person_id"),)),
    Facet.RESEARCH: Holding(("ResearchSubject",), (Place("research_records"),)),
}
