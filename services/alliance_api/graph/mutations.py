"""The verbs of the API: each says which scopes it needs, and hands its input to a use case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from alliance_api.domain.errors import Problem, Refused
from alliance_api.domain.ids import parse_id
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.store.transaction import Transaction
from alliance_api.usecases import cases, commitments, goals, measurements, sessions

from . import inputs, payloads

Run = Callable[[Transaction, datetime, Any], Awaitable[UUID]]


@dataclass(frozen=True, slots=True)
class Verb:
    """One mutation: what runs it, and the gates its application must hold."""

    run: Run
    reads: tuple[str, ...]
    writes: tuple[str, ...]


VERBS: dict[str, Verb] = {}


def verb(*, reads: tuple[str, ...], writes: tuple[str, ...]) -> Callable[[Run], Run]:
    """Register what runs the mutation of the function's name."""

    def register(run: Run) -> Run:
        VERBS[run.__name__] = Verb(run, reads, writes)
        return run

    return register


def ref(kind: str, value: str, field: str) -> UUID:
    """Return the UUID of a global id; another kind's id is as unknown as none."""
    found = parse_id(str(value))
    if found is None or found[0] != kind:
        message = f"There is no such {kind}, or you may not see it. Check the id."
        raise Refused((Problem("NOT_FOUND", message, field),))
    return found[1]


def maybe(kind: str, value: str | None, field: str) -> UUID | None:
    """Return the UUID of a global id that may be left out."""
    return None if value is None else ref(kind, value, field)


@verb(reads=("EpisodeOfCare", "CareTeam"), writes=("EpisodeOfCare.c", "CareTeam.c"))
async def open_case(tx: Transaction, now: datetime, given: inputs.OpenCaseInput) -> UUID:
    """Open a case."""
    return await cases.open_case(
        tx,
        now,
        client=ref("person", given.client, "client"),
        therapist=ref("person", given.therapist, "therapist"),
        time_zone=given.time_zone,
        interval_days=given.interval_days,
    )


@verb(reads=("EpisodeOfCare", "ServiceRequest"), writes=("ServiceRequest.c",))
async def plan_measurement(
    tx: Transaction, now: datetime, given: inputs.PlanMeasurementInput
) -> UUID:
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


@verb(
    reads=("EpisodeOfCare", "QuestionnaireResponse"),
    writes=("QuestionnaireResponse.c",),
)
async def submit_measurement(
    tx: Transaction, now: datetime, given: inputs.SubmitMeasurementInput
) -> UUID:
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


def _whole(value: float | None) -> float | None:
    return int(value) if value is not None and value.is_integer() else value


@verb(reads=("QuestionnaireResponse",), writes=("Consent.u",))
async def change_disclosure(
    tx: Transaction, now: datetime, given: inputs.ChangeDisclosureInput
) -> UUID:
    """Choose whom one's own measurement is opened to."""
    return await measurements.change_disclosure(
        tx,
        now,
        measurement=ref("measurement", given.measurement, "measurement"),
        disclosure=given.disclosure,
        to_caregivers=given.to_caregivers,
    )


@verb(reads=("EpisodeOfCare", "Goal"), writes=("Goal.c",))
async def propose_goal(tx: Transaction, now: datetime, given: inputs.ProposeGoalInput) -> UUID:
    """Propose a goal."""
    return await goals.propose(
        tx,
        now,
        case=ref("case", given.case, "case"),
        wording=given.wording,
        weight=given.weight,
        to_caregivers=given.to_caregivers,
    )


@verb(reads=("EpisodeOfCare", "Goal"), writes=("Goal.u",))
async def answer_goal(tx: Transaction, now: datetime, given: inputs.AnswerGoalInput) -> UUID:
    """Agree, disagree or amend."""
    return await goals.answer(
        tx,
        now,
        goal=ref("goal", given.goal, "goal"),
        answer=given.answer.value,
        wording=given.wording,
    )


