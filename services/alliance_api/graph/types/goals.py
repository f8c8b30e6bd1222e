"""Goals: what is worked towards, in whose words, and where each party stands."""

from __future__ import annotations

import strawberry

from alliance_api.onesql.sources import Column, Join, Order, Table, ToMany, ToOne

from ..declare import asked, comes_from, field
from .common import Day, GoalState, Instant, Node, PartyRole, Stance
from .people import Person

GOAL = "GOAL"


@comes_from(Table("goal_versions", subject="case_id", label=GOAL), GOAL)
class GoalVersion:
    """The wording of a goal at a time. Nothing is overwritten."""

    version: int = field(Column("version"))
    wording: str = field(Column("wording"))
    worded_by: Person = field(ToOne({"worded_by": "id"}))
    worded_at: Instant = field(Column("worded_at"))


@comes_from(Table("goal_stances", subject="case_id", label=GOAL), GOAL)
class GoalStance:
    """Where one person stands to the present wording. Disagreement is kept, not overruled."""

    person: Person = field(ToOne({"person_id": "id"}))
    role: PartyRole = field(Column("role"))
    stance: Stance = field(Column("stance"))
    answered_at: Instant | None = field(Column("answered_at"))


@comes_from(Table("goal_ratings", subject="case_id", label=GOAL), GOAL)
class GoalRating:
    """How far a goal is reached in one person's eyes: -2 to +2, 0 as expected."""

    rated_by: Person = field(ToOne({"rated_by": "id"}))
    role: PartyRole = field(Column("role"))
    level: int = field(Column("level"))
    rated_at: Instant = field(Column("rated_at"))


CURRENT = Join("goal_versions", {"id": "goal_id", "version": "version"}, label=GOAL)
AUTHOR = (
    "{row}.id = (SELECT v.worded_by FROM goal_versions v "
    "WHERE v.organisation_id = {outer}.organisation_id AND v.goal_id = {outer}.id "
    "AND v.version = {outer}.version)"
)


@comes_from(
    Table("goals", prefix="goal", subject="case_id", label=GOAL, companions={"current": CURRENT}),
    GOAL,
)
class Goal(Node):
    """What is worked towards. It counts as shared only with the client's own agreement."""

    id: strawberry.ID = field(Column("id", prefix="goal"))
    wording: str | None = field(Column("wording", "current"))
    worded_by: Person | None = field(ToOne(where=(AUTHOR,)))
    state: GoalState = field(Column("state"))
    weight: int | None = field(Column("weight"), "Importance, from 1 to 10.")
    proposed_by: Person = field(ToOne({"proposed_by": "id"}))
    proposed_at: Instant = field(Column("proposed_at"))
    agreed_on: Day | None = field(Column("agreed_on"))
    ended_on: Day | None = field(Column("ended_on"))
    stances: list[GoalStance] = field(
        ToMany(
            {"id": "goal_id", "version": "version"},
            Order((("role", "text"), ("person_id", "uuid"))),
            expected=2,
        )
    )
    history: list[GoalVersion] = field(
        ToMany({"id": "goal_id"}, Order((("version", "int"),)), expected=2)
    )

    @asked(
        ToMany(
            {"id": "goal_id"},
            Order((("rated_at", "timestamptz"), ("id", "uuid")), descending=True),
            limit="last",
        ),
        "The latest ratings, newest first.",
    )
    def ratings(self, last: int = 10) -> list[GoalRating]: ...
