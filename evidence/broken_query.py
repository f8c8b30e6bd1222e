"""A query that forgot every WHERE: SELECT * of every table, as everybody, against an oracle.

The oracle is written from charter.md in words of its own, and judges rows by what is true of them
in the told world. It shares no code with the policies. Where the product shows less than
charter.md would allow, the words here are the product's, and the place says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from alliance_api.charter.principal import SETTINGS, Principal
from alliance_api.domain.disclosure import Disclosure
from alliance_api.store import seed
from evidence import feed_oracle
from evidence.figures import Figure
from evidence.world import Said, World, a_world
from tests.builders import now
from tests.house import House, new_house
from tests.people import Clinic, Person

Row = Mapping[str, Any]
Key = tuple[Any, ...]

# --- The oracle -----------------------------------------------------------------------------

# "Nobody but" is an empty cell. Words in one cell must all hold.
WORDS: dict[str, str] = {
    "always": "whoever stands so to the case",
    "own": "only what one said, promised or did oneself",
    "unless private": "unless the informant kept it to themselves",
    "trend opened": "shared, or trend, or for the next session and that has begun",
    "all opened": "shared, or for the next session and that has begun",
    "rated": "unless one was asked about that session and has not rated it yet",
    "invited": "opened to caregivers as well",
    "all invited": "every goal it is made of was opened to caregivers as well",
    "consent": "the client consents to supervision",
    "seen": "made of measurements whose scores one may see oneself",
    "hers": "computed for the client",
    "the team's": "computed for the care team",
    "no colleague's": "not made of another therapist's own ratings",
    "no therapist's": "not made of any therapist's own ratings",
    "-": "never",
}

# Stricter than charter.md: a caregiver is shown what was opened *to caregivers as well*; a comment
# of the client waits for the therapist's own rating like the answers do.
ORACLE = """
table         of         | client         | therapist                        | supervisor                | caregiver             | manager | ehr                              | breaker                          | researcher | officer
cases                    | always         | always                           | always                    | always                | always  | always                           | always                           | -          | -
care_team                | always         | always                           | always                    | always                | always  | always                           | always                           | -          | -
sessions                 | always         | always                           | always                    | always                | always  | always                           | always                           | -          | -
attendance               | always         | always                           | always                    | always                | always  | always                           | always                           | -          | -
reliability              | always         | always                           | always                    | -                     | -       | always                           | always                           | -          | -
commitments              | always         | always                           | consent                   | own                   | -       | always                           | always                           | -          | -
goals                    | always         | always                           | consent                   | invited               | -       | always                           | always                           | -          | -
preferences              | always         | always                           | always                    | -                     | -       | always                           | always                           | -          | -
goal_versions            | always         | always                           | consent                   | invited               | -       | always                           | always                           | -          | -
goal_levels              | always         | always                           | consent                   | invited               | -       | always                           | always                           | -          | -
goal_stances             | always         | always                           | consent                   | invited               | -       | always                           | always                           | -          | -
goal_ratings             | always         | always                           | consent                   | invited               | -       | always                           | always                           | -          | -
occasions                | always         | always                           | always                    | own                   | -       | always                           | always                           | -          | -
measurements  CLIENT     | own            | unless private                   | unless private            | trend opened, invited | -       | trend opened                     | trend opened                     | -          | -
scores        CLIENT     | own            | trend opened, rated              | trend opened, consent     | trend opened, invited | -       | trend opened                     | trend opened                     | -          | -
answers       CLIENT     | own            | all opened, rated                | -                         | all opened, invited   | -       | all opened                       | all opened                       | -          | -
findings       CLIENT    | own            | all opened, rated                | -                         | all opened, invited   | -       | all opened                       | all opened                       | -          | -
comments      CLIENT     | own            | all opened, rated                | -                         | all opened, invited   | -       | -                                | -                                | -          | -
measurements  THERAPIST  | unless private | own                              | unless private            | -                     | -       | trend opened                     | trend opened                     | -          | -
scores        THERAPIST  | trend opened   | own                              | unless private            | -                     | -       | trend opened                     | trend opened                     | -          | -
answers       THERAPIST  | all opened     | own                              | -                         | -                     | -       | all opened                       | all opened                       | -          | -
findings       THERAPIST | all opened     | own                              | -                         | -                     | -       | all opened                       | all opened                       | -          | -
comments      THERAPIST  | all opened     | own                              | -                         | -                     | -       | -                                | -                                | -          | -
measurements  CAREGIVER  | unless private | unless private                   | unless private            | own                   | -       | trend opened                     | trend opened                     | -          | -
scores        CAREGIVER  | trend opened   | trend opened, rated              | trend opened, consent     | own                   | -       | trend opened                     | trend opened                     | -          | -
answers       CAREGIVER  | all opened     | all opened, rated                | -                         | own                   | -       | all opened                       | all opened                       | -          | -
findings       CAREGIVER | all opened     | all opened, rated                | -                         | own                   | -       | all opened                       | all opened                       | -          | -
comments      CAREGIVER  | all opened     | all opened, rated                | -                         | own                   | -       | -                                | -                                | -          | -
attainments              | always         | always                           | consent                   | all invited           | -       | always                           | always                           | -          | -
series                   | hers           | the team's, no colleague's       | the team's, consent       | -                     | -       | the team's, no therapist's       | the team's, no therapist's       | -          | -
changes                  | hers, seen     | the team's, no colleague's, seen | the team's, consent, seen | -                     | -       | the team's, no therapist's, seen | the team's, no therapist's, seen | -          | -
ruptures                 | hers, seen     | the team's, no colleague's, seen | the team's, consent, seen | -                     | -       | the team's, no therapist's, seen | the team's, no therapist's, seen | -          | -
concordances             | hers           | the team's, no colleague's       | the team's, consent       | -                     | -       | the team's, no therapist's       | the team's, no therapist's       | -          | -
signals                  | hers           | the team's, no colleague's       | the team's, consent       | -                     | -       | the team's, no therapist's       | the team's, no therapist's       | -          | -
signal_evidence          | hers           | the team's, no colleague's       | the team's, consent       | -                     | -       | the team's, no therapist's       | the team's, no therapist's       | -          | -
consents                 | always         | always                           | -                         | always                | -       | -                                | -                                | -          | -
notes                    | -              | own                              | -                         | -                     | -       | -                                | -                                | -          | -
emergencies              | always         | always                           | -                         | -                     | -       | -                                | own                              | -          | always
research_records         | -              | -                                | -                         | -                     | -       | -                                | -                                | always     | -
"""  # fmt: skip

# Which resource of the token's scopes opens which table. Any one of them; none: no scope needed.
SCOPES: dict[str, tuple[str, ...]] = {
    "cases": ("EpisodeOfCare",),
    "care_team": ("CareTeam",),
    "identities": ("Patient",),
    "sessions": ("Appointment",),
    "attendance": ("Encounter",),
    "reliability": ("Observation?category=reliability",),
    "commitments": ("Task",),
    "goals": ("Goal",),
    "goal_versions": ("Goal",),
    "goal_levels": ("Goal",),
    "preferences": ("Goal",),
    "goal_stances": ("Goal",),
    "goal_ratings": ("Goal",),
    "occasions": ("ServiceRequest",),
    "measurements": ("Observation?category=survey", "QuestionnaireResponse"),
    "scores": ("Observation?category=survey",),
    "answers": ("QuestionnaireResponse",),
    "findings": ("QuestionnaireResponse",),
    "comments": ("QuestionnaireResponse",),
    "attainments": ("Goal",),
    "series": ("Observation?category=survey",),
    "changes": ("Observation?category=survey",),
    "ruptures": ("Observation?category=survey",),
    "concordances": ("Observation?category=survey",),
    "signals": ("Flag",),
    "signal_evidence": ("Flag",),
    "notes": ("DocumentReference",),
    "emergencies": ("AuditEvent",),
    "erasures": ("AuditEvent",),
    "ledger_seals": ("AuditEvent",),
    "legal_holds": ("Consent",),
    "research_records": ("ResearchSubject",),
    "aggregates": ("MeasureReport",),
    "consents": ("Consent",),
    "read_ledger": ("AuditEvent",),
}
RESOURCES = tuple(sorted({name for names in SCOPES.values() for name in names}))
NOBODYS = frozenset({"score_inputs", "research_subjects", "aggregate_sets"})  # the engine's alone
COLUMNS = (
    "client",
    "therapist",
    "supervisor",
    "caregiver",
    "manager",
    "ehr",
    "breaker",
    "researcher",
    "officer",
)


def _read(oracle: str) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
    found = {}
    for line in oracle.strip().splitlines()[1:]:
        head, *cells = (part.strip() for part in line.split("|"))
        table, _, role = head.partition(" ")
        words = [tuple(word.strip() for word in cell.split(",")) for cell in cells]
        assert all(word in WORDS for cell in words for word in cell), line
        found[table, role.strip()] = dict(zip(COLUMNS, words, strict=True))
    return found


CELLS = _read(ORACLE)


@dataclass(frozen=True)
class Asker:
    """Somebody with a token: how they stand to each case now, and which resources it opens."""

    label: str
    principal: Principal | None
    organisation: UUID | None = None
    relations: Mapping[UUID, str] = field(default_factory=dict)
    offices: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset(RESOURCES)
    patient: UUID | None = None
    # As what one reads the feed of facts: "notifier", "ehr", or not at all.
    feed: str = ""
    # The same, for whoever asks through the product and not the database.
    speaker: Person | None = None

    @property
    def person(self) -> UUID | None:
        """Who it is."""
        return self.principal.person if self.principal else None

    def opens(self, table: str) -> bool:
        """Say whether the token opens a table at all."""
        needed = SCOPES.get(table, ())
        return not needed or any(name in self.resources for name in needed)


class Oracle:
    """Says which rows somebody may see: by the table above and the truth of the world."""

    def __init__(self, world: World, people: Iterable[Row], readings: Iterable[Row]) -> None:
        self._world = world
        self._readings = list(readings)
        self._clients = {case: told.story.client.uuid for case, told in world.cases.items()}
        self._teams: dict[UUID, set[UUID]] = {}
        for member in people:
            self._teams.setdefault(member["case_id"], set()).add(member["person_id"])

    def allows(self, asker: Asker, table: str, row: Row) -> bool:
        """Say whether a row of a table may be seen."""
        if asker.principal is None or table in NOBODYS or not asker.opens(table):
            return False
        if row["organisation_id"] != asker.organisation:
            return False
        special = _SPECIAL.get(table)
        if special is not None:
            return special(self, asker, row)
        return bool(self._ways(asker, table, row))

    def _ways(self, asker: Asker, table: str, row: Row) -> list[str]:
        """Return the cells of the table that open a row."""
        case = row["id"] if table == "cases" else row.get("case_id", NOBODY)
        cells = CELLS[table, row.get("informant_role", "") if self._of_said(table) else ""]
        standing = [asker.relations[case]] if case in asker.relations else []
        standing += sorted(asker.offices)
        return [
            relation
            for relation in standing
            if all(self._holds(word, asker, table, case, row) for word in cells[relation])
        ]

    def _of_said(self, table: str) -> bool:
        return table in {"measurements", "scores", "answers", "findings", "comments"}

    def _holds(self, word: str, asker: Asker, table: str, case: UUID, row: Row) -> bool:
        said = None
        if self._of_said(table):
            said = self._world.said[row["id"] if table == "measurements" else row["measurement_id"]]
            assert said.role == row["informant_role"]
        return _MEANINGS[word](self, asker, case, row, said)

    def about(self, row: Row | None) -> Said | None:
        """Return what is true of the measurement of a row, if it is of one."""
        return (
            self._world.said.get(row["measurement_id"]) if row and "measurement_id" in row else None
        )

    def sees_what_it_is_made_of(self, asker: Asker, case: UUID, row: Row) -> bool:
        """A row about measurements: the scores of each must be open to whoever sees the row."""
        parts = (row.get(f"{part}_id") for part in ("measurement", "start", "nadir", "repair"))
        relation = asker.relations[case]
        for made in filter(None, parts):
            said = self._world.said[made]
            words = CELLS["scores", said.role][relation]
            if not all(_MEANINGS[word](self, asker, case, row, said) for word in words):
                return False
        return True

    def every_goal_invited(self, case: UUID) -> bool:
        return not self._world.cases[case].story.goals

    def consented(self, case: UUID) -> bool:
        return self._world.cases[case].consented

    def invited_goal(self, row: Row) -> bool:
        goals = {goal for told in self._world.cases.values() for goal in told.invited_goals}
        return (row["goal_id"] if "goal_id" in row else row["id"]) in goals

    def knows(self, asker: Asker, person: UUID) -> bool:
        """People: oneself, clients and care teams of one's cases, readers of one's own case."""
        met = {asker.person}
        for case in asker.relations:
            met.add(self._clients[case])
            if asker.opens("care_team"):  # who is in a team is the team's facet
                met |= self._teams[case]
        if asker.opens("read_ledger"):
            met |= {r["person_id"] for r in self._readings if self._about_own(asker, r)}
        return "manager" in asker.offices or person in met

    def _about_own(self, asker: Asker, row: Row) -> bool:
        own = {case for case, relation in asker.relations.items() if relation == "client"}
        return bool(own & set(row["cases"]))

    def reading(self, asker: Asker, row: Row) -> bool:
        """The client: all about her case; anybody else: what they read themselves."""
        if self._about_own(asker, row) or "officer" in asker.offices:
            return True
        if row["person_id"] != asker.person:
            return False
        return asker.patient is None or set(row["cases"]) <= set(asker.relations)

    def standing(self, asker: Asker, row: Row) -> bool:
        """How one stands to cases oneself: now, and to the client to whom the token is bound."""
        return row["person_id"] == asker.person and row["case_id"] in asker.relations


def _of_a_crowd(asker: Asker, row: Row) -> bool:
    """The manager: every published cell; a therapist: their own, and the organisation's."""
    if "manager" in asker.offices:
        return True
    if asker.patient is not None:
        return False
    if row["level"] == "THERAPIST":
        return bool(row["unit_id"] == asker.person)
    return row["level"] == "ORGANISATION" and "therapist" in asker.relations.values()


