"""The law: for every facet and relation, the terms under which it may be read.

Read a row aloud: "the answers of a client informant: the client reads their own; a therapist what
was disclosed, after rating that session; a supervisor never". Terms joined by `+` must all hold:

open          whoever stands in that relation
own           the author only
known         the informant did not keep the measurement to themselves
disclosed     the informant opened it, and it is time
blind         only after one's own rating of that session, where the plan asks both
invited       it was opened to caregivers as well
consent       the client's live consent to supervision
for_client / for_care_team      the audience that a figure was derived for
no_colleague  not made of another therapist's own ratings
never         no rows (small-cell aggregates are another door)
"""

from __future__ import annotations

from dataclasses import dataclass

from .facets import Facet
from .relations import Relation

C, T, S = Relation.CLIENT, Relation.THERAPIST, Relation.SUPERVISOR
G, M = Relation.CAREGIVER, Relation.MANAGER

ORDER = (C, T, S, G, M)
NEVER = "never"

_ROWS: dict[Facet, tuple[str, str, str, str, str]] = {
    # facet                        client   therapist            supervisor             caregiver              manager
    Facet.CASE_FRAME:            ("open",  "open",              "open",                "open",                "open"),
    Facet.CARE_TEAM:             ("open",  "open",              "open",                "open",                "open"),
    Facet.SESSION_PLAN:          ("open",  "open",              "open",                "open",                "open"),
    Facet.ATTENDANCE:            ("open",  "open",              "open",                "open",                "open"),
    Facet.RELIABILITY:           ("open",  "open",              "open",                "never",               "never"),
    Facet.COMMITMENT:            ("open",  "open",              "consent",             "own",                 "never"),
    Facet.GOAL:                  ("open",  "open",              "consent",             "invited",             "never"),
    Facet.OCCASION:              ("open",  "open",              "open",                "own",                 "never"),
    Facet.CLIENT_MEASUREMENT:    ("own",   "known",             "known",               "disclosed + invited", "never"),
    Facet.CLIENT_SCORES:         ("own",   "disclosed + blind", "disclosed + consent", "disclosed + invited", "never"),
    Facet.CLIENT_ANSWERS:        ("own",   "disclosed + blind", "never",               "disclosed + invited", "never"),
    Facet.CLIENT_COMMENT:        ("own",   "disclosed + blind", "never",               "disclosed + invited", "never"),
    Facet.THERAPIST_MEASUREMENT: ("known", "own",               "known",               "never",               "never"),
    Facet.THERAPIST_SCORES:      ("disclosed", "own",           "known",               "never",               "never"),
    Facet.THERAPIST_ANSWERS:     ("disclosed", "own",           "never",               "never",               "never"),
    Facet.THERAPIST_COMMENT:     ("disclosed", "own",           "never",               "never",               "never"),
    Facet.CAREGIVER_MEASUREMENT: ("known", "known",             "known",               "own",                 "never"),
    Facet.CAREGIVER_SCORES:      ("disclosed", "disclosed + blind", "disclosed + consent", "own",             "never"),
    Facet.CAREGIVER_ANSWERS:     ("disclosed", "disclosed + blind", "never",           "own",                 "never"),
    Facet.CAREGIVER_COMMENT:     ("disclosed", "disclosed + blind", "never",           "own",                 "never"),
    Facet.TREND:                 ("for_client", "for_care_team + no_colleague", "for_care_team + consent", "never", "never"),
    Facet.SIGNAL:                ("for_client", "for_care_team", "for_care_team + consent", "never",          "never"),
}  # fmt: skip

READ: dict[Facet, dict[Relation, tuple[str, ...]]] = {
    facet: {relation: tuple(term.split(" + ")) for relation, term in zip(ORDER, row, strict=True)}
    for facet, row in _ROWS.items()
}


@dataclass(frozen=True, slots=True)
class Writing:
    """Who may write a table: the scope, the relations, and the column that must be oneself."""

    table: str
    command: str
    gates: tuple[str, ...]
    relations: tuple[Relation, ...]
    author: str | None = None
    own_role: str | None = None


WRITE: tuple[Writing, ...] = (
    # An informant writes their own measurements, in the role in which they stand to the case.
    Writing("measurements", "INSERT", ("QuestionnaireResponse.c",), (C, T, G), "informant_id", "informant_role"),
    Writing("answers", "INSERT", ("QuestionnaireResponse.c",), (C, T, G), "informant_id", "informant_role"),
    Writing("comments", "INSERT", ("QuestionnaireResponse.c",), (C, T, G), "informant_id", "informant_role"),
    # Only the informant changes a disclosure.
    Writing("measurements", "UPDATE", ("Consent.u",), (C, T, G), "informant_id", "informant_role"),
    # Client and therapist both propose, answer and rate goals.
    Writing("goals", "INSERT", ("Goal.c",), (C, T), "proposed_by"),
    Writing("goal_versions", "INSERT", ("Goal.c", "Goal.u"), (C, T), "worded_by"),
    Writing("goal_stances", "UPDATE", ("Goal.u",), (C, T), "person_id"),
    Writing("goal_ratings", "INSERT", ("Goal.u",), (C, T), "rated_by", "role"),
    # Each party records their own commitments.
    Writing("commitments", "INSERT", ("Task.c",), (C, T), "owner_id", "owner_role"),
    Writing("commitments", "UPDATE", ("Task.u",), (C, T), "owner_id", "owner_role"),
    # A manager opens cases and appoints care teams.
    Writing("cases", "INSERT", ("EpisodeOfCare.c",), (M,)),
    Writing("care_team", "INSERT", ("CareTeam.c",), (M,)),
    # Therapist and manager plan; attendance is recorded by the therapist.
    Writing("sessions", "INSERT", ("Appointment.c",), (T, M)),
    Writing("sessions", "UPDATE", ("Appointment.u",), (T, M)),
    Writing("occasions", "INSERT", ("ServiceRequest.c",), (T, M)),
    Writing("attendance", "INSERT", ("Encounter.c",), (T,)),
)  # fmt: skip
