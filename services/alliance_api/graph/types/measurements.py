"""Measurements, and under facets of their own their scores, answers and comment."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.domain.findings import FindingCode
from alliance_api.instruments.forms import headline_scale
from alliance_api.onesql.sources import (
    Column,
    Computed,
    Filter,
    Inline,
    Join,
    Order,
    Table,
    ToMany,
    ToOne,
)
from alliance_api.store.words import COMMENT

from ..declare import comes_from, field, words
from .changes import Change, Outcome
from .common import Disclosure, InformantRole, Instant, Interval, Method, Node
from .instruments import Instrument
from .labels import Labels, labels
from .people import Person
from .sessions import Session

strawberry.enum(FindingCode)


@strawberry.enum
class WithheldReason(StrEnum):
    """Why something is present but not shown."""

    PRIVATE = "PRIVATE"
    TREND_ONLY = "TREND_ONLY"
    NOT_YET = "NOT_YET"
    RATE_FIRST = "RATE_FIRST"
    NO_CONSENT = "NO_CONSENT"
    SCOPE = "SCOPE"
    ERASED = "ERASED"


@comes_from(Table("withheld"))
class Withheld:
    """Something that is there and not shown to you, and why."""

    facet: str = field(Column("facet"), "SCORES, ANSWERS or COMMENT.")
    reason: WithheldReason = field(Column("reason"))


@comes_from(Table("answers", subject="case_id", label="ANSWERS"), "ANSWERS")
class Answer:
    """The value of one item; null where it was not answered."""

    item: int = field(Column("item"))
    value: float | None = field(Column("value"))
    not_applicable: bool = field(Column("not_applicable"))


@comes_from(Table("findings", subject="case_id", label="ANSWERS"), "ANSWERS")
class Finding:
    """Something noticeable about how a form was filled in: a question, not a verdict."""

    code: FindingCode = field(Column("code"))
    scale: str | None = field(Computed("nullif({row}.scale, '')"), "Null: the form as a whole.")
    answered: int = field(Column("answered"), "The number of answers it rests on.")
    method: Method = field(Inline())


# With nothing to notice the list is empty; null is told only to those who may not see the answers.
_ANSWERS_SEEN = (
    "EXISTS (SELECT FROM answers a WHERE a.organisation_id = {outer}.organisation_id "
    "AND a.measurement_id = {outer}.id)"
)

CHANGE = Join("changes", {"measurement_id": "measurement_id", "scale": "scale"}, label="TREND")


@comes_from(
    Table("scores", subject="case_id", label="SCORES", companions={"change": CHANGE}), "SCORES"
)
class Score:
    """What the key makes of the answers; null, never 0, where it can make nothing, and why."""

    scale: str = field(Column("scale"))
    instrument_code: str = field(Column("instrument_code"))
    informant: InformantRole = field(Column("informant_role"))
    raw: float | None = field(Column("raw"), "The sum over the items of the scale, prorated.")
    mean: float | None = field(Column("mean"), "The mean over the items of the scale.")
    pomp: float | None = field(Column("pomp"), "Per cent of the maximum possible, 0 to 100.")
    minimum: float = field(Column("minimum"), "The lowest possible raw score.")
    maximum: float = field(Column("maximum"), "The highest possible raw score.")
    answered: int = field(Column("answered"))
    missing: int = field(Column("missing"))
    reason: str | None = field(Column("reason"), "Why there is no score.")
    taken_at: Instant = field(Column("taken_at"))
    session: Session | None = field(ToOne({"session_id": "id"}))
    interval: Interval | None = field(
        Inline(
            companion="change",
            names={"name": "interval"},
            where="{row}.interval_lower IS NOT NULL",
        ),
        "Score ± 1.96 standard errors of measurement; null without a norm.",
    )
    change: Change | None = field(
        Inline(
            companion="change",
            names={"name": "previous"},
            where="{row}.previous_difference IS NOT NULL",
        ),
        "Since the one before that you may see; null for the first.",
    )
    since_baseline: Change | None = field(
        Inline(
            companion="change",
            names={"name": "baseline"},
            where="{row}.baseline_difference IS NOT NULL",
        ),
        "Since the mean of the first three that you may see, of an outcome since the first; "
        "null for those.",
    )
    outcome: Outcome | None = field(
        Inline(
            companion="change",
            names={"name": "baseline"},
            where="{row}.status_method_id IS NOT NULL AND {row}.baseline_difference IS NOT NULL",
        ),
        "What became of an outcome since the first score that you may see; null for the first.",
    )
    method: Method = field(Inline())


@comes_from(
    Table(
        "measurements",
        prefix="measurement",
        subject="case_id",
        label="MEASUREMENT",
        companions={"comment": Join("comments", {"id": "measurement_id"}, label="COMMENT")},
    ),
    "MEASUREMENT",
)
class Measurement(Node):
    """One completed giving of an instrument by one informant."""

    id: strawberry.ID = field(Column("id", prefix="measurement"))
    case_id: strawberry.ID = field(Column("case_id", prefix="case"))
    instrument: Instrument = field(ToOne({"instrument_id": "id"}))
    informant: Person = field(ToOne({"informant_id": "id"}))
    role: InformantRole = field(Column("informant_role"))
    session: Session | None = field(ToOne({"session_id": "id"}))
    taken_at: Instant = field(Column("taken_at"))
    disclosure: Disclosure = field(Column("disclosure"), "Whom the informant opened it to.")
    scores: list[Score] | None = field(
        ToMany({"id": "measurement_id"}, Order((("scale", "text"),)), empty="null", expected=4),
        facet="SCORES",
    )
    answers: list[Answer] | None = field(
        ToMany({"id": "measurement_id"}, Order((("item", "int"),)), empty="null", expected=12),
        facet="ANSWERS",
    )
    findings: list[Finding] | None = field(
        ToMany(
            {"id": "measurement_id"},
            Order((("scale", "text"), ("code", "text"))),
            expected=2,
            told=_ANSWERS_SEEN,
        ),
        "What is noticeable about how it was filled in; null where the answers are withheld.",
        "ANSWERS",
    )
    comment: str | None = field(words(COMMENT, "comment"), facet="COMMENT")
    withheld: list[Withheld] = field(
        ToMany({"id": "measurement_id"}, Order((("facet", "text"),)), expected=3),
        "What is there and not shown to you, with the reason.",
    )
    superseded_by: Measurement | None = field(ToOne({"superseded_by": "id"}))
    # Whoever answered: the labels of the three informants' measurements are alike.
    labels: Labels = labels(Facet.CLIENT_MEASUREMENT)


@strawberry.enum
class OccasionState(StrEnum):
    """Where a planned measure stands, as far as you may know; DROPPED if its case was closed first."""

    PLANNED = "PLANNED"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    DONE = "DONE"
    DROPPED = "DROPPED"


_DONE = (
    "EXISTS (SELECT FROM measurements m WHERE m.organisation_id = {row}.organisation_id "
    "AND m.occasion_id = {row}.id)"
)
_DROPPED = (
    "EXISTS (SELECT FROM cases c WHERE c.organisation_id = {row}.organisation_id "
    "AND c.id = {row}.case_id "
    "AND c.closed_on <= ({row}.due_at AT TIME ZONE c.time_zone)::date)"
)


@comes_from(Table("occasions", prefix="occasion", subject="case_id", label="OCCASION"), "OCCASION")
class Occasion(Node):
    """One planned giving of an instrument."""

    id: strawberry.ID = field(Column("id", prefix="occasion"))
    instrument: Instrument = field(ToOne({"instrument_id": "id"}))
    informant: Person = field(ToOne({"informant_id": "id"}))
    role: InformantRole = field(Column("informant_role"))
    session: Session | None = field(ToOne({"session_id": "id"}))
    opens_at: Instant = field(Column("opens_on"))
    due_at: Instant = field(Column("due_at"))
    state: OccasionState = field(
        Computed(
            f"CASE WHEN {_DONE} THEN 'DONE' WHEN {_DROPPED} THEN 'DROPPED' "
            "WHEN now() < {row}.opens_on THEN 'PLANNED' "
            "WHEN now() > {row}.due_at THEN 'OVERDUE' ELSE 'DUE' END"
        )
    )
    measurement: Measurement | None = field(
        ToOne({"id": "occasion_id"}, order=Order((("taken_at", "timestamptz"),), descending=True))
    )
    labels: Labels = labels(Facet.OCCASION)


# What makes a series: scores of other instruments, informants or scales are never mixed in.
BY_INSTRUMENT = Filter("instrument", "{row}.instrument_code = {value}")
BY_INFORMANT = Filter("informant", "{row}.informant_role = {value}")
# Without a scale the one that stands for the whole form is meant; where none does, nothing is.
BY_SCALE = (
    Filter("scale", "{row}.scale = {value}"),
    Filter("instrument", "{row}.scale = {value}", parse=headline_scale, unless="scale"),
)
SERIES = (BY_INSTRUMENT, BY_INFORMANT, *BY_SCALE)