NOBODY = UUID(int=0)
Special = Callable[[Oracle, Asker, Row], bool]
_SPECIAL: dict[str, Special] = {
    "organisations": lambda _o, _a, _r: True,
    "facts": lambda _o, a, r: feed_oracle.told(a.feed, a.relations, r),
    # What measures consist of, how a clinic is divided, keys that are wrapped.
    **dict.fromkeys(
        (
            "instruments",
            "instrument_items",
            "instrument_anchors",
            "instrument_scales",
            "instrument_norms",
            "instrument_records",
            "instrument_reports",
            "instrument_bands",
            "teams",
            "team_members",
            "person_keys",
        ),
        lambda _o, _a, _r: True,
    ),
    "legal_holds": lambda _o, a, _r: "officer" in a.offices,
    "erasures": lambda _o, a, _r: "officer" in a.offices,
    "ledger_seals": lambda _o, a, _r: "officer" in a.offices,
    "aggregates": lambda _o, a, r: _of_a_crowd(a, r),
    # An officer sees readers by their ids, and asks elsewhere for names.
    "people": lambda o, a, r: o.knows(a, r["id"]) or "officer" in a.offices,
    "identities": lambda o, a, r: o.knows(a, r["person_id"]),
    "staff": lambda _o, a, r: r["person_id"] == a.person,
    "standing": lambda o, a, r: o.standing(a, r),
    "read_ledger": lambda o, a, r: o.reading(a, r),
    "idempotency_keys": lambda _o, a, r: r["person_id"] == a.person,
}


