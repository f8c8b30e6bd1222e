"""The told world, and what else can be true: ages, consents, places that lapsed, glass that broke.

Every value that is somebody's is made unmistakable afterwards, so that no other can pass for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from evidence import broken_query
from evidence.broken_query import Asker
from evidence.matrix_fill import fill
from evidence.world import World, _tell, a_world
from tests.builders import DAY, a_case, instant, now
from tests.house import EVERYTHING, House
from tests.people import FEED, OFFICES, Clinic, Person

# Where the clients of the further cases live: never the day that it is in UTC for long.
ZONE = ZoneInfo("America/Los_Angeles")
LAPSES_AT = 12  # no jurisdiction of the table is verified: the most protective age holds


@dataclass
class Matrix:
    """The world of the matrix, and how people stand in what was added to it."""

    world: World
    # Person -> case -> relation, of the further cases and people.
    stands: dict[UUID, dict[UUID, str]] = field(default_factory=dict)
    people: list[tuple[str, Person]] = field(default_factory=list)
    # Who holds an office now, but not for ever: by the oracle's word for it.
    offices: dict[UUID, str] = field(default_factory=dict)

    def stand(self, person: Person, case: UUID, relation: str | None) -> None:
        """Note how somebody stands to a case now; None: not at all, any more."""
        if all(person.uuid != known.uuid for _, known in self.people):
            self.people.append((person.name, person))
        if relation:
            self.stands.setdefault(person.uuid, {})[case] = relation


def a_matrix_world(house: House, *, small: bool, filled: bool = False) -> Matrix:
    """Tell the world of the broken query, and what it leaves out; `filled`: no field is silent."""
    found = Matrix(a_world(house, small=small))
    _a_child(found, 1)
    _twelve_since_midnight(found, 2)
    _twelve_tomorrow(found, 3)
    _a_youth_who_invited(found, 4)
    _of_the_record(found, 5)
    _withdrawn(found, 6)
    _broken_glass(found)
    _offices(found)
    if filled:
        fill(house, found.world)
    unmistakable(house)
    return found


def _another(found: Matrix, name: str, *, born: date) -> tuple[Clinic, Person, UUID]:
    clinic = found.world.clinic
    client = clinic.another_person(name)
    members = {
        clinic.people[each]: each.upper() for each in ("therapist", "supervisor", "caregiver")
    }
    case = clinic.another_case(client, members)
    house = clinic.house
    house.change("UPDATE identities SET birth_date = %s WHERE person_id = %s", born, client.uuid)
    house.change(
        "UPDATE cases SET time_zone = %s, jurisdiction = 'US-PA' WHERE id = %s", str(ZONE), case
    )
    found.stand(client, case, "client")
    for member, relation in members.items():
        found.stand(member, case, relation.lower())
    return clinic, client, case


def _tell_it(found: Matrix, client: Person, case: UUID, number: int, *, consented: bool) -> None:
    story = a_case(found.world.clinic, case=case, client=client, hours=3 * number)
    _tell(found.world, story, consented=consented, size="few")


def _today() -> date:
    return datetime.now(ZONE).date()


def _years_ago(years: int, *, days: int = 0) -> date:
    day = _today() + timedelta(days=days)
    # Whoever was born on the 29th of February has their birthday on the 1st of March.
    born = day if (day.month, day.day) != (2, 29) else day + timedelta(days=1)
    return born.replace(year=born.year - years)


def _joins(clinic: Clinic, case: UUID, person: Person, authority: str) -> None:
    given = {"case": f"case-{case}", "person": person.id, "authority": authority}
    if authority == "COURT":
        given["until"] = instant(now() + 9 * DAY)
    with clinic.house.at(now() - 3 * DAY):
        clinic.manager.done("joinCareTeam", "", relation="CAREGIVER", **given)


def _parent(
    found: Matrix, name: str, case: UUID, *, still: bool, authority: str = "PARENTAL"
) -> Person:
    """Let a caregiver join, three days ago, on the authority that they had then."""
    clinic = found.world.clinic
    parent = clinic.another_person(name)
    _joins(clinic, case, parent, authority)
    found.stand(parent, case, "caregiver" if still else None)
    return parent


def _consents(person: Person, case: UUID, kind: str = "SUPERVISION") -> str:
    made: str = person.done("giveConsent", "", case=f"case-{case}", kind=kind)["id"]
    return made


def _a_child(found: Matrix, number: int) -> None:
    """Under twelve: a parent stands, and consented without the child's own assent."""
    _, client, case = _another(found, "child", born=_years_ago(9))
    _consents(_parent(found, "parent of a child", case, still=True), case)
    _tell_it(found, client, case, number, consented=False)


