"""The payload of every mutation: what changed (read by the one read path) and typed problems."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import strawberry

from alliance_api.onesql.sources import Filter, ToOne

from .declare import field
from .types.cases import Case
from .types.commitments import Commitment
from .types.goals import Goal
from .types.measurements import Measurement, Occasion
from .types.sessions import Session

CHANGED = "\0changed"  # no variable of a document has this name
_BY_ID = ToOne(filters=(Filter(CHANGED, "{row}.id = {value}", "uuid"),))


@strawberry.interface(description="Why a mutation did nothing: what to change, and where.")
class Problem:
    """Why a mutation did nothing."""

    message: str
    field: str | None = strawberry.field(description="The path of the input field that is meant.")


# What may stop any mutation.
GENERAL = ("NOT_FOUND", "NOT_ALLOWED", "SCOPE_MISSING", "IDEMPOTENCY_KEY_REUSED", "NAIVE_TIME")
TEXTS = ("TEXT_REQUIRED", "TEXT_TOO_LONG", "CONTROL_CHARACTERS")


def _payload(mutation: str, changed: str, kind: type, codes: tuple[str, ...]) -> type:
    members = {code: code for code in sorted({*GENERAL, *codes})}
    make: Any = StrEnum  # mypy wants a literal name where it can see the enum
    code_type = make(f"{mutation}Code", members)
    strawberry.enum(code_type, description=f"What can stop `{mutation}`.")
    problem = strawberry.type(
        type(f"{mutation}Problem", (Problem,), {"__annotations__": {"code": code_type}}),
        description=f"Why `{mutation}` did nothing.",
    )
    fields = {
        "__annotations__": {changed: kind | None, "problems": list[problem]},  # type: ignore[valid-type]
        changed: field(_BY_ID, "What changed; null when nothing did."),
        "problems": strawberry.field(description="Empty when it was done; else nothing was."),
    }
    made: type = strawberry.type(
        type(f"{mutation}Payload", (), fields), description=f"The outcome of `{mutation}`."
    )
    return made


OpenCasePayload: Any = _payload(
    "OpenCase", "case", Case, ("UNKNOWN_TIME_ZONE", "INTERVAL_OUT_OF_RANGE")
)
PlanMeasurementPayload: Any = _payload(
    "PlanMeasurement",
    "occasion",
    Occasion,
    ("UNKNOWN_INSTRUMENT", "SESSION_OF_ANOTHER_CASE", "DUE_BEFORE_OPEN", "ALREADY_PLANNED"),
)
SubmitMeasurementPayload: Any = _payload(
    "SubmitMeasurement",
    "measurement",
    Measurement,
    (
        *TEXTS,
        "UNKNOWN_INSTRUMENT",
        "NOT_THE_INFORMANT",
        "SESSION_OF_ANOTHER_CASE",
        "UNKNOWN_ITEM",
        "DUPLICATE_ITEM",
        "OUT_OF_RANGE",
        "NOT_AN_INTEGER",
        "NOT_A_NUMBER",
        "OFF_STEP",
        "NOT_APPLICABLE_NOT_ALLOWED",
        "VALUE_WITH_NOT_APPLICABLE",
    ),
)
ChangeDisclosurePayload: Any = _payload(
    "ChangeDisclosure", "measurement", Measurement, ("NOT_YOURS",)
)
ProposeGoalPayload: Any = _payload(
    "ProposeGoal", "goal", Goal, (*TEXTS, "NOT_A_PARTY", "WEIGHT_OUT_OF_RANGE")
)
AnswerGoalPayload: Any = _payload(
    "AnswerGoal",
    "goal",
    Goal,
    (
        *TEXTS,
        "NOT_A_PARTY",
        "NOT_ASKED",
        "GOAL_ENDED",
        "WORDING_REQUIRED",
        "WORDING_NOT_ALLOWED",
    ),
)
RateGoalPayload: Any = _payload(
    "RateGoal",
    "goal",
    Goal,
    ("NOT_A_PARTY", "GOAL_ENDED", "LEVEL_OUT_OF_RANGE", "SESSION_OF_ANOTHER_CASE"),
)
_SPAN = ("ENDS_BEFORE_START", "TOO_SHORT", "TOO_LONG")
ScheduleSessionPayload: Any = _payload(
    "ScheduleSession", "session", Session, (*_SPAN, "OVERLAP", "THERAPIST_REQUIRED")
)
MoveSessionPayload: Any = _payload(
    "MoveSession", "session", Session, (*_SPAN, "OVERLAP", "NOT_PLANNED")
)
CancelSessionPayload: Any = _payload("CancelSession", "session", Session, ("NOT_PLANNED",))
RecordSessionPayload: Any = _payload(
    "RecordSession",
    "session",
    Session,
    (
        *_SPAN,
        "NOT_PLANNED",
        "IN_THE_FUTURE",
        "FAR_FROM_PLAN",
        "START_REQUIRED",
        "OUTCOME_NOT_ALLOWED",
    ),
)
MakeCommitmentPayload: Any = _payload(
    "MakeCommitment", "commitment", Commitment, (*TEXTS, "NOT_A_PARTY", "DUE_IN_THE_PAST")
)
SettleCommitmentPayload: Any = _payload(
    "SettleCommitment",
    "commitment",
    Commitment,
    ("NOT_YOURS", "ALREADY_SETTLED", "OUTCOME_REQUIRED", "IN_THE_FUTURE", "NOT_YET_DUE"),
)