def _began(said: Said | None, *disclosures: Disclosure) -> bool:
    assert said
    waited = said.disclosure is Disclosure.NEXT_SESSION and said.next_session_began
    return said.disclosure in disclosures or waited


def _author(row: Row) -> Any:
    names = ("informant_id", "owner_id", "author_id", "person_id")
    return next(row[name] for name in names if name in row)


Meaning = Callable[[Oracle, Asker, UUID, Row, Said | None], bool]
_MEANINGS: dict[str, Meaning] = {
    "always": lambda _o, _a, _c, _r, _s: True,
    "-": lambda _o, _a, _c, _r, _s: False,
    "own": lambda _o, a, _c, r, s: (s.informant if s else _author(r)) == a.person,
    "unless private": lambda _o, _a, _c, _r, s: (
        s is not None and s.disclosure is not Disclosure.PRIVATE
    ),
    "trend opened": lambda _o, _a, _c, _r, s: _began(s, Disclosure.TREND, Disclosure.SHARED),
    "all opened": lambda _o, _a, _c, _r, s: _began(s, Disclosure.SHARED),
    "rated": lambda _o, a, _c, _r, s: s is not None and s.to_rate_first != a.person,
    "invited": lambda o, _a, _c, r, s: s.invited if s else o.invited_goal(r),
    "consent": lambda o, _a, c, _r, _s: o.consented(c),
    "all invited": lambda o, _a, c, _r, _s: o.every_goal_invited(c),
    "seen": lambda o, a, c, r, _s: o.sees_what_it_is_made_of(a, c, r),
    "hers": lambda _o, _a, _c, r, _s: r["audience"] == "CLIENT",
    "the team's": lambda _o, _a, _c, r, _s: r["audience"] == "CARE_TEAM",
    "no therapist's": lambda _o, _a, _c, r, _s: r["informant_role"] != "THERAPIST",
    "no colleague's": lambda _o, a, _c, r, _s: (
        r["informant_role"] != "THERAPIST" or r["informant_id"] == a.person
    ),
}


