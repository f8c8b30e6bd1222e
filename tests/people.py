"""The six people.

The client, her therapist, the therapist's supervisor, the manager, a caregiver, and a stranger who
must never see anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from alliance_api.charter.principal import Principal, principal_of
from alliance_api.domain.ids import Kind, format_id
from alliance_api.store import seed
from tests.house import EVERYTHING, House, Reply

SIX = ("client", "therapist", "supervisor", "manager", "caregiver", "stranger")
APPLICATION = "tests"
OFFICES = {
    "researcher": "RESEARCHER",
    "officer": "PRIVACY_OFFICER",
    "ehr": "EHR",
    "clinician": "CLINICIAN",
}
FEED = "feed.read"


@dataclass(frozen=True)
class Person:
    """Someone who can ask; `can` and `bound_to` return the same person with another token."""

    house: House
    name: str
    uuid: UUID
    organisation: UUID
    scope: str = EVERYTHING
    patient: str | None = None

    @property
    def id(self) -> str:
        """The global id."""
        return format_id(Kind.PERSON, self.uuid)

    def can(self, scope: str) -> Person:
        """Return the same person with other scopes."""
        return Person(self.house, self.name, self.uuid, self.organisation, scope, self.patient)

    def bound_to(self, patient: Person, scope: str = "patient/*.cruds") -> Person:
        """Return the same person with a token bound to one client."""
        return Person(self.house, self.name, self.uuid, self.organisation, scope, patient.id)

    @property
    def claims(self) -> dict[str, Any]:
        """What the token says."""
        found = {
            "sub": self.id,
            "organisation": format_id(Kind.ORGANISATION, self.organisation),
            "scope": self.scope,
            "client_id": APPLICATION,
        }
        return found if self.patient is None else {**found, "patient": self.patient}

    @property
    def principal(self) -> Principal:
        """The principal that the app makes of the token."""
        return principal_of(self.claims)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of this person's requests."""
        token = self.house.token(self.claims)
        return {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def sends(self, content: bytes) -> Reply:
        """Send raw bytes."""
        return self.house.post(content, self.headers)

    def request(self, query: str, **variables: Any) -> tuple[bytes, dict[str, str]]:
        """Return a request for `House.together`."""
        return body(query, variables), self.headers

    def asks(self, query: str, **variables: Any) -> Reply:
        """Send a document with its variables."""
        return self.sends(body(query, variables))

    def reads(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a document that must be answered without an error; return its data."""
        return self.asks(query, **variables).data

    def does(self, mutation: str, select: str = "", **given: Any) -> Reply:
        """Run a mutation with its typed problems; a fresh key unless one is given."""
        return self.asks(mutation_text(mutation, select), input=with_key(given))

    def done(self, mutation: str, select: str, **given: Any) -> dict[str, Any]:
        """Run a mutation that must succeed; return what changed."""
        payload: dict[str, Any] = self.does(mutation, select, **given).data[mutation]
        assert payload["problems"] == [], payload
        [changed] = [value for key, value in payload.items() if key != "problems"]
        assert isinstance(changed, dict), payload
        return changed

    def refused(self, mutation: str, **given: Any) -> list[tuple[str, str | None]]:
        """Run a mutation that must be refused; return codes and fields of its problems."""
        payload = self.does(mutation, "", **given).data[mutation]
        changed = [value for key, value in payload.items() if key != "problems"]
        assert changed == [None], payload
        assert payload["problems"], payload
        assert all(problem["message"] for problem in payload["problems"])
        return [(problem["code"], problem["field"]) for problem in payload["problems"]]


def body(query: str, variables: dict[str, Any]) -> bytes:
    """Return the body of a request."""
    return json.dumps({"query": query, "variables": variables}).encode()


def with_key(given: dict[str, Any]) -> dict[str, Any]:
    """Return an input with a fresh idempotency key, unless it has one."""
    return {"idempotencyKey": uuid4().hex, **given}


CHANGED = {
    "openCase": "case",
    "closeCase": "case",
    "planMeasurement": "occasion",
    "submitMeasurement": "measurement",
    "changeDisclosure": "measurement",
    "proposeGoal": "goal",
    "answerGoal": "goal",
    "rateGoal": "goal",
    "endGoal": "goal",
    "scheduleSession": "session",
    "moveSession": "session",
    "cancelSession": "session",
    "recordSession": "session",
    "makeCommitment": "commitment",
    "settleCommitment": "commitment",
    "joinCareTeam": "case",
    "leaveCareTeam": "case",
    "giveConsent": "consent",
    "withdrawConsent": "consent",
    "breakGlass": "emergency",
    "reviewEmergency": "emergency",
    "writeNote": "note",
    "acknowledgeSignal": "signal",
    "confirmHeard": "signal",
    "setPreferences": "case",
    "erasePerson": "person",
    "setLegalHold": "hold",
    "liftLegalHold": "hold",
}


def mutation_text(mutation: str, select: str = "") -> str:
    """Return the document of a mutation: what changed, and every problem."""
    kind = mutation[0].upper() + mutation[1:]
    return (
        f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ "
        f"{CHANGED[mutation]} {{ id {select} }} problems {{ code message field }} }} }}"
    )


@dataclass
class Clinic:
    """An organisation with the six people, and a case of the client with her care team."""

    house: House
    organisation: UUID
    people: dict[str, Person]
    case: UUID
    known: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Person:
        """Return a person by name: `clinic.therapist`."""
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def case_id(self) -> str:
        """The global id of the case."""
        return format_id(Kind.CASE, self.case)

    def everyone(self) -> list[Person]:
        """Return the six."""
        return [self.people[name] for name in SIX]

    def another_person(self, name: str, *, manager: bool = False) -> Person:
        """Add somebody to the organisation."""
        with self.house.engine.begin() as connection:
            uuid = seed.person(connection, self.organisation, name, manager=manager)
        self.people[name] = Person(self.house, name, uuid, self.organisation)
        return self.people[name]

    def opens_case(self, **more: Any) -> dict[str, Any]:
        """Let the manager open another case of the client with the therapist, over the API."""
        given = {"client": self.people["client"].id, "therapist": self.people["therapist"].id}
        return self.people["manager"].done(
            "openCase", "", **given, timeZone="Europe/Berlin", **more
        )

    def another_case(self, client: Person, members: dict[Person, str] | None = None) -> UUID:
        """Add a case; without members it is the therapist's."""
        who = (
            {person.uuid: relation for person, relation in members.items()}
            if members
            else {self.people["therapist"].uuid: "THERAPIST"}
        )
        with self.house.engine.begin() as connection:
            return seed.case(connection, self.organisation, client.uuid, who)

    def with_offices(self) -> Clinic:
        """Add a researcher, a privacy officer, a clinician without a case, and the clinic's EHR.

        The EHR stands to the client's case, and the clinician has broken its glass just now.
        """
        for name, office in OFFICES.items():
            self.appoint(name, office)
        for name, relation in (("ehr", "EHR"), ("clinician", "BREAK_GLASS")):
            self.house.change(
                "INSERT INTO standing (organisation_id, person_id, relation, case_id, starts_at, "
                "ends_at, client_id) VALUES (%s, %s, %s, %s, now() - interval '1 minute', "
                "now() + interval '59 minutes', %s) ON CONFLICT DO NOTHING",
                *(self.organisation, self.people[name].uuid, relation, self.case),
                self.people["client"].uuid,
            )
        return self

    def appoint(self, name: str, office: str) -> Person:
        """Let somebody hold an office of the organisation, unless they do."""
        if name not in self.people:
            person = self.another_person(name)
            self.house.change(
                "INSERT INTO staff (organisation_id, person_id, role, starts_at) "
                "VALUES (%s, %s, %s, now() - interval '1 day')",
                *(self.organisation, person.uuid, office),
            )
        return self.people[name]

    def notifier(self, scope: str = FEED) -> Person:
        """Return the organisation's notifier: a system that reads the feed."""
        return self.appoint("notifier", "NOTIFIER").can(scope)

    def consent(self) -> None:
        """Let the client consent to supervision."""
        client = self.people["client"].uuid
        with self.house.engine.begin() as connection:
            seed.consent_to_supervision(connection, self.organisation, self.case, client)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask from above the law; the first parameter is this organisation."""
        return self.house.rows(statement, self.organisation, *parameters)


def a_clinic(house: House, *, permitted: str | None = seed.DEMONSTRATION) -> Clinic:
    """Return a new organisation with the six people and one case; it may use every form."""
    with house.engine.begin() as connection:
        organisation = seed.organisation(connection, "Clinic", permitted=permitted)
        uuids = {
            name: seed.person(
                connection,
                organisation,
                f"The {name}",
                birth_date=date(1990, 2, 3),
                manager=name == "manager",
            )
            for name in SIX
        }
        members = {uuids[name]: name.upper() for name in ("therapist", "supervisor", "caregiver")}
        case = seed.case(connection, organisation, uuids["client"], members)
    people = {name: Person(house, name, uuid, organisation) for name, uuid in uuids.items()}
    return Clinic(house, organisation, people, case)
