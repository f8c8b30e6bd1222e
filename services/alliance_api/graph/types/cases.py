"""Cases: one episode of care of one client with its care team."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.facets import Facet
from alliance_api.instruments.pairs import counterpart
from alliance_api.onesql.sources import (
    Column,
    Filter,
    Order,
    Table,
    ToMany,
    ToOne,
)
from alliance_api.onesql.sources import Connection as Pages

from ..declare import asked, comes_from, field
from .commitments import Commitment
from .common import (
    CommitmentOutcome,
    Connection,
    Day,
    Disclosure,
    GoalState,
    InformantRole,
    Instant,
    Node,
    PartyRole,
    SessionOutcome,
)
from .goals import Goal
from .guarding import Consent, Emergency, Note
from .labels import Labels, labels
from .measurements import (
    BY_INFORMANT,
    BY_INSTRUMENT,
    BY_SCALE,
    SERIES,
    Measurement,
    Occasion,
    Score,
)
from .people import Person
from .readings import Reading
from .reliability import Reliability
from .sessions import Session
from .signals import OPEN_SIGNALS, PREFERENCES, SIGNALS, Preference, Signal, SignalState
from .trends import Attainment, Concordance, Trajectory

OF_CASE = {"id": "case_id"}


@strawberry.enum
class CaseStatus(StrEnum):
    """Whether care goes on."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@strawberry.enum
class CareRelation(StrEnum):
    """How a member of a care team stands to the case."""

    THERAPIST = "THERAPIST"
    SUPERVISOR = "SUPERVISOR"
    CAREGIVER = "CAREGIVER"


@strawberry.enum
class Authority(StrEnum):
    """On what a caregiver's place rests."""

    PARENTAL = "PARENTAL"
    """Ends by itself at the age of the case's jurisdiction."""
    COURT = "COURT"
    """A court's order, until it ends."""
    INVITED = "INVITED"
    """The client's own invitation."""


@comes_from(Table("care_team", subject="case_id", label="CARE_TEAM"), "CARE_TEAM")
class CareTeamMember:
    """Someone in the care team, and for how long."""

    person: Person = field(ToOne({"person_id": "id"}))
    relation: CareRelation = field(Column("relation"))
    since: Instant = field(Column("starts_at"))
    until: Instant | None = field(Column("ends_at"))
    authority: Authority | None = field(Column("authority"), "A caregiver's only.")


BY_START = Order((("planned_start", "timestamptz"), ("id", "uuid")))
BY_ID = Order((("id", "uuid"),))
HAS_OUTCOME = Filter(
    "outcome",
    "EXISTS (SELECT FROM attendance o WHERE o.organisation_id = {row}.organisation_id "
    "AND o.session_id = {row}.id AND o.outcome = ANY ({value}))",
    "text[]",
)


