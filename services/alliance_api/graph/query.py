"""The roots of reading."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import strawberry

from alliance_api.charter.policies import ME, ORGANISATION, standing
from alliance_api.charter.relations import Relation
from alliance_api.domain.aggregates import Level, Measure
from alliance_api.domain.constructs import Construct
from alliance_api.domain.ids import parse_id
from alliance_api.onesql.sources import (
    Column,
    Filter,
    Inline,
    Order,
    Table,
    ToMany,
    ToOne,
)
from alliance_api.onesql.sources import Connection as Pages
from alliance_api.onesql.sources import Node as ById

from .declare import asked, comes_from, field
from .types.aggregates import BY_CELL, Aggregate, Team
from .types.cases import Case, CaseStatus
from .types.commitments import Commitment
from .types.common import Connection, InformantRole, Node, PartyRole
from .types.guarding import Emergency, Note, ResearchRecord
from .types.instruments import Instrument
from .types.measurements import BY_INFORMANT, Measurement
from .types.people import Person
from .types.readings import Reading, ReadingOutcome


def split(text: str) -> tuple[str, str] | None:
    """Return kind and UUID of a global id, or None where it is none."""
    found = parse_id(text)
    return (str(found[0]), str(found[1])) if found else None


def only(kind: str) -> Callable[[Any], str | None]:
    """Return what reads the UUID of ids of one kind; others match nothing."""

    def parse(value: Any) -> str | None:
        found = split(str(value))
        return found[1] if found and found[0] == kind else None

    return parse


MINE = f"{{row}}.id IN {standing((Relation.THERAPIST, Relation.SUPERVISOR))}"
OPENED = (("opened_on", "date"), ("id", "uuid"))


@strawberry.enum
class CaseloadOrder(StrEnum):
    """In which order a caseload is listed."""

    OPENED_FIRST = "OPENED_FIRST"
    OPENED_LAST = "OPENED_LAST"


@comes_from(Table("organisations", prefix="organisation"))
class Organisation:
    """The clinic or practice."""

    id: strawberry.ID = field(Column("organisation_id", prefix="organisation"))
    name: str = field(Column("name"))

    teams: list[Team] = field(ToMany({}, Order((("id", "uuid"),))))

    @asked(
        Pages(
            {},
            BY_CELL,
            filters=(
                Filter("construct", "{value} = ANY ({row}.constructs)"),
                Filter("team", "{row}.team_id = {value}", "uuid", only("team")),
                Filter("period", "{row}.period = {value}"),
                Filter("measure", "{row}.measure = {value}"),
                Filter("level", "{row}.level = {value}"),
            ),
        ),
        "What was published: all of it for a manager; for a therapist their own and the whole.",
    )
    def aggregates(  # noqa: PLR0913  (what a cell is known by)
        self,
        first: int | None = None,
        after: str | None = None,
        construct: Construct | None = None,
        team: strawberry.ID | None = None,
        period: str | None = None,
        measure: Measure | None = None,
        level: Level | None = None,
    ) -> Connection[Aggregate]: ...

    @asked(
        Pages({}, Order((("opened_at", "timestamptz"), ("id", "uuid")), descending=True)),
        "Broken glass, newest first: all of it for a privacy officer.",
        "EMERGENCY",
    )
    def emergencies(
        self, first: int | None = None, after: str | None = None
    ) -> Connection[Emergency]: ...

    @asked(
        Pages(
            {},
            Order((("at", "timestamptz"), ("id", "uuid")), descending=True),
            filters=(Filter("outcome", "{row}.outcome = {value}"),),
        ),
        "Who read what, newest first: all of it for a privacy officer.",
        "READ_LEDGER",
    )
    def readings(
        self,
        first: int | None = None,
        after: str | None = None,
        outcome: ReadingOutcome | None = None,
    ) -> Connection[Reading]: ...

    @asked(
        Pages(
            {},
            Order((("pseudonym", "uuid"), ("sequence", "int"), ("id", "uuid"))),
            filters=(Filter("instrument", "{row}.instrument_code = {value}"),),
        ),
        "What clients gave to research; for researchers.",
        "RESEARCH",
    )
    def research_records(
        self, first: int | None = None, after: str | None = None, instrument: str | None = None
    ) -> Connection[ResearchRecord]: ...


@comes_from(None)
class Viewer:
    """You, as the database sees you."""

    person: Person = field(ToOne(where=(f"{{row}}.id = {ME}",)))
    organisation: Organisation = field(ToOne(where=(f"{{row}}.organisation_id = {ORGANISATION}",)))
    cases: list[Case] = field(
        ToMany({}, Order(OPENED), where=(f"{{row}}.id IN {standing((Relation.CLIENT,))}",)),
        "The cases in which you are the client.",
    )

    @asked(
        Pages(
            {},
            Order((("taken_at", "timestamptz"), ("id", "uuid"))),
            where=(f"{{row}}.informant_id = {ME}",),
            filters=(BY_INFORMANT,),
        ),
        "Your own measurements, in whichever case.",
    )
    def measurements(
        self,
        first: int | None = None,
        after: str | None = None,
        informant: InformantRole | None = None,
    ) -> Connection[Measurement]: ...

    @asked(
        Pages(
            {},
            Order((("made_at", "timestamptz"), ("id", "uuid"))),
            where=(f"{{row}}.owner_id = {ME}",),
            filters=(Filter("by", "{row}.owner_role = {value}"),),
        ),
        "Your own commitments, in whichever case.",
    )
    def commitments(
        self, first: int | None = None, after: str | None = None, by: PartyRole | None = None
    ) -> Connection[Commitment]: ...

    @asked(
        Pages(
            {},
            Order((("written_at", "timestamptz"), ("id", "uuid"))),
            where=(f"{{row}}.author_id = {ME}",),
        ),
        "Your own process notes, in whichever case.",
        "PROCESS_NOTE",
    )
    def notes(self, first: int | None = None, after: str | None = None) -> Connection[Note]: ...


@strawberry.type(description="What can be asked.")
class Query:
    """What can be asked."""

    viewer: Viewer = field(Inline())
    organisation: Organisation = field(ToOne(where=(f"{{row}}.organisation_id = {ORGANISATION}",)))

    @asked(ById("id", split), "Anything with an id that you may see; what you may not see is null.")
    def node(self, id: strawberry.ID) -> Node | None: ...  # noqa: A002

    @asked(ToOne(filters=(Filter("id", "{row}.id = {value}", "uuid", only("case")),)))
    def case(self, id: strawberry.ID) -> Case | None: ...  # noqa: A002

    @asked(
        Pages(
            {},
            Order(OPENED),
            where=(MINE,),
            filters=(Filter("status", "{row}.status = {value}"),),
            order_argument="orderBy",
            orders={
                "OPENED_FIRST": Order(OPENED),
                "OPENED_LAST": Order(OPENED, descending=True),
            },
        ),
        "The cases in which you are therapist or supervisor.",
    )
    def caseload(  # noqa: PLR0913  (the arguments of a Relay connection)
        self,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        status: CaseStatus | None = None,
        order_by: CaseloadOrder = CaseloadOrder.OPENED_FIRST,
    ) -> Connection[Case]: ...

    @asked(
        ToOne(
            filters=(
                Filter("code", "{row}.code = {value}"),
                Filter("version", "{row}.version = {value}", "int"),
            ),
            order=Order((("version", "int"),), descending=True),
        ),
        "An instrument by its code, in the given or the latest version.",
    )
    def instrument(self, code: str, version: int | None = None) -> Instrument | None: ...

    @asked(
        ToMany(
            {},
            Order((("code", "text"), ("version", "int"))),
            filters=(
                Filter("construct", "{value} = ANY ({row}.constructs)"),
                Filter("informant", "{row}.informant = {value}"),
            ),
            expected=30,
        ),
        "The forms of the organisation, by code: all, or those that measure or ask as named.",
    )
    def instruments(
        self, construct: Construct | None = None, informant: InformantRole | None = None
    ) -> list[Instrument]: ...