# --- Who asks -------------------------------------------------------------------------------


def plain_askers(world: World) -> list[Asker]:
    """Return nobody, and everybody with a token that opens everything."""
    clinic = world.clinic
    first, second = world.both
    both = {name: dict.fromkeys((first, second), name) for name in COLUMNS[1:4]}
    offices = {"manager": "manager", "researcher": "researcher", "officer": "officer"}
    elsewhere = world.elsewhere
    return [
        Asker("nobody", None),
        _asker("client", clinic.client, {first: "client"}),
        _asker("neighbour", world.neighbour, {second: "client"}),
        *[_asker(name, clinic.people[name], both[name]) for name in COLUMNS[1:4]],
        *[
            replace(_asker(name, clinic.people[name], {}), offices=frozenset({office}))
            for office, name in offices.items()
        ],
        _asker("ehr", clinic.people["ehr"], {first: "ehr"}),
        _asker("clinician", clinic.people["clinician"], {first: "breaker"}),
        _asker("stranger", clinic.stranger, {}),
        _asker("therapist of elsewhere", elsewhere.therapist, {elsewhere.case: "therapist"}),
        _asker("client of elsewhere", elsewhere.client, {elsewhere.case: "client"}),
    ]


def askers(world: World) -> list[Asker]:
    """Return everybody who asks, in every way."""
    clinic = world.clinic
    found = [*plain_askers(world), *_past_and_future(world), *_bound(world, *world.both)]
    whole = {asker.label: asker for asker in found}
    for name in ("therapist", "client", "manager", "ehr", "officer"):
        found += _narrowed(whole[name], clinic.people[name])
    return found


