"""Goals: proposing, answering and rating them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import goals

from ..types.goals import Goal
from .core import TEXTS, maybe, ref, verb


@strawberry.input
class ProposeGoalInput:
    """A goal in one's own words."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    wording: str
    weight: int | None = None
    to_caregivers: bool = False


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.c",),
    changes=("goal", Goal),
    codes=(*TEXTS, "NOT_A_PARTY", "WEIGHT_OUT_OF_RANGE"),
)
async def propose_goal(tx: Transaction, now: datetime, given: ProposeGoalInput) -> UUID:
    """Propose a goal."""
    return await goals.propose(
        tx,
        now,
        case=ref("case", given.case, "case"),
        wording=given.wording,
        weight=given.weight,
        to_caregivers=given.to_caregivers,
    )


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


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.u",),
    changes=("goal", Goal),
    codes=(
        *TEXTS,
        "NOT_A_PARTY",
        "NOT_ASKED",
        "GOAL_ENDED",
        "WORDING_REQUIRED",
        "WORDING_NOT_ALLOWED",
    ),
)
async def answer_goal(tx: Transaction, now: datetime, given: AnswerGoalInput) -> UUID:
    """Agree, disagree or amend."""
    return await goals.answer(
        tx,
        now,
        goal=ref("goal", given.goal, "goal"),
        answer=given.answer.value,
        wording=given.wording,
    )


@strawberry.input
class RateGoalInput:
    """How far a goal is reached: -2 much less, 0 as expected, +2 much more."""

    idempotency_key: strawberry.ID
    goal: strawberry.ID
    level: int
    session: strawberry.ID | None = None


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.u",),
    changes=("goal", Goal),
    codes=("NOT_A_PARTY", "GOAL_ENDED", "LEVEL_OUT_OF_RANGE", "SESSION_OF_ANOTHER_CASE"),
)
async def rate_goal(tx: Transaction, now: datetime, given: RateGoalInput) -> UUID:
    """Rate how far a goal is reached."""
    return await goals.rate(
        tx,
        now,
        goal=ref("goal", given.goal, "goal"),
        level=given.level,
        session=maybe("session", given.session, "session"),
    )