@comes_from(Table("cases", prefix="case", subject="id", label="CASE_FRAME"), "CASE_FRAME")
class Case(Node):
    """One episode of care of one client with its care team."""

    id: strawberry.ID = field(Column("id", prefix="case"))
    status: CaseStatus = field(Column("status"))
    opened_on: Day = field(Column("opened_on"))
    closed_on: Day | None = field(Column("closed_on"))
    time_zone: str = field(Column("time_zone"), "IANA name.")
    client: Person = field(ToOne({"client_id": "id"}, certain=True))
    disclosure_default: Disclosure = field(Column("disclosure_default"))
    jurisdiction: str | None = field(
        Column("jurisdiction"), "Whose law says when a parent's authority ends."
    )
    labels: Labels = labels(Facet.CASE_FRAME, "id")
    consents: list[Consent] = field(
        ToMany(OF_CASE, Order((("given_at", "timestamptz"), ("id", "uuid"))), expected=4),
        "What the client consented to, withdrawn consents included.",
        "CONSENT",
    )
    emergencies: list[Emergency] = field(
        ToMany(OF_CASE, Order((("opened_at", "timestamptz"), ("id", "uuid"))), expected=1),
        "Who broke the glass of this case.",
        "EMERGENCY",
    )
    care_team: list[CareTeamMember] = field(
        ToMany(
            OF_CASE,
            Order((("relation", "text"), ("starts_at", "timestamptz"), ("id", "uuid"))),
            where=("{row}.starts_at <= now()", "({row}.ends_at IS NULL OR {row}.ends_at > now())"),
            expected=3,
        )
    )
    former_care_team: list[CareTeamMember] = field(
        ToMany(
            OF_CASE,
            Order((("ends_at", "timestamptz"), ("starts_at", "timestamptz"), ("id", "uuid"))),
            where=("{row}.ends_at <= now()",),
            expected=3,
        ),
        "Whose place has ended, in that order.",
    )
    next_session: Session | None = field(
        ToOne(
            OF_CASE,
            where=("{row}.state = 'PLANNED'", "{row}.planned_start > now()"),
            order=BY_START,
        )
    )
    attainment: Attainment | None = field(
        ToOne(OF_CASE), "How far goals are reached; null while there are none.", "GOAL"
    )
    occasions: list[Occasion] = field(
        ToMany(OF_CASE, Order((("due_at", "timestamptz"), ("id", "uuid"))), expected=20),
        "Measures planned, due and overdue.",
    )

    open_signals: int | None = field(
        OPEN_SIGNALS, "How many signals are OPEN; null, not 0, where you may see none.", "SIGNAL"
    )
    preferences: list[Preference] = field(
        PREFERENCES, "What the client would like, beside what therapy is like.", "PREFERENCE"
    )

    @asked(SIGNALS, "Findings made of what you may see, newest first.", "SIGNAL")
    def signals(
        self, state: list[SignalState] | None = None, first: int = 100, skip: int = 0
    ) -> list[Signal]: ...

    @asked(Pages(OF_CASE, BY_START, filters=(HAS_OUTCOME,)))
    def sessions(
        self,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        outcome: list[SessionOutcome] | None = None,
    ) -> Connection[Session]: ...

    @asked(
        Pages(
            OF_CASE,
            Order((("taken_at", "timestamptz"), ("id", "uuid"))),
            filters=(BY_INSTRUMENT, BY_INFORMANT),
        )
    )
    def measurements(  # noqa: PLR0913  (the arguments of a Relay connection)
        self,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        instrument: str | None = None,
        informant: InformantRole | None = None,
    ) -> Connection[Measurement]: ...

    @asked(
        ToMany(
            OF_CASE,
            Order((("taken_at", "timestamptz"), ("measurement_id", "uuid")), descending=True),
            where=("{row}.current",),
            filters=SERIES,
            limit="last",
        ),
        "The latest scores of one scale of one informant, newest first. Without a scale, of the "
        "one that stands for the whole form.",
    )
    def latest_scores(
        self, instrument: str, informant: InformantRole, scale: str | None = None, last: int = 5
    ) -> list[Score]: ...

    @asked(
        ToOne(
            OF_CASE,
            filters=SERIES,
            order=Order((("n", "int"), ("informant_id", "uuid")), descending=True),
        ),
        "One scale of one informant over time; null while there is nothing that you may see. "
        "Without a scale, the one that stands for the whole form.",
        "TREND",
    )
    def trajectory(
        self, instrument: str, informant: InformantRole, scale: str | None = None
    ) -> Trajectory | None: ...

    @asked(
        ToOne(
            OF_CASE,
            filters=(
                Filter("instrument", "{row}.client_code = {value}"),
                Filter("therapistForm", "{row}.instrument_code = {value}"),
                Filter(
                    "instrument",
                    "{row}.instrument_code = {value}",
                    parse=counterpart,
                    unless="therapistForm",
                ),
                *BY_SCALE,
            ),
            order=Order((("n", "int"), ("informant_id", "uuid")), descending=True),
        ),
        "Client and therapist on the same sessions, by the client's form. Without a form of the "
        "therapist, the one that says what they think themselves is meant.",
        "TREND",
    )
    def concordance(
        self, instrument: str, scale: str | None = None, therapist_form: str | None = None
    ) -> Concordance | None: ...

    @asked(
        ToMany(
            OF_CASE,
            BY_ID,
            filters=(Filter("state", "{row}.state = ANY ({value})", "text[]"),),
            limit="first",
            skip="skip",
        )
    )
    def goals(
        self, state: list[GoalState] | None = None, first: int = 100, skip: int = 0
    ) -> list[Goal]: ...

    @asked(
        ToMany(
            OF_CASE,
            Order((("due_at", "timestamptz"), ("id", "uuid"))),
            filters=(
                Filter("by", "{row}.owner_role = {value}"),
                Filter("outcome", "{row}.outcome = ANY ({value})", "text[]"),
            ),
            limit="first",
            skip="skip",
        )
    )
    def commitments(
        self,
        by: PartyRole | None = None,
        outcome: list[CommitmentOutcome] | None = None,
        first: int = 100,
        skip: int = 0,
    ) -> list[Commitment]: ...

    @asked(
        ToOne(OF_CASE, filters=(Filter("of", "{row}.party = {value}"),)),
        "How far one party can be relied upon; null before anything was recorded.",
    )
    def reliability(self, of: PartyRole) -> Reliability | None: ...

    @asked(
        Pages(OF_CASE, Order((("written_at", "timestamptz"), ("id", "uuid")), descending=True)),
        "Your own process notes; nobody else's.",
        "PROCESS_NOTE",
    )
    def notes(self, first: int | None = None, after: str | None = None) -> Connection[Note]: ...

    @asked(
        Pages(
            {},
            Order((("at", "timestamptz"), ("id", "uuid")), descending=True),
            where=(
                "{row}.organisation_id = {outer}.organisation_id",
                "{row}.cases @> ARRAY[{outer}.id]",
            ),
        ),
        "Who read what of this case: all of it for the client, one's own for anybody else.",
        "READ_LEDGER",
    )
    def readings(
        self, first: int | None = None, after: str | None = None
    ) -> Connection[Reading]: ...