def _twelve_since_midnight(found: Matrix, number: int) -> None:
    """The parent's place is over, a guardian's is not; the client decides alone, and consents."""
    _, client, case = _another(found, "twelve", born=_years_ago(LAPSES_AT))
    _parent(found, "parent of twelve", case, still=False)
    _parent(found, "guardian", case, still=True, authority="COURT")
    _consents(client, case)
    _tell_it(found, client, case, number, consented=True)


def _twelve_tomorrow(found: Matrix, number: int) -> None:
    """The last day of a parent's place; the child assented to what they consented to."""
    _, client, case = _another(found, "nearly twelve", born=_years_ago(LAPSES_AT, days=1))
    _consents(_parent(found, "parent of nearly twelve", case, still=True), case)
    _consents(client, case)
    _tell_it(found, client, case, number, consented=True)


def _a_youth_who_invited(found: Matrix, number: int) -> None:
    """Fifteen: an invited friend, one who was let go again, and a consent that was withdrawn."""
    _, client, case = _another(found, "fifteen", born=_years_ago(15))
    for name, still in (("friend", True), ("former friend", False)):
        friend = _parent(found, name, case, still=still, authority="INVITED")
        if not still:
            who = {"case": f"case-{case}", "person": friend.id, "relation": "CAREGIVER"}
            client.done("leaveCareTeam", "", **who)
    client.done("withdrawConsent", "", consent=_consents(client, case))
    _tell_it(found, client, case, number, consented=False)


def _of_the_record(found: Matrix, number: int) -> None:
    """An adult who consents to the record system, and to supervision."""
    clinic, client, case = _another(found, "of the record", born=_years_ago(40))
    _consents(client, case, "EHR")
    _consents(client, case)
    found.stand(clinic.people["ehr"], case, "ehr")
    _tell_it(found, client, case, number, consented=True)


def _withdrawn(found: Matrix, number: int) -> None:
    """An adult who took back what the record system was allowed."""
    _, client, case = _another(found, "off the record", born=_years_ago(41))
    client.done("withdrawConsent", "", consent=_consents(client, case, "EHR"))
    _tell_it(found, client, case, number, consented=False)


def _broken_glass(found: Matrix) -> None:
    """Two who broke the glass by the verb: one now, and one whose hour is over."""
    clinic = found.world.clinic
    for name, at, live in (
        ("on call", now(), True),
        ("on call yesterday", now() - DAY, False),
    ):
        clinic.appoint(name, OFFICES["clinician"])
        breaker = clinic.people[name].can(f"{EVERYTHING} break_glass")
        clinic.house.change(
            "UPDATE staff SET starts_at = %s WHERE person_id = %s", now() - 9 * DAY, breaker.uuid
        )
        with clinic.house.at(at):
            given = {"case": clinic.case_id, "reason": f"Canary of a reason: {uuid4()}"}
            # Of an hour that is over nothing is shown, not even to whoever it was.
            assert breaker.does("breakGlass", "", **given).data["breakGlass"]["problems"] == []
        found.stand(clinic.people[name], clinic.case, "breaker" if live else None)
    # On a busy machine everybody's turn may take longer than the hour for which the glass is broken.
    clinic.house.change(
        "UPDATE standing SET ends_at = now() + interval '1 day' "
        "WHERE relation = 'BREAK_GLASS' AND ends_at > now()"
    )
    clinic.people["officer"].done(
        "reviewEmergency", "", emergency=_glass(clinic), verdict="JUSTIFIED"
    )
    body = f"Canary of a note: {uuid4()}"
    clinic.therapist.done("writeNote", "", case=clinic.case_id, body=body)


# Offices of an organisation, by the oracle's word for whom they open rows to; a clinician's opens none.
OF_A_HOUSE = {
    "manager": "MANAGER",
    "researcher": "RESEARCHER",
    "officer": "PRIVACY_OFFICER",
    "clinician": "CLINICIAN",
    "notifier": "NOTIFIER",
}


def _offices(found: Matrix) -> None:
    """Let offices be over, begin tomorrow, and end tomorrow."""
    clinic = found.world.clinic
    periods = {
        "once": (now() - 9 * DAY, now() - DAY),
        "from tomorrow": (now() + DAY, None),
        "until tomorrow": (now() - 9 * DAY, now() + DAY),
    }
    for (office, role), (when, period) in product(OF_A_HOUSE.items(), periods.items()):
        person = clinic.another_person(f"{office} {when}")
        clinic.house.change(
            "INSERT INTO staff (organisation_id, person_id, role, starts_at, ends_at) "
            "VALUES (%s, %s, %s, %s, %s)",
            *(clinic.organisation, person.uuid, role, *period),
        )
        asking = person.can(f"{EVERYTHING} {FEED}") if office == "notifier" else person
        found.people.append((person.name, asking))
        if when == "until tomorrow" and office != "clinician":
            found.offices[person.uuid] = office


