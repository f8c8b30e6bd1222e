"""The input of every mutation. `idempotencyKey`: send the same again, and it is done once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import strawberry

from .types.common import CommitmentOutcome, Disclosure, PartyRole, SessionOutcome
from .types.sessions import Modality


@strawberry.input
class OpenCaseInput:
    """A client, a therapist, and the zone in which they live."""

    idempotency_key: strawberry.ID
    client: strawberry.ID
    therapist: strawberry.ID
    time_zone: str = strawberry.field(description="IANA name, for example Europe/Berlin.")
    interval_days: int | None = strawberry.field(
        default=None, description="Days between sessions as planned; null for no fixed rhythm."
    )


@strawberry.input
class PlanMeasurementInput:
    """Who is asked for which instrument, from when until when."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    instrument: str
    informant: strawberry.ID
    session: strawberry.ID | None = None
    opens_at: datetime
    due_at: datetime


@strawberry.input
class AnswerInput:
    """The value of one item; leave an item out, or its value null, if it was not answered."""

    item: int
    value: float | None = None
    not_applicable: bool = False


@strawberry.input
class SubmitMeasurementInput:
    """One's own rating, and whom it is opened to."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    instrument: str = strawberry.field(description="Its code, for example `wai-sr-c`.")
    session: strawberry.ID | None = None
    occasion: strawberry.ID | None = None
    answers: list[AnswerInput]
    comment: str | None = None
    disclosure: Disclosure | None = strawberry.field(
        default=None, description="Null takes the default: the case's for a client, else PRIVATE."
    )
    to_caregivers: bool = False


@strawberry.input
class ChangeDisclosureInput:
    """Whom a measurement is opened to from now on."""

    idempotency_key: strawberry.ID
    measurement: strawberry.ID
    disclosure: Disclosure
    to_caregivers: bool = False


@strawberry.input
class ProposeGoalInput:
    """A goal in one's own words."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    wording: str
    weight: int | None = None
    to_caregivers: bool = False


@strawberry.enum
class GoalAnswer(StrEnum):
    """What one can answer to a goal."""

    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    AMEND = "AMEND"


@strawberry.input
class AnswerGoalInput:
    """Agree, disagree, or amend with a new wording."""

    idempotency_key: strawberry.ID
    goal: strawberry.ID
    answer: GoalAnswer
    wording: str | None = None


@strawberry.input
class RateGoalInput:
    """How far a goal is reached: -2 much less, 0 as expected, +2 much more."""

    idempotency_key: strawberry.ID
    goal: strawberry.ID
    level: int
    session: strawberry.ID | None = None


@strawberry.input
class ScheduleSessionInput:
    """When and how to meet."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    planned_start: datetime
    planned_end: datetime
    modality: Modality
    therapist: strawberry.ID | None = None


@strawberry.input
class MoveSessionInput:
    """A new time for a planned session."""

    idempotency_key: strawberry.ID
    session: strawberry.ID
    planned_start: datetime
    planned_end: datetime


@strawberry.input
class CancelSessionInput:
    """On whose behalf a session does not take place."""

    idempotency_key: strawberry.ID
    session: strawberry.ID
    cancelled_by: PartyRole
    excused: bool = False


@strawberry.input
class RecordSessionInput:
    """What happened: KEPT with its times, or MISSED."""

    idempotency_key: strawberry.ID
    session: strawberry.ID
    outcome: SessionOutcome
    started_at: datetime | None = None
    ended_at: datetime | None = None
    client_arrived_at: datetime | None = None
    therapist_ready_at: datetime | None = None
    missed_by: PartyRole | None = None
    excused: bool = False


@strawberry.input
class MakeCommitmentInput:
    """What one promises to do, and until when."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    wording: str
    due_at: datetime


@strawberry.input
class SettleCommitmentInput:
    """What became of one's own promise."""

    idempotency_key: strawberry.ID
    commitment: strawberry.ID
    outcome: CommitmentOutcome
