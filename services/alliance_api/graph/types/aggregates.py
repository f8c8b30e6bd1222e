"""Aggregates: figures about many clients, published once a quarter and frozen since."""

from __future__ import annotations

import strawberry

from alliance_api.domain.aggregates import Level, Measure
from alliance_api.domain.suppression import Reason
from alliance_api.onesql.sources import Column, Computed, Inline, Order, Table, ToOne

from ..declare import comes_from, field
from .common import Day, InformantRole, Instant, Interval, Method, Node
from .people import Person

strawberry.enum(Level, name="AggregateLevel")
strawberry.enum(Measure, name="AggregateMeasure")
strawberry.enum(Reason, name="AggregateReason")


@comes_from(Table("teams", prefix="team"))
class Team(Node):
    """Therapists who work together."""

    id: strawberry.ID = field(Column("id", prefix="team"))
    name: str = field(Column("name"))


@comes_from(None)
class Components:
    """How therapists differ: what pooling rests on, made of the figures that are shown."""

    mean: float = field(Column("grand_mean"), "The grand mean.")
    between: float = field(Column("between_variance"), "The variance of therapists' true means.")
    within: float = field(
        Column("within_variance"), "The variance of clients around their therapist's mean."
    )
    groups: int = field(Column("groups"), "The number of therapists.")


@comes_from(None)
class PooledMean:
    """A therapist's mean drawn towards the grand mean, the more the fewer clients there are."""

    value: float = field(Column("pooled_value"))
    interval: Interval = field(Inline(names={"name": "pooled"}))
    weight: float = field(Column("weight"), "How much the own mean counts, 0 to 1.")


@comes_from(Table("aggregates"))
class Aggregate:
    """What was published of one cell: a measure, a period, and whose clients. Never a ranking."""

    period: str = field(Column("period"), "A quarter in UTC days, for example `2026-Q3`.")
    starts_on: Day = field(Column("starts_on"))
    ends_on: Day = field(Column("ends_on"))
    measure: Measure = field(Column("measure"))
    instrument_code: str | None = field(Computed("nullif({row}.instrument_code, '')"))
    scale: str | None = field(Computed("nullif({row}.scale, '')"))
    informant: InformantRole | None = field(
        Computed("nullif({row}.informant_role, '')"), "Who rated, or whose reliability it is."
    )
    constructs: list[str] = field(Column("constructs"))
    level: Level = field(Column("level"))
    team: Team | None = field(
        ToOne({"team_id": "id"}), "The team, or the therapist's at the end of the period."
    )
    therapist: Person | None = field(
        ToOne({"unit_id": "id"}, where=("{outer}.level = 'THERAPIST'",))
    )
    n: int | None = field(Column("n"), "At least so many clients, told in fives. One value each.")
    value: float | None = field(Column("value"), "Their mean, coarsely.")
    step: float | None = field(
        Column("step"), "How coarsely: the mean lies in a place about so wide around the value."
    )
    minimum: float = field(Column("minimum"), "The lowest value that a client can have.")
    maximum: float = field(Column("maximum"))
    interval: Interval | None = field(
        Inline(names={"name": "value"}, where="{row}.value_lower IS NOT NULL"),
        "Null where too few clients tell how far they spread.",
    )
    pooled: PooledMean | None = field(Inline(where="{row}.pooled_value IS NOT NULL"))
    components: Components | None = field(Inline(where="{row}.groups IS NOT NULL"))
    funnel: Interval | None = field(
        Inline(names={"name": "funnel"}, where="{row}.funnel_lower IS NOT NULL"),
        "Within these 99.8 % limits therapists do not differ.",
    )
    unusual: bool | None = field(Column("unusual"), "Whether the mean lies outside the funnel.")
    reason: Reason | None = field(Column("reason"), "Why nothing is shown.")
    published_at: Instant = field(Column("published_at"))
    method: Method = field(Inline())


# By what a cell is, so that the order tells nothing of its figures.
BY_CELL = Order(
    tuple(
        (name, "uuid" if name == "unit_id" else "text")
        for name in (
            "period",
            "measure",
            "instrument_code",
            "scale",
            "informant_role",
            "level",
            "unit_id",
        )
    )
)
