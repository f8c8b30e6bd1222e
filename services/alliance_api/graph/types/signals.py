"""Signals: findings worth talking about, each with its evidence. And what the client prefers."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.charter import NEVER, READ
from alliance_api.charter.facets import Facet
from alliance_api.charter.policies import gate, standing
from alliance_api.domain.preferences import MEANING as DIMENSIONS
from alliance_api.domain.preferences import Dimension
from alliance_api.domain.signal_kinds import MEANING as KINDS
from alliance_api.domain.signal_kinds import SignalKind
from alliance_api.onesql.sources import (
    Column,
    Computed,
    Filter,
    Inline,
    Order,
    Table,
    ToMany,
    ToOne,
)

from ..declare import comes_from, field
from .commitments import Commitment
from .common import InformantRole, Instant, Method, Node, PartyRole
from .goals import Goal
from .labels import Labels, labels
from .measurements import Measurement, Occasion
from .people import Person
from .sessions import Session

SIGNAL = "SIGNAL"

strawberry.enum(SignalKind, description="A prompt to talk: never a diagnosis, nor anybody's fault.")
for _value in SignalKind.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = KINDS[_value.value]

strawberry.enum(Dimension, name="PreferenceDimension", description="Two sides of therapy.")
for _value in Dimension.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = DIMENSIONS[_value.value]


@strawberry.enum
class SignalState(StrEnum):
    """Where a signal stands."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CLOSED = "CLOSED"


for _value, _meaning in zip(
    SignalState.__strawberry_definition__.values,  # type: ignore[attr-defined]
    (
        "It goes on, and no therapist has taken note of it.",
        "It goes on, and a therapist has taken note of it.",
        "It is over: a later observation ended it.",
    ),
    strict=True,
):
    _value.description = _meaning

# What is due only later is derived beforehand, and raised once that is past.
RAISED = "{row}.raised_at <= now()"
_DUE = (
    "NOT EXISTS (SELECT FROM occasions o WHERE o.organisation_id = {row}.organisation_id "
    "AND o.id = {row}.occasion_id AND o.due_at > now())"
)


@comes_from(Table("signal_evidence", subject="case_id", label=SIGNAL), SIGNAL)
class Evidence:
    """What a signal rests on: one of these, and null where you may not see it."""

    measurement: Measurement | None = field(ToOne({"measurement_id": "id"}))
    session: Session | None = field(ToOne({"session_id": "id"}))
    occasion: Occasion | None = field(ToOne({"occasion_id": "id"}))
    commitment: Commitment | None = field(ToOne({"commitment_id": "id"}))
    goal: Goal | None = field(ToOne({"goal_id": "id"}))


@comes_from(None)
class Acknowledgement:
    """Which therapist took note of a signal, and when."""

    by: Person | None = field(ToOne({"acknowledged_by": "id"}))
    at: Instant = field(Column("acknowledged_at"))


@comes_from(Table("signals", prefix="signal", subject="case_id", label=SIGNAL), SIGNAL)
class Signal(Node):
    """A finding made of what you may see: one an episode, however many sessions it lasts."""

    id: strawberry.ID = field(Column("id", prefix="signal"))
    kind: SignalKind = field(Column("kind"))
    state: SignalState = field(Column("state"))
    raised_at: Instant = field(
        Column("raised_at"), "When what raised it was observed, which may be before you saw it."
    )
    over: bool = field(Column("over"), "Whether a later observation ended it.")
    false_alarm_rate: float | None = field(
        Column("false_alarm_rate"),
        "The chance per observation that it is raised though nothing happened; null if unknown.",
    )
    informant: InformantRole | None = field(
        Column("informant_role"), "Whose ratings it rests on, if they are one informant's."
    )
    instrument_code: str | None = field(Column("instrument_code"))
    scale: str | None = field(Column("scale"))
    party: PartyRole | None = field(Column("party"), "The party that it is about, if it is one.")
    evidence: list[Evidence] = field(
        ToMany(
            {"id": "signal_id"},
            Order((("position", "int"),)),
            where=(_DUE,),
            expected=5,
        ),
        "What it rests on, in order of time.",
    )
    acknowledgement: Acknowledgement | None = field(
        Inline(where="{row}.acknowledged_at IS NOT NULL"), "Null while no therapist has taken note."
    )
    heard: bool | None = field(
        Column("heard"), "Whether the client feels heard about it; null before they said."
    )
    heard_at: Instant | None = field(Column("heard_at"))
    method: Method = field(Inline())
    labels: Labels = labels(Facet.SIGNAL)


SIGNALS = ToMany(
    {"id": "case_id"},
    Order((("raised_at", "timestamptz"), ("id", "uuid")), descending=True),
    where=(RAISED,),
    filters=(Filter("state", "{row}.state = ANY ({value})", "text[]"),),
    limit="first",
    skip="skip",
)

_TERMS = {relation: terms for relation, terms in READ[Facet.SIGNAL].items() if terms != (NEVER,)}
_FREE = [relation for relation, terms in _TERMS.items() if "consent" not in terms]
_CONSENTED = [relation for relation, terms in _TERMS.items() if "consent" in terms]
_READERS = (
    f"({{row}}.id IN {standing(_FREE)} OR {{row}}.id IN {standing(_CONSENTED, consented=True)})"
)
# Null, and not 0, for whoever may see no signal.
OPEN_SIGNALS = Computed(
    f"CASE WHEN {gate(('Flag',))} AND {_READERS} THEN (SELECT count(*) FROM signals s "
    "WHERE s.organisation_id = {row}.organisation_id AND s.case_id = {row}.id "
    "AND s.state = 'OPEN' AND s.raised_at <= now()) END",
    label=SIGNAL,
)


@comes_from(Table("preferences", subject="case_id", label="PREFERENCE"), "PREFERENCE")
class Preference:
    """What the client would like (role CLIENT), or what the therapist says therapy is like."""

    dimension: Dimension = field(Column("dimension"))
    role: PartyRole = field(Column("role"))
    value: float = field(Column("value"), "From -3 to 3; neither end is better.")
    set_by: Person | None = field(ToOne({"person_id": "id"}))
    set_at: Instant = field(Column("set_at"))
    labels: Labels = labels(Facet.PREFERENCE)


PREFERENCES = ToMany(
    {"id": "case_id"}, Order((("dimension", "text"), ("role", "text"))), expected=8
)