def _asker(label: str, person: Person, relations: Mapping[UUID, str]) -> Asker:
    return Asker(label, person.principal, person.organisation, relations, speaker=person)


def _bound(world: World, first: UUID, second: UUID) -> list[Asker]:
    clinic, neighbour = world.clinic, world.neighbour
    bound = [
        ("therapist bound to the client", clinic.therapist, clinic.client, {first: "therapist"}),
        ("therapist bound to the neighbour", clinic.therapist, neighbour, {second: "therapist"}),
        ("caregiver bound to the client", clinic.caregiver, clinic.client, {first: "caregiver"}),
        ("client bound to herself", clinic.client, clinic.client, {first: "client"}),
        ("client bound to the neighbour", clinic.client, neighbour, {}),
        ("manager bound to the client", clinic.manager, clinic.client, {}),
        ("officer bound to the client", clinic.people["officer"], clinic.client, {}),
        ("ehr bound to the client", clinic.people["ehr"], clinic.client, {first: "ehr"}),
        ("ehr bound to the neighbour", clinic.people["ehr"], neighbour, {}),
        (
            "clinician bound to the client",
            clinic.people["clinician"],
            clinic.client,
            {first: "breaker"},
        ),
        ("stranger bound to the client", clinic.stranger, clinic.client, {}),
    ]
    return [
        replace(_asker(label, person.bound_to(patient), relations), patient=patient.uuid)
        for label, person, patient, relations in bound
    ]


