"""Goals: proposing, answering, rating and ending them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import strawberry

from alliance_api.domain.goals import GoalKind, LevelWording
from alliance_api.store.transaction import Transaction
from alliance_api.usecases import goals

from ..types.goals import Goal
from .core import TEXTS, maybe, ref, verb

_LEVELS = ("LEVELS_NOT_ALLOWED", "LEVEL_OUT_OF_RANGE", "DUPLICATE_LEVEL")


@strawberry.input
class LevelInput:
    """What one level of attainment, -2 to 2, would look like."""

    level: int
    wording: str


@strawberry.input
class ProposeGoalInput:
    """A goal in one's own words."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    wording: str
    kind: GoalKind = GoalKind.GAS
    levels: list[LevelInput] | None = strawberry.field(
        default=None, description="What the levels of a GAS goal would look like."
    )
    weight: int | None = None
    to_caregivers: bool = False


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.c",),
    changes=("goal", Goal),
    codes=(*TEXTS, *_LEVELS, "CASE_CLOSED", "NOT_A_PARTY", "WEIGHT_OUT_OF_RANGE"),
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
        kind=given.kind,
        levels=_levels(given.levels),
    )


def _levels(given: list[LevelInput] | None) -> tuple[LevelWording, ...]:
    return tuple(LevelWording(each.level, each.wording) for each in given or ())


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
    version: int | None = strawberry.field(
        default=None, description="The version that was read: refused if it was reworded since."
    )
    wording: str | None = None
    levels: list[LevelInput] | None = strawberry.field(
        default=None, description="New words for all levels; left out, they stay as they are."
    )


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.u",),
    changes=("goal", Goal),
    codes=(
        *TEXTS,
        *_LEVELS,
        "NOT_A_PARTY",
        "NOT_ASKED",
        "VERSION_CHANGED",
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
        said=goals.Words(given.wording, _levels(given.levels), given.version),
    )


@strawberry.input
class RateGoalInput:
    """How far a goal is reached: -2 to 2 (0 as expected), or 0 to 10, by its kind."""

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


@strawberry.input
class EndGoalInput:
    """A goal that is worked towards no longer."""

    idempotency_key: strawberry.ID
    goal: strawberry.ID


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.u",),
    changes=("goal", Goal),
    codes=("NOT_A_PARTY", "GOAL_ENDED"),
)
async def end_goal(tx: Transaction, now: datetime, given: EndGoalInput) -> UUID:
    """End a goal."""
    return await goals.end(tx, now, goal=ref("goal", given.goal, "goal"))
