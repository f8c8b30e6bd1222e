"""Goals: what is worked towards, in whose words, and where each party stands."""

from __future__ import annotations

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.domain.goals import GoalKind
from alliance_api.onesql.sources import (
    Column,
    Computed,
    Inline,
    Join,
    Order,
    Table,
    ToMany,
    ToOne,
)
from alliance_api.store.words import LEVEL, WORDING

from ..declare import asked, comes_from, field, words
from .common import Day, GoalState, Instant, Node, PartyRole, Stance
from .labels import Labels, labels
from .people import Person

GOAL = "GOAL"

strawberry.enum(GoalKind)


@comes_from(Table("goal_versions", subject="case_id", label=GOAL), GOAL)
class GoalVersion:
    """The wording of a goal at a time. Nothing is overwritten."""

    version: int = field(Column("version"))
    wording: str | None = field(words(WORDING), "Null once its author was erased.")
    worded_by: Person = field(ToOne({"worded_by": "id"}))
    worded_at: Instant = field(Column("worded_at"))


@comes_from(Table("goal_levels", subject="case_id", label=GOAL), GOAL)
class GoalLevel:
    """What one level of attainment would look like."""

    level: int = field(Column("level"))
    wording: str | None = field(words(LEVEL), "Null once its author was erased.")
    worded_by: Person = field(ToOne({"worded_by": "id"}))


@comes_from(Table("goal_stances", subject="case_id", label=GOAL), GOAL)
class GoalStance:
    """Where one person stands to the present wording. Disagreement is kept, not overruled."""

    person: Person = field(ToOne({"person_id": "id"}))
    role: PartyRole = field(Column("role"))
    stance: Stance = field(Column("stance"))
    answered_at: Instant | None = field(Column("answered_at"))


@comes_from(Table("goal_ratings", subject="case_id", label=GOAL), GOAL)
class GoalRating:
    """How far a goal is reached in one person's eyes, in the range of its kind."""

    rated_by: Person = field(ToOne({"rated_by": "id"}))
    role: PartyRole = field(Column("role"))
    level: int = field(Column("level"))
    rated_at: Instant = field(Column("rated_at"))


# A version that did not word its levels anew has those of the one before.
OF_LEVELS = (
    "{row}.version = (SELECT max(l.version) FROM goal_levels l "
    "WHERE l.organisation_id = {outer}.organisation_id AND l.goal_id = {outer}.id "
    "AND l.version <= {outer}.version)"
)
_RATED = (
    "FROM goal_ratings r WHERE r.organisation_id = {row}.organisation_id "
    "AND r.goal_id = {row}.id AND r.role = 'CLIENT'"
)
_FIRST = f"(SELECT r.level {_RATED} ORDER BY r.rated_at, r.id LIMIT 1)"
_LATEST = f"(SELECT r.level {_RATED} ORDER BY r.rated_at DESC, r.id DESC LIMIT 1)"


@comes_from(None)
class GoalChange:
    """How the client's own ratings of one goal moved, in points."""

    n: int = field(Computed(f"(SELECT count(*) {_RATED})"), "The number of ratings.")
    first: int = field(Computed(_FIRST))
    latest: int = field(Computed(_LATEST))
    difference: int = field(Computed(f"{_LATEST} - {_FIRST}"))


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
    wording: str | None = field(words(WORDING, "current"))
    worded_by: Person | None = field(ToOne(where=(AUTHOR,)))
    version: int = field(Column("version"), "Of the wording: answer the one that you read.")
    kind: GoalKind = field(Column("kind"), "How it is rated: -2 to 2 (GAS), or 0 to 10.")
    levels: list[GoalLevel] = field(
        ToMany({"id": "goal_id"}, Order((("level", "int"),)), where=(OF_LEVELS,), expected=5),
        "What the levels of a GAS goal would look like, where somebody said so.",
    )
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

    change: GoalChange | None = field(
        Inline(where=f"EXISTS (SELECT {_RATED})"),
        "From the client's first rating to the latest; null before the first.",
        GOAL,
    )
    labels: Labels = labels(Facet.GOAL)

    @asked(
        ToMany(
            {"id": "goal_id"},
            Order((("rated_at", "timestamptz"), ("id", "uuid")), descending=True),
            limit="last",
            skip="skip",
        ),
        "The latest ratings, newest first.",
    )
    def ratings(self, last: int = 10, skip: int = 0) -> list[GoalRating]: ...