def _past_and_future(world: World) -> list[Asker]:
    """Return people whose time is over or has not come, and one whose time ends later."""
    clinic, day = world.clinic, timedelta(days=1)
    relations = ("therapist", "supervisor", "caregiver")
    periods = {
        "once": (now() - 9 * day, now() - day),
        "from tomorrow": (now() + day, None),
        "until tomorrow": (now() - 9 * day, now() + day),
    }
    found = []
    for relation, (when, (begins, ends)) in product(relations, periods.items()):
        person, is_new = _somebody(clinic, f"{relation} {when}")
        stands = {clinic.case: relation} if when == "until tomorrow" else {}
        if is_new:
            _join(clinic, person, relation.upper(), begins, ends)
        found.append(_asker(person.name, person, stands))
    former, is_new = _somebody(clinic, "manager once")
    if is_new:
        clinic.house.change(
            "INSERT INTO staff VALUES (%s, %s, 'MANAGER', %s, %s)",
            clinic.organisation,
            former.uuid,
            *periods["once"],
        )
    return [*found, _asker("manager once", former, {})]


def _somebody(clinic: Clinic, name: str) -> tuple[Person, bool]:
    if name in clinic.people:
        return clinic.people[name], False
    return clinic.another_person(name), True


def _join(clinic: Clinic, person: Person, relation: str, begins: Any, ends: Any) -> None:
    with clinic.house.engine.begin() as connection:
        given = (clinic.organisation, clinic.case, clinic.client.uuid, person.uuid, relation)
        seed.join(connection, *given, ends_at=ends)
    consented = relation == "SUPERVISOR"
    clinic.house.change(
        "UPDATE care_team SET starts_at = %s WHERE person_id = %s", begins, person.uuid
    )
    clinic.house.change(
        "UPDATE standing SET starts_at = %s, consented = %s WHERE person_id = %s",
        begins,
        consented,
        person.uuid,
    )


def _narrowed(whole: Asker, person: Person) -> list[Asker]:
    """Return the same person with tokens that open less, or nothing."""
    found = [
        _with(f"{whole.label} without {missing}", whole, person, set(RESOURCES) - {missing}, "rs")
        for missing in RESOURCES
    ]
    found += [
        _with(f"{whole.label} with {one} alone", whole, person, {one}, "rs") for one in RESOURCES
    ]
    found.append(_with(f"{whole.label} who may only write", whole, person, set(RESOURCES), "cud"))
    found.append(_with(f"{whole.label} who may only search", whole, person, set(RESOURCES), "s"))
    wrong = person.can("user/*.srduc user/* */*.rs patient/*.rs user/Nothing.rs EVERYTHING")
    label = f"{whole.label} with scopes that are none"
    nothing = replace(whole, label=label, principal=wrong.principal, resources=frozenset())
    return [*found, replace(nothing, speaker=wrong)]


def _with(label: str, whole: Asker, person: Person, resources: set[str], verbs: str) -> Asker:
    spelled = []
    for name in sorted(resources):
        resource, _, query = name.partition("?")
        spelled.append(f"user/{resource}.{verbs}" + (f"?{query}" if query else ""))
    narrowed = person.can(" ".join(spelled))
    opened = resources if verbs == "rs" else set()
    found = replace(whole, label=label, resources=frozenset(opened))
    return replace(found, principal=narrowed.principal, speaker=narrowed)


# --- The query ------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What the broken query brought to light."""

    askers: int = 0
    cells: int = 0
    allowed: int = 0
    compared: int = 0
    leaks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    vacuous: list[str] = field(default_factory=list)


