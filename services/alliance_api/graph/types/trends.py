"""Trends: what scores say over time and beside another's, made only of what you may see."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.domain.concordance import Unit
from alliance_api.domain.episodes import Pattern
from alliance_api.domain.shapes import Shape
from alliance_api.onesql.sources import Column, Inline, Order, Table, ToMany, ToOne

from ..declare import comes_from, field
from .common import Estimate, InformantRole, Interval, Method, Rate, estimate, rate
from .labels import Labels, labels
from .measurements import Measurement, Score
from .people import Person

for _words in (Unit, Pattern, Shape):
    strawberry.enum(_words)

TREND = "TREND"


@strawberry.enum
class NoLimits(StrEnum):
    """Why a series has no limits."""

    TOO_FEW_SESSIONS = "TOO_FEW_SESSIONS"
    CEILING = "CEILING"
    NO_VARIATION = "NO_VARIATION"


@comes_from(Table("ruptures", subject="case_id", label=TREND), TREND)
class Rupture:
    """A marked fall beyond error and its mending: one episode, however many sessions it lasts.

    Each rule finds its own, and `method` names it: `rupture-beyond-noise` is the one that signals
    are made by, `rupture-drop-1sd` and `rupture-drop-2sd` look back, `ewma` and `cusum` tell of
    slow falls after the baseline.
    """

    start: Measurement | None = field(ToOne({"start_id": "id"}))
    nadir: Measurement | None = field(ToOne({"nadir_id": "id"}))
    repair: Measurement | None = field(
        ToOne({"repair_id": "id"}), "The rating that mended it; null while nothing has."
    )
    depth: float | None = field(Column("depth"), "Points fallen, of the raw score.")
    pattern: Pattern | None = field(Column("pattern"))
    over: bool = field(Column("over"))
    method: Method = field(Inline())


@comes_from(None)
class Baseline:
    """The first sessions, on which limits are frozen; provisional below eight."""

    n: int = field(Column("baseline_n"))
    provisional: bool = field(Column("provisional"))


_SAME_SERIES = {
    name: name for name in ("case_id", "instrument_code", "informant_role", "scale", "informant_id")
}


@comes_from(Table("series", subject="case_id", label=TREND), TREND)
class Trajectory:
    """One scale of one informant over time: only what you may see, and only of this series."""

    instrument_code: str = field(Column("instrument_code"))
    informant: InformantRole = field(Column("informant_role"))
    scale: str = field(Column("scale"))
    n: int = field(Column("n"))
    points: list[Score] = field(
        ToMany(
            _SAME_SERIES,
            Order((("taken_at", "timestamptz"), ("measurement_id", "uuid"))),
            where=("{row}.current",),
            expected=40,
        )
    )
    baseline: Baseline | None = field(Inline(where="{row}.baseline_n IS NOT NULL"))
    centre: float | None = field(Column("centre"))
    lower: float | None = field(Column("lower"), "Only below it is an alarm; never above.")
    upper: float | None = field(Column("upper"))
    false_alarm_rate: float | None = field(
        Column("false_alarm_rate"), "Chance that an undisturbed session falls below."
    )
    reason: NoLimits | None = field(Column("reason"), "Why there are no limits.")
    ceiling_share: float | None = field(Column("ceiling_share"))
    at_ceiling: bool | None = field(
        Column("at_ceiling"), "Then the series cannot tell about improvement."
    )
    shape: Shape | None = field(Column("shape"))
    slope: Estimate | None = estimate("slope", "Points a session.")
    ruptures: list[Rupture] = field(
        ToMany(
            {**_SAME_SERIES, "audience": "audience"},
            Order((("method_id", "text"), ("start_id", "uuid"))),
            expected=3,
        )
    )
    method: Method = field(Inline())
    labels: Labels = labels(Facet.TREND)


@comes_from(Table("concordances", subject="case_id", label=TREND), TREND)
class Concordance:
    """How near therapist and client are in rating the same sessions: difference and tracking."""

    client_code: str = field(Column("client_code"), "The client's form.")
    instrument_code: str = field(Column("instrument_code"), "The therapist's form.")
    therapist: Person = field(ToOne({"informant_id": "id"}))
    scale: str = field(Column("scale"))
    n: int = field(Column("n"), "Sessions that both rated, as far as you may see.")
    unit: Unit = field(Column("unit"), "Forms that are not item-parallel are compared as POMP.")
    bias: Estimate | None = estimate("bias", "Therapist minus client, on average.")
    tracking: Estimate | None = estimate("tracking", "How far one moves when the other moves by 1.")
    correlation: Estimate | None = estimate("correlation", "Over sessions.")
    absolute_gap: Estimate | None = estimate(
        "gap", "How far apart the two are on average, whichever way."
    )
    reason: str | None = field(Column("reason"))
    method: Method = field(Inline())
    labels: Labels = labels(Facet.TREND)


@comes_from(None)
class RatingChange:
    """How the ratings of goals from 0 to 10 moved, from the first to the latest, on average."""

    n: int = field(Column("rated_n"), "Goals that the client rated at least twice.")
    first: float = field(Column("rated_first"))
    latest: float = field(Column("rated_latest"))
    difference: float = field(Column("rated_value"))
    interval: Interval | None = field(
        Inline(names={"name": "rated"}, where="{row}.rated_lower IS NOT NULL")
    )


@comes_from(Table("attainments", subject="case_id", label="GOAL"), "GOAL")
class Attainment:
    """How far goals are reached (goal attainment scaling, T) and how they came about."""

    n: int = field(Column("n"), "Goals rated from -2 to 2 by the client, at least twice.")
    baseline: float | None = field(Column("baseline"), "T of the first ratings; 50 is as expected.")
    follow_up: float | None = field(Column("follow_up"), "T of the latest ratings.")
    change: float | None = field(Column("change"))
    ratings: RatingChange | None = field(
        Inline(where="{row}.rated_n IS NOT NULL"),
        "Goals rated from 0 to 10, never mixed with the others.",
    )
    agreed: Rate = rate("agreed", "Goals that both agree to, of those worked towards.")
    worded_by_client: Rate = rate("worded", "Agreed goals in the client's own words.")
    median_days: float | None = field(Column("median_days"), "From proposal to agreement.")
    disagreed: int = field(Column("disagreed"), "Goals that somebody disagrees with: information.")
    method: Method = field(Inline())
    labels: Labels = labels(Facet.GOAL)