def _glass(clinic: Clinic) -> str:
    [(made,)] = clinic.rows(
        "SELECT id FROM emergencies WHERE organisation_id = %s AND person_id = %s",
        clinic.people["on call yesterday"].uuid,
    )
    return f"emergency-{made}"


# --- Who asks -------------------------------------------------------------------------------


def everybody(found: Matrix) -> list[Asker]:
    """Return everybody of the broken query, and everybody whom the further cases bring."""
    world = found.world
    asking = [_standing(found, asker) for asker in broken_query.askers(world)]
    known = {asker.label for asker in asking}
    for name, person in found.people:
        if name not in known and person.name not in {"The therapist", "The supervisor"}:
            asking += _ways(found, name, person)
    asking += _readers_of_the_feed(found, {asker.label: asker for asker in asking})
    return list({asker.label: asker for asker in asking}.values())


def _readers_of_the_feed(found: Matrix, known: Mapping[str, Asker]) -> Iterator[Asker]:
    """Yield systems that read the feed, one whose token does not say so, and people whose does."""
    clinic = found.world.clinic
    notifier = clinic.notifier()
    silent = broken_query._asker("notifier", notifier, {})  # noqa: SLF001
    yield replace(silent, resources=frozenset(), feed="notifier")
    unread = clinic.notifier(EVERYTHING)
    yield broken_query._asker("notifier that may not read the feed", unread, {})  # noqa: SLF001
    for name in ("ehr", "manager", "therapist", "officer", "client"):
        person = clinic.people[name].can(f"{EVERYTHING} {FEED}")
        asker = replace(known[name], label=f"{name} with the feed", speaker=person)
        feed = "ehr" if name == "ehr" else ""
        yield replace(asker, principal=person.principal, feed=feed)


def _standing(found: Matrix, asker: Asker) -> Asker:
    """Add how somebody stands to the further cases, as far as their token reaches."""
    if asker.principal is None or asker.person not in found.stands:
        return asker
    further = {
        case: relation
        for case, relation in found.stands[asker.principal.person].items()
        if asker.patient is None or found.world.cases[case].story.client.uuid == asker.patient
    }
    return replace(asker, relations={**asker.relations, **further})


def _ways(found: Matrix, name: str, person: Person) -> Iterator[Asker]:
    stands = found.stands.get(person.uuid, {})
    plain = broken_query._asker(name, person, stands)  # noqa: SLF001
    office = found.offices.get(person.uuid)
    if office == "notifier":
        plain = replace(plain, feed=office)
    elif office:
        plain = replace(plain, offices=frozenset({office}))
    yield plain
    for case in stands:
        client = found.world.cases[case].story.client
        bound = broken_query._asker(  # noqa: SLF001
            f"{name} bound to {client.name}", person.bound_to(client), {case: stands[case]}
        )
        yield replace(bound, patient=client.uuid)
    if set(stands.values()) & {"caregiver", "breaker"}:
        yield from broken_query._narrowed(plain, person)  # noqa: SLF001


# --- Values that nothing else has -----------------------------------------------------------

# Numbers of these tables are made distinct: each is the canary of its own cell.
NUMBERED = (
    *("scores", "answers", "changes", "series", "ruptures", "concordances", "signals"),
    *("reliability", "attainments", "attendance", "research_records", "aggregates"),
)


def unmistakable(house: House) -> None:
    """Give every number that is somebody's a value of its own, and everybody a name of theirs."""
    house.change("UPDATE identities SET name = name || ' ' || person_id")
    # Scores stay within their range and apart by what a chart prints of them: a tenth of a point.
    house.change(
        "UPDATE scores s SET raw = 1 + 0.1 * n FROM (SELECT ctid AS place, row_number() OVER "
        "(PARTITION BY case_id, informant_role, scale ORDER BY taken_at, measurement_id) AS n "
        "FROM scores) o WHERE s.ctid = o.place AND s.raw IS NOT NULL"
    )
    house.change("CREATE SEQUENCE canaries START 1000")
    for table in NUMBERED:
        columns = house.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name = %s AND data_type = 'double precision' "
            "AND NOT (table_name = 'scores' AND column_name IN ('raw', 'minimum', 'maximum'))",
            table,
        )
        for (column,) in columns:
            house.change(
                f"UPDATE {table} SET {column} = nextval('canaries') + 0.25 "
                f"WHERE {column} IS NOT NULL"
            )
    house.change("DROP SEQUENCE canaries")


def moment() -> str:
    """Return this second as PostgreSQL prints it."""
    return now().strftime("%Y-%m-%d %H:%M:%S+00")


def describe(found: Matrix) -> dict[str, Any]:
    """Return how large the world is."""
    return {"cases": len(found.world.cases), "said": len(found.world.said), "at": instant(now())}