def everything(house: House) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, from above the law."""
    with house.admin.cursor(row_factory=dict_row) as cursor:
        return {table: _all(cursor, table) for table in house.tables()}


def _all(cursor: psycopg.Cursor[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    # With the row's place on disk: two rows that look alike are still two. Instants stay texts:
    # Python has no word for the infinities that stand for "at once" and "not yet".
    cursor.adapters.register_loader("timestamptz", TextLoader)
    question = sql.SQL("SELECT ctid::text AS place, * FROM {}").format(sql.Identifier(table))
    return cursor.execute(question).fetchall()


def seen_by(house: House, asker: Asker) -> dict[str, list[dict[str, Any]]]:
    """Return what SELECT * of every table returns to somebody."""
    with psycopg.connect(house.url) as connection:
        found = seen_on(connection, house.tables(), asker)
        connection.rollback()
    return found


def seen_on(
    connection: psycopg.Connection[Any], tables: Iterable[str], asker: Asker
) -> dict[str, list[dict[str, Any]]]:
    """Bind somebody to the transaction of a connection under the law, and ask for everything."""
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        if asker.principal:
            for name, value in zip(SETTINGS, asker.principal.settings, strict=True):
                cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        for table in tables:
            try:
                with connection.transaction():
                    found[table] = _all(cursor, table)
            except errors.InsufficientPrivilege:
                found[table] = []
    return found


def compare(house: House, world: World) -> Outcome:
    """Let everybody ask for everything, and compare with the oracle, row by row."""
    everybody = askers(world)
    rows = everything(house)
    oracle = Oracle(world, rows["care_team"], rows["read_ledger"])
    outcome = Outcome(askers=len(everybody))
    reached: set[tuple[str, str, str]] = set()
    for asker in everybody:
        shown = seen_by(house, asker)
        for table, all_rows in rows.items():
            judge(outcome, oracle, asker, table, all_rows, shown[table])
            reached |= _reached(oracle, asker, table, all_rows)
    outcome.vacuous = [
        f"{table} {role}: no {relation} is allowed any row"
        for (table, role), cells in CELLS.items()
        for relation, words in cells.items()
        if words != ("-",)
        and (table, role, relation) not in reached
        and (table, relation) not in EMPTY
    ]
    outcome.vacuous += [f"{table} is empty" for table, found in rows.items() if not found]
    return outcome


# Nobody but client and therapist can promise anything yet; no caregiver was asked here; in each
# case there is a goal to which caregivers are not invited; and a concordance is always made of a
# therapist's own ratings.
EMPTY = {
    ("commitments", "caregiver"),
    ("occasions", "caregiver"),
    ("attainments", "caregiver"),
    ("concordances", "ehr"),
    ("concordances", "breaker"),
}


def judge(  # noqa: PLR0913  (what a comparison is made of)
    outcome: Outcome,
    oracle: Oracle,
    asker: Asker,
    table: str,
    rows: list[dict[str, Any]],
    shown: list[dict[str, Any]],
) -> None:
    """Compare what was shown of a table with what may be."""
    outcome.cells += 1
    outcome.compared += len(rows)
    allowed = {row["place"] for row in rows if oracle.allows(asker, table, row)}
    seen = {row["place"] for row in shown}
    outcome.allowed += len(allowed)
    for what, places in ((outcome.leaks, seen - allowed), (outcome.missing, allowed - seen)):
        if places:
            example = next((row for row in rows if row["place"] in places), None)
            said = oracle.about(example)
            what.append(f"{asker.label}: {table}: {len(places)} rows, as {example}, {said}")


def _reached(
    oracle: Oracle, asker: Asker, table: str, rows: list[dict[str, Any]]
) -> set[tuple[str, str, str]]:
    if table in _SPECIAL or table in NOBODYS or asker.principal is None or not asker.opens(table):
        return set()
    ours = [row for row in rows if row["organisation_id"] == asker.organisation]
    of_said = oracle._of_said(table)  # noqa: SLF001
    return {
        (table, row["informant_role"] if of_said else "", relation)
        for row in ours
        for relation in oracle._ways(asker, table, row)  # noqa: SLF001
    }


def experiment(small: bool) -> Figure:
    """Run the broken query over a told world."""
    with new_house() as house:
        outcome = compare(house, a_world(house, small=small))
    for line in (*outcome.leaks, *outcome.missing, *outcome.vacuous):
        print(line)
    figure = (
        f"{outcome.askers} askers x every table, {outcome.compared} rows judged, "
        f"{outcome.allowed} allowed: {len(outcome.leaks)} leaks, {len(outcome.missing)} missing, "
        f"{len(outcome.vacuous)} vacuous"
    )
    met = not (outcome.leaks or outcome.missing or outcome.vacuous)
    return Figure("broken-query", figure, "0 leaks, 0 missing, 0 vacuous", met)
