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
no_therapist  not made of any therapist's own ratings
never         no rows (small-cell aggregates are another door)
"""

from __future__ import annotations

from dataclasses import dataclass

from .facets import Facet
from .relations import Relation

C, T, S, G = Relation.CLIENT, Relation.THERAPIST, Relation.SUPERVISOR, Relation.CAREGIVER
M, E, B = Relation.MANAGER, Relation.EHR, Relation.BREAK_GLASS
R, P = Relation.RESEARCHER, Relation.PRIVACY_OFFICER

ORDER = (C, T, S, G, M, E, B, R, P)
NEVER = "never"

_TABLE = """
facet                 | client     | therapist                    | supervisor              | caregiver           | manager | ehr                          | break-glass                  | researcher | privacy officer
CASE_FRAME            | open       | open                         | open                    | open                | open  | open                         | open                         | never | never
CARE_TEAM             | open       | open                         | open                    | open                | open  | open                         | open                         | never | never
SESSION_PLAN          | open       | open                         | open                    | open                | open  | open                         | open                         | never | never
ATTENDANCE            | open       | open                         | open                    | open                | open  | open                         | open                         | never | never
RELIABILITY           | open       | open                         | open                    | never               | never | open                         | open                         | never | never
COMMITMENT            | open       | open                         | consent                 | own                 | never | open                         | open                         | never | never
GOAL                  | open       | open                         | consent                 | invited             | never | open                         | open                         | never | never
PREFERENCE            | open       | open                         | open                    | never               | never | open                         | open                         | never | never
OCCASION              | open       | open                         | open                    | own                 | never | open                         | open                         | never | never
CLIENT_MEASUREMENT    | own        | known                        | known                   | disclosed + invited | never | disclosed                    | disclosed                    | never | never
CLIENT_SCORES         | own        | disclosed + blind            | disclosed + consent     | disclosed + invited | never | disclosed                    | disclosed                    | never | never
CLIENT_ANSWERS        | own        | disclosed + blind            | never                   | disclosed + invited | never | disclosed                    | disclosed                    | never | never
CLIENT_COMMENT        | own        | disclosed + blind            | never                   | disclosed + invited | never | never                        | never                        | never | never
THERAPIST_MEASUREMENT | known      | own                          | known                   | never               | never | disclosed                    | disclosed                    | never | never
THERAPIST_SCORES      | disclosed  | own                          | known                   | never               | never | disclosed                    | disclosed                    | never | never
THERAPIST_ANSWERS     | disclosed  | own                          | never                   | never               | never | disclosed                    | disclosed                    | never | never
THERAPIST_COMMENT     | disclosed  | own                          | never                   | never               | never | never                        | never                        | never | never
CAREGIVER_MEASUREMENT | known      | known                        | known                   | own                 | never | disclosed                    | disclosed                    | never | never
CAREGIVER_SCORES      | disclosed  | disclosed + blind            | disclosed + consent     | own                 | never | disclosed                    | disclosed                    | never | never
CAREGIVER_ANSWERS     | disclosed  | disclosed + blind            | never                   | own                 | never | disclosed                    | disclosed                    | never | never
CAREGIVER_COMMENT     | disclosed  | disclosed + blind            | never                   | own                 | never | never                        | never                        | never | never
TREND                 | for_client | for_care_team + no_colleague | for_care_team + consent | never               | never | for_care_team + no_therapist | for_care_team + no_therapist | never | never
SIGNAL                | for_client | for_care_team + no_colleague | for_care_team + consent | never               | never | for_care_team + no_therapist | for_care_team + no_therapist | never | never
PROCESS_NOTE          | never      | own                          | never                   | never               | never | never                        | never                        | never | never
CONSENT               | open       | open                         | never                   | open                | never | never                        | never                        | never | never
EMERGENCY             | open       | open                         | never                   | never               | never | never                        | own                          | never | open
RESEARCH              | never      | never                        | never                   | never               | never | never                        | never                        | open  | never
"""


def _read(table: str) -> dict[Facet, dict[Relation, tuple[str, ...]]]:
    found = {}
    for line in table.strip().splitlines()[1:]:
        facet, *cells = (cell.strip() for cell in line.split("|"))
        terms = [tuple(cell.split(" + ")) for cell in cells]
        found[Facet[facet]] = dict(zip(ORDER, terms, strict=True))
    return found


READ = _read(_TABLE)


@dataclass(frozen=True, slots=True)
class Writing:
    """Who may write a table: the scope, the relations, and the column that must be oneself.

    Further conditions on the row are SQL: `where` holds before and after, `before` of what is
    changed, `after` of what it becomes. `signs` is the column in which whoever changes it leaves
    their own id; `case` the one that names the case.
    """

    table: str
    command: str
    gates: tuple[str, ...]
    relations: tuple[Relation, ...]
    author: str | None = None
    own_role: str | None = None
    where: str | None = None
    before: str | None = None
    after: str | None = None
    signs: str | None = None
    case: str = "case_id"


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
    Writing("goal_levels", "INSERT", ("Goal.c", "Goal.u"), (C, T)),
    # The client says what they would like, and the therapist what therapy is like.
    Writing("preferences", "INSERT", ("Goal.u",), (C, T), "person_id", "role"),
    # A therapist who follows another says what therapy is like from now on.
    Writing("preferences", "UPDATE", ("Goal.u",), (C, T), None, "role"),
    Writing("goal_ratings", "INSERT", ("Goal.u",), (C, T), "rated_by", "role"),
    # Each party records their own commitments.
    Writing("commitments", "INSERT", ("Task.c",), (C, T), "owner_id", "owner_role"),
    Writing("commitments", "UPDATE", ("Task.u",), (C, T), "owner_id", "owner_role"),
    # A manager opens cases and appoints care teams.
    Writing("cases", "INSERT", ("EpisodeOfCare.c",), (M,)),
    # Whoever treats, or may open a case, closes it: once, and for good.
    Writing(
        "cases", "UPDATE", ("EpisodeOfCare.u",), (T, M), case="id",
        before="status = 'ACTIVE'", after="status = 'CLOSED' AND closed_on IS NOT NULL",
    ),
    Writing("care_team", "INSERT", ("CareTeam.c",), (M,)),
    Writing("care_team", "UPDATE", ("CareTeam.u",), (M,)),
    # A young person may invite a caregiver, and let them go again.
    Writing("care_team", "INSERT", ("CareTeam.c",), (C,), where="authority = 'INVITED'"),
    Writing("care_team", "UPDATE", ("CareTeam.u",), (C,), where="authority = 'INVITED'"),
    # Consents are the client's; a caregiver's is live only with the client's own assent.
    Writing("consents", "INSERT", ("Consent.c",), (C, G), "given_by", "given_role"),
    Writing("consents", "UPDATE", ("Consent.u",), (C,)),
    # A caregiver takes back what caregivers gave, and signs it; the assent is not theirs to write:
    # whatever else they change in that moment is of a consent that is over.
    Writing(
        "consents", "UPDATE", ("Consent.u",), (G,), where="given_role = 'CAREGIVER'",
        before="withdrawn_at IS NULL", after="withdrawn_at IS NOT NULL", signs="withdrawn_by",
    ),
    Writing("notes", "INSERT", ("DocumentReference.c",), (T,), "author_id"),
    # The privacy officer reviews what was read through broken glass, and guards legal holds.
    Writing("emergencies", "UPDATE", ("AuditEvent.u",), (P,), signs="reviewed_by"),
    Writing("legal_holds", "INSERT", ("Consent.c",), (P,), "set_by"),
    Writing("legal_holds", "UPDATE", ("Consent.u",), (P,)),
    # Erasing a person is the privacy officer's, and begins with a row that names who asked for it.
    Writing("erasures", "INSERT", ("Patient.d",), (P,), "asked_by"),
    # Therapist, manager and EHR plan; attendance is recorded by the therapist or the EHR.
    Writing("sessions", "INSERT", ("Appointment.c",), (T, M, E)),
    Writing("sessions", "UPDATE", ("Appointment.u",), (T, M, E)),
    Writing("occasions", "INSERT", ("ServiceRequest.c",), (T, M)),
    Writing("attendance", "INSERT", ("Encounter.c",), (T, E)),
)  # fmt: skip
