"""A world in which every kind of row exists, told by the product's own verbs.

Two cases of one therapist, with and without consent to supervision, and a third in another
organisation. In each the client and the caregiver have said everything in every way: about a
session the therapist still has to rate, one where nobody asked for that, and one that was rated;
before and after the next session; in each disclosure; opened to caregivers or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID, uuid4

from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.usecases import goals, measurements
from tests.builders import FORM, HOUR, ITEMS, Story, a_case, now
from tests.house import House
from tests.people import Clinic, Person, a_clinic

TO_RATE, NOT_ASKED, RATED = 0, 1, 2
SESSIONS = "k k k k"


@dataclass(frozen=True)
class Said:
    """What is true of one measurement, from how it was told: never read back from the database."""

    case: UUID
    informant: UUID
    role: str
    disclosure: Disclosure
    next_session_began: bool
    to_rate_first: UUID | None
    invited: bool
    has_comment: bool


@dataclass(frozen=True)
class Told:
    """A case, who stands to it, and what was said in it."""

    clinic: Clinic
    story: Story
    consented: bool
    invited_goals: frozenset[UUID]


@dataclass
class World:
    """Everything, and the truth about it."""

    clinic: Clinic
    elsewhere: Clinic
    neighbour: Person
    cases: dict[UUID, Told]
    said: dict[UUID, Said]

    @property
    def both(self) -> tuple[UUID, UUID]:
        """The client's case, and her neighbour's."""
        [second] = [c for c, told in self.cases.items() if told.story.client is self.neighbour]
        return self.clinic.case, second


def a_world(house: House, *, small: bool) -> World:
    """Tell the world; a small one has the same kinds of rows, fewer times."""
    clinic, elsewhere = a_clinic(house), a_clinic(house)
    clinic.with_offices()
    neighbour = clinic.another_person("neighbour")
    people = clinic.people
    members = {people[name]: name.upper() for name in ("therapist", "supervisor", "caregiver")}
    second = clinic.another_case(neighbour, members)
    clinic.consent()
    world = World(clinic, elsewhere, neighbour, {}, {})
    _tell(world, a_case(clinic), consented=True, size="half" if small else "all")
    _tell(
        world,
        a_case(clinic, case=second, client=neighbour, hours=2),
        consented=False,
        size="few" if small else "all",
    )
    _tell(world, a_case(elsewhere), consented=False, size="few")
    return world


def _tell(world: World, story: Story, *, consented: bool, size: str) -> None:
    story.with_sessions(SESSIONS)
    for session in (TO_RATE, RATED):
        story.asked("therapist", session)
    story.with_ratings(therapist="--4", disclosure=Disclosure.PRIVATE)
    _note(
        world, story, "therapist", UUID(story.measurements["therapist"][0][-36:]), story.therapist
    )
    for way in _ways(size):
        for role in ("CLIENT", "CAREGIVER", "THERAPIST"):
            if role != "THERAPIST" or way[0] == NOT_ASKED:  # rating a session would unseal it
                _say(world, story, role, *way)
    story.with_commitments("Write it down").with_commitments("Call", by="therapist")
    story.with_goals("Sleep through")
    invited = story.clinic.house.run(_invited_goal, story)
    told = Told(story.clinic, story, consented, frozenset({invited}))
    world.cases[story.case] = told
    _rate_goals(story)
    _seed_the_rest(world, story)


# What is derived for an audience; which verb makes which row of it is another test's subject.
DERIVED = ("series", "changes", "ruptures", "concordances", "signals", "signal_evidence")
AUDIENCES = ("CLIENT", "CARE_TEAM")
# What no told verb makes a row of: seeded, for who may see one does not depend on how it came.
SEEDED = (
    *("findings", "goal_levels", "preferences", "notes", "emergencies"),
    *("legal_holds", "erasures", "person_keys", "research_subjects", "research_records"),
    *("teams", "team_members", "aggregates", "ledger_seals"),
    *("instrument_anchors", "instrument_norms", "instrument_reports", "instrument_bands"),
    *("instrument_records", "aggregate_sets"),
)
# What a column's constraint asks for, where any text would not do.
WORDS = {
    "dimension": "DIRECTIVENESS",
    "role": "CLIENT",
    "level": "ORGANISATION",
    "reason": "COMPLAINT",
    "kind": "WORDING",
    "party": "CLIENT",
    "given_role": "CLIENT",
    "informant_role": "CLIENT",
}


def _seed_row(house: House, table: str, known: dict[str, Any]) -> None:
    """Insert a row: `known` columns as given, and of the others only what must be there."""
    columns = house.rows(
        "SELECT column_name, data_type, is_nullable = 'NO' AND column_default IS NULL "
        "AND is_identity = 'NO' FROM information_schema.columns WHERE table_name = %s",
        table,
    )
    plain: dict[str, Any] = {
        "text": "seeded",
        "jsonb": "{}",
        "boolean": False,
        "ARRAY": [],
        "bytea": b"",
        "date": now().date(),
        "xid8": "1",
        "timestamp with time zone": now(),
    }
    values = {
        name: known[name] if name in known else WORDS.get(name, plain.get(kind, 0))
        for name, kind, must in columns
        if must or name in known
    }
    if kind_of_level := {name: kind for name, kind, _ in columns}.get("level"):
        values["level"] = values["level"] if kind_of_level == "text" else 0
    house.change(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})",
        *values.values(),
    )


def _known(world: World, story: Story) -> dict[str, Any]:
    """Return what a seeded row of a case is about: something that everybody may see."""
    shared = next(made for made, said in world.said.items() if _open_to_all(said, story.case))
    people = dict.fromkeys(
        ("informant_id", "person_id", "set_by", "asked_by", "worded_by"), story.client.uuid
    )
    return {
        **people,
        "organisation_id": story.clinic.organisation,
        "case_id": story.case,
        "author_id": story.therapist.uuid,
        "informant_role": "CLIENT",
        "unit_id": story.clinic.organisation,
        "pseudonym": uuid4(),
        "scale": "seeded",
        **dict.fromkeys(("measurement_id", "start_id", "nadir_id"), shared),
        "therapist_id": story.therapist.uuid,
        "goal_id": UUID(story.goals[0][-36:]),
    }


def _seed_derived(world: World, story: Story, table: str, audience: str) -> None:
    """Insert a row about something everybody may see, unless there is one of that kind."""
    house = story.clinic.house
    seen = f"SELECT FROM {table} WHERE case_id = %s AND audience = %s"
    if table in {"signals", "signal_evidence"}:  # those there are may all be about therapists
        seen += " AND informant_role = 'CLIENT'"
    if not house.rows(seen, story.case, audience):
        known = {**_known(world, story), "audience": audience}
        if table == "signal_evidence":
            [known["signal_id"]] = house.rows(
                "SELECT id FROM signals WHERE case_id = %s AND audience = %s "
                "AND informant_role = 'CLIENT' LIMIT 1",
                story.case,
                audience,
            )[0]
            del known["goal_id"]
        _seed_row(house, table, known)


def _seed_others(world: World, story: Story) -> None:
    """Insert a row of every other kind, unless the organisation has one."""
    house, organisation = story.clinic.house, story.clinic.organisation
    instrument, team = _first(house, "instruments", organisation), None
    for table in SEEDED:
        if house.rows(f"SELECT FROM {table} WHERE organisation_id = %s", organisation):
            continue
        known = {**_known(world, story), "instrument_id": instrument, "team_id": team}
        known |= _where_it_differs(world, story).get(table, {})
        _seed_row(house, table, known)
        team = _first(house, "teams", organisation)


def _first(house: House, table: str, organisation: UUID) -> Any:
    rows = house.rows(f"SELECT id FROM {table} WHERE organisation_id = %s LIMIT 1", organisation)
    return rows[0][0] if rows else None


def _where_it_differs(world: World, story: Story) -> dict[str, dict[str, Any]]:
    breaker = story.clinic.people.get("clinician", story.client)
    [invited] = world.cases[story.case].invited_goals
    return {
        "emergencies": {"person_id": breaker.uuid},
        "research_records": {"item": None},
        # An unpublished cell, so that nothing but who sees it is said.
        "aggregates": {"value": None, "reason": "SMALL_CELL"},
        "goal_levels": {"level": 0, "goal_id": invited, "to_caregivers": True},
    }


def _open_to_all(said: Said, case: UUID) -> bool:
    open_now = said.disclosure is Disclosure.SHARED and said.to_rate_first is None
    return open_now and said.case == case and said.role == "CLIENT"


Way = tuple[int, bool, Disclosure, bool]


def _ways(size: str) -> Iterator[Way]:
    """Yield the ways of saying something: all, every other one, or one of each disclosure."""
    every = product((TO_RATE, NOT_ASKED, RATED), (True, False), Disclosure, (True, False))
    if size == "all":
        yield from every
    elif size == "half":
        for number, way in enumerate(every):
            if (number + number // 8) % 2:
                yield way
    else:
        for disclosure in Disclosure:
            yield NOT_ASKED, True, disclosure, True
            yield TO_RATE, False, disclosure, False


def _note(world: World, story: Story, name: str, made: UUID, who: Person) -> None:
    world.said[made] = Said(
        case=story.case,
        informant=who.uuid,
        role=name.upper(),
        disclosure=Disclosure.PRIVATE,
        next_session_began=True,
        to_rate_first=None,
        invited=False,
        has_comment=False,
    )


def _say(  # noqa: PLR0913  (the ways in which something can be said)
    world: World,
    story: Story,
    role: str,
    session: int,
    began: bool,
    disclosure: Disclosure,
    invited: bool,
) -> None:
    at = story.starts[session] + HOUR if began else now()
    who = story.client if role == "CLIENT" else story.clinic.people[role.lower()]
    house = story.clinic.house
    made = house.run(_submitted, story, who, role, session, at, disclosure, invited)
    world.said[made] = Said(
        case=story.case,
        informant=who.uuid,
        role=role,
        disclosure=disclosure,
        next_session_began=began,
        to_rate_first=story.therapist.uuid if session == TO_RATE and role != "THERAPIST" else None,
        invited=invited,
        has_comment=True,
    )


async def _submitted(  # noqa: PLR0913
    story: Story,
    who: Person,
    role: str,
    session: int,
    at: datetime,
    disclosure: Disclosure,
    invited: bool,
) -> UUID:
    async with story.clinic.house.database.write(who.principal) as tx:
        return await measurements.submit(
            tx,
            at,
            case=story.case,
            instrument=FORM[role.lower()],
            session=UUID(story.sessions[session][-36:]),
            occasion=None,
            # The highest of every item: that is a finding, too.
            answers=[GivenAnswer(number, 4) for number in range(1, ITEMS + 1)],
            comment=f"Canary in a comment: {uuid4()}",
            disclosure=disclosure,
            to_caregivers=invited,
        )


async def _invited_goal(story: Story) -> UUID:
    values: dict[str, Any] = {"weight": None, "to_caregivers": True, "wording": "Eat together"}
    async with story.clinic.house.database.write(story.client.principal) as tx:
        return await goals.propose(tx, now(), case=story.case, **values)


def _rate_goals(story: Story) -> None:
    house, found = story.clinic.house, story.clinic.rows
    for (goal,) in found(
        "SELECT id FROM goals WHERE organisation_id = %s AND case_id = %s", story.case
    ):
        house.run(_rated, story, goal)


async def _rated(story: Story, goal: UUID) -> None:
    async with story.clinic.house.database.write(story.client.principal) as tx:
        await goals.rate(tx, now(), goal=goal, level=1, session=None)


def _seed_the_rest(world: World, story: Story) -> None:
    """Add what no verb makes yet, and what requests leave behind."""
    clinic, house = story.clinic, story.clinic.house
    for table, audience in product(DERIVED, AUDIENCES):
        _seed_derived(world, story, table, audience)
    _seed_others(world, story)
    if not house.rows("SELECT FROM consents WHERE case_id = %s", story.case):
        # Withdrawn at once: the row is there, the consent is not.
        house.change(
            "INSERT INTO consents (organisation_id, case_id, kind, given_by, given_at, "
            "withdrawn_at) VALUES (%s, %s, 'SUPERVISION', %s, %s, %s)",
            clinic.organisation,
            story.case,
            story.client.uuid,
            now() - HOUR,
            now(),
        )
    for person in (story.client, *clinic.everyone()):
        person.reads(
            "query($id: ID!) { case(id: $id) { status careTeam { relation } } }", id=story.case_id
        )
    story.client.done("proposeGoal", "", case=story.case_id, wording=f"Goal {uuid4().hex}")