@verb(reads=("EpisodeOfCare", "Goal"), writes=("Goal.u",))
async def rate_goal(tx: Transaction, now: datetime, given: inputs.RateGoalInput) -> UUID:
    """Rate how far a goal is reached."""
    return await goals.rate(
        tx,
        now,
        goal=ref("goal", given.goal, "goal"),
        level=given.level,
        session=maybe("session", given.session, "session"),
    )


@verb(reads=("EpisodeOfCare", "Appointment"), writes=("Appointment.c",))
async def schedule_session(
    tx: Transaction, now: datetime, given: inputs.ScheduleSessionInput
) -> UUID:
    """Plan a session."""
    return await sessions.schedule(
        tx,
        now,
        case=ref("case", given.case, "case"),
        planned_start=given.planned_start,
        planned_end=given.planned_end,
        modality=given.modality.value,
        therapist=maybe("person", given.therapist, "therapist"),
    )


@verb(reads=("EpisodeOfCare", "Appointment"), writes=("Appointment.c", "Appointment.u"))
async def move_session(tx: Transaction, now: datetime, given: inputs.MoveSessionInput) -> UUID:
    """Move a planned session."""
    return await sessions.move(
        tx,
        now,
        session=ref("session", given.session, "session"),
        planned_start=given.planned_start,
        planned_end=given.planned_end,
    )


@verb(reads=("EpisodeOfCare", "Appointment"), writes=("Appointment.u",))
async def cancel_session(tx: Transaction, now: datetime, given: inputs.CancelSessionInput) -> UUID:
    """Cancel a planned session."""
    return await sessions.cancel(
        tx,
        now,
        session=ref("session", given.session, "session"),
        cancelled_by=given.cancelled_by.value,
        excused=given.excused,
    )


@verb(reads=("EpisodeOfCare", "Appointment", "Encounter"), writes=("Encounter.c",))
async def record_session(tx: Transaction, now: datetime, given: inputs.RecordSessionInput) -> UUID:
    """Record what happened in a session."""
    return await sessions.record(
        tx,
        now,
        session=ref("session", given.session, "session"),
        outcome=given.outcome.value,
        started_at=given.started_at,
        ended_at=given.ended_at,
        client_arrived_at=given.client_arrived_at,
        therapist_ready_at=given.therapist_ready_at,
        missed_by=given.missed_by.value if given.missed_by else None,
        excused=given.excused,
    )


@verb(reads=("EpisodeOfCare", "Task"), writes=("Task.c",))
async def make_commitment(
    tx: Transaction, now: datetime, given: inputs.MakeCommitmentInput
) -> UUID:
    """Promise to do something."""
    return await commitments.make(
        tx,
        now,
        case=ref("case", given.case, "case"),
        wording=given.wording,
        due_at=given.due_at,
    )


@verb(reads=("EpisodeOfCare", "Task"), writes=("Task.u",))
async def settle_commitment(
    tx: Transaction, now: datetime, given: inputs.SettleCommitmentInput
) -> UUID:
    """Say what became of one's own promise."""
    return await commitments.settle(
        tx,
        now,
        commitment=ref("commitment", given.commitment, "commitment"),
        outcome=given.outcome,
    )


def _mutation() -> type:
    """Return the Mutation type: one field for each verb, with its input and payload."""
    fields: dict[str, Any] = {}
    for name, found in VERBS.items():
        pascal = "".join(word.title() for word in name.split("_"))
        given, payload = getattr(inputs, f"{pascal}Input"), getattr(payloads, f"{pascal}Payload")
        fields[name] = strawberry.mutation(
            resolver=_stub(name, given, payload),
            description=f"{found.run.__doc__} Needs {', '.join(found.writes)}.",
        )
    return strawberry.type(type("Mutation", (), fields), description="What can be done.")


def _stub(name: str, given: type, payload: type) -> Callable[..., Any]:
    # Only its signature is used: `execute` runs the verb itself.
    def stub(input: Any) -> Any:  # noqa: A002
        raise NotImplementedError(name)

    stub.__annotations__ = {"input": given, "return": payload}
    return stub


Mutation = _mutation()
