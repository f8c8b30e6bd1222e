"""Planning measures, submitting them, and choosing who may see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.domain.scoring import GivenAnswer
from alliance_api.store.transaction import Transaction
from alliance_api.usecases import measurements

from ..types.common import Disclosure
from ..types.measurements import Measurement, Occasion
from .core import TEXTS, maybe, ref, verb


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


@verb(
    reads=("EpisodeOfCare", "ServiceRequest"),
    writes=("ServiceRequest.c",),
    changes=("occasion", Occasion),
    codes=(
        "UNKNOWN_INSTRUMENT",
        "PERMISSION_REQUIRED",
        "AGE_OUT_OF_RANGE",
        "CASE_CLOSED",
        "SESSION_OF_ANOTHER_CASE",
        "DUE_BEFORE_OPEN",
        "ALREADY_PLANNED",
    ),
)
async def plan_measurement(tx: Transaction, now: datetime, given: PlanMeasurementInput) -> UUID:
    """Plan one giving of an instrument."""
    return await measurements.plan(
        tx,
        now,
        case=ref("case", given.case, "case"),
        instrument=given.instrument,
        informant=ref("person", given.informant, "informant"),
        session=maybe("session", given.session, "session"),
        opens_at=given.opens_at,
        due_at=given.due_at,
    )


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


@verb(
    reads=("EpisodeOfCare", "QuestionnaireResponse"),
    writes=("QuestionnaireResponse.c",),
    changes=("measurement", Measurement),
    codes=(
        *TEXTS,
        "UNKNOWN_INSTRUMENT",
        "PERMISSION_REQUIRED",
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
async def submit_measurement(tx: Transaction, now: datetime, given: SubmitMeasurementInput) -> UUID:
    """Submit one's own rating."""
    return await measurements.submit(
        tx,
        now,
        case=ref("case", given.case, "case"),
        instrument=given.instrument,
        session=maybe("session", given.session, "session"),
        occasion=maybe("occasion", given.occasion, "occasion"),
        answers=[
            GivenAnswer(answer.item, _whole(answer.value), answer.not_applicable)
            for answer in given.answers
        ],
        comment=given.comment,
        disclosure=given.disclosure,
        to_caregivers=given.to_caregivers,
    )


@strawberry.input
class ChangeDisclosureInput:
    """Whom a measurement is opened to from now on."""

    idempotency_key: strawberry.ID
    measurement: strawberry.ID
    disclosure: Disclosure
    to_caregivers: bool = False


@verb(
    reads=("QuestionnaireResponse",),
    writes=("Consent.u",),
    changes=("measurement", Measurement),
    codes=("NOT_YOURS",),
)
async def change_disclosure(tx: Transaction, now: datetime, given: ChangeDisclosureInput) -> UUID:
    """Choose whom one's own measurement is opened to."""
    return await measurements.change_disclosure(
        tx,
        now,
        measurement=ref("measurement", given.measurement, "measurement"),
        disclosure=given.disclosure,
        to_caregivers=given.to_caregivers,
    )


def _whole(value: float | None) -> float | None:
    return int(value) if value is not None and value.is_integer() else value
