"""Sessions: planning, moving, cancelling and recording them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import sessions

from ..types.common import PartyRole, SessionOutcome
from ..types.sessions import Modality, Session
from .core import maybe, ref, verb

_SPAN = ("ENDS_BEFORE_START", "TOO_SHORT", "TOO_LONG")


@strawberry.input
class ScheduleSessionInput:
    """When and how to meet."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    planned_start: datetime
    planned_end: datetime
    modality: Modality
    therapist: strawberry.ID | None = None


@verb(
    reads=("EpisodeOfCare", "Appointment"),
    writes=("Appointment.c",),
    changes=("session", Session),
    codes=(*_SPAN, "CASE_CLOSED", "OVERLAP", "THERAPIST_REQUIRED"),
)
async def schedule_session(tx: Transaction, now: datetime, given: ScheduleSessionInput) -> UUID:
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


@strawberry.input
class MoveSessionInput:
    """A new time for a planned session."""

    idempotency_key: strawberry.ID
    session: strawberry.ID
    planned_start: datetime
    planned_end: datetime


@verb(
    reads=("EpisodeOfCare", "Appointment"),
    writes=("Appointment.c", "Appointment.u"),
    changes=("session", Session),
    codes=(*_SPAN, "CASE_CLOSED", "OVERLAP", "NOT_PLANNED"),
)
async def move_session(tx: Transaction, now: datetime, given: MoveSessionInput) -> UUID:
    """Move a planned session."""
    return await sessions.move(
        tx,
        now,
        session=ref("session", given.session, "session"),
        planned_start=given.planned_start,
        planned_end=given.planned_end,
    )


@strawberry.input
class CancelSessionInput:
    """On whose behalf a session does not take place."""

    idempotency_key: strawberry.ID
    session: strawberry.ID
    cancelled_by: PartyRole
    excused: bool = False


@verb(
    reads=("EpisodeOfCare", "Appointment"),
    writes=("Appointment.u",),
    changes=("session", Session),
    codes=("NOT_PLANNED",),
)
async def cancel_session(tx: Transaction, now: datetime, given: CancelSessionInput) -> UUID:
    """Cancel a planned session."""
    return await sessions.cancel(
        tx,
        now,
        session=ref("session", given.session, "session"),
        cancelled_by=given.cancelled_by.value,
        excused=given.excused,
    )


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


@verb(
    reads=("EpisodeOfCare", "Appointment", "Encounter"),
    writes=("Encounter.c",),
    changes=("session", Session),
    codes=(
        *_SPAN,
        "NOT_PLANNED",
        "IN_THE_FUTURE",
        "FAR_FROM_PLAN",
        "START_REQUIRED",
        "OUTCOME_NOT_ALLOWED",
    ),
)
async def record_session(tx: Transaction, now: datetime, given: RecordSessionInput) -> UUID:
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
