"""The ladder of every mutation: no token, an unknown thing, a missing scope, done."""

from __future__ import annotations

from uuid import uuid4

import pytest

from alliance_api.charter.scopes import SPECIAL
from alliance_api.domain.ids import Kind
from alliance_api.graph.mutations import VERBS
from tests.house import House
from tests.people import CHANGED, Clinic, Person, a_clinic, body, mutation_text, with_key

from .verbs import MUTATIONS, Good, good, python_name

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_without_a_token_nothing_is_done(house: House, clinic: Clinic, mutation: str) -> None:
    given = good(clinic, mutation).given
    before = house.counts()
    reply = house.post(body(mutation_text(mutation), {"input": with_key(given)}), JSON)
    assert reply.status == 401
    assert reply.error == "UNAUTHENTICATED"
    assert reply.response.headers["www-authenticate"].startswith("Bearer")
    assert house.counts() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_each_missing_scope_is_named_and_nothing_is_done(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    verb = VERBS[python_name(mutation)]
    before = clinic.house.counts()
    for gate in (*verb.reads, *verb.writes):
        scope = all_but(gate)
        reply = works.who.can(scope).does(mutation, "", **works.given)
        payload = reply.data[mutation]
        assert payload[CHANGED[mutation]] is None
        assert [problem["code"] for problem in payload["problems"]] == ["SCOPE_MISSING"], gate
        assert gate in payload["problems"][0]["message"]
    assert clinic.house.counts() == before


def all_but(missing: str) -> str:
    """Return scopes for everything that any verb needs, but one."""
    gates = {gate for verb in VERBS.values() for gate in (*verb.reads, *verb.writes)} - {missing}
    scopes = []
    for gate in sorted(gates):
        name, _, last = gate.rpartition(".")
        if gate in SPECIAL:
            scopes.append(gate)
        else:
            scopes.append(f"user/{name}.{last}" if last in {*"cud"} else f"user/{gate}.rs")
    return " ".join(scopes)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_with_what_it_needs_it_is_done(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    changed = works.who.can(all_but("")).done(mutation, "", **works.given)
    assert changed["id"].startswith(f"{CHANGED[mutation]}-")


@pytest.fixture
def foreign(house: House) -> Clinic:
    return a_clinic(house)


def refusal(works: Good, mutation: str, name: str, wrong: str) -> tuple[int, str]:
    """Send another id; return the answer, which must be NOT_FOUND at that field."""
    reply = works.who.does(mutation, "", **{**works.given, name: wrong})
    problems = reply.data[mutation]["problems"]
    assert [(each["code"], each["field"]) for each in problems] == [("NOT_FOUND", name)]
    assert wrong == "" or wrong not in reply.text
    return reply.comparable


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_foreign_id_and_a_random_one_are_answered_alike(
    clinic: Clinic, foreign: Clinic, mutation: str
) -> None:
    works, theirs = good(clinic, mutation), good(foreign, mutation)
    before = clinic.house.counts()
    for name, kind in works.ids.items():
        random = refusal(works, mutation, name, f"{kind}-{uuid4()}")
        assert refusal(works, mutation, name, theirs.given[name]) == random
    assert clinic.house.counts() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_is_no_id_or_of_another_kind_is_as_unknown(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    before = clinic.house.counts()
    for name, kind in works.ids.items():
        uuid = works.given[name][-36:]
        wrong = {
            f"{next(each for each in Kind if each != kind)}-{uuid}",
            uuid,
            f"{kind}-{uuid.replace('-', '')}",
            f"{kind}-{uuid} ",
            f"{kind.upper()}-{uuid}",
            "",
            "💔",
        }
        assert len({refusal(works, mutation, name, each) for each in wrong}) == 1
    assert clinic.house.counts() == before


# What an office does for the whole organisation: whoever does not hold it is told so.
OF_AN_OFFICE = {"openCase", "breakGlass"}


@pytest.mark.parametrize("mutation", [name for name in MUTATIONS if name not in OF_AN_OFFICE])
def test_a_stranger_of_the_same_organisation_knows_of_nothing(
    clinic: Clinic, mutation: str
) -> None:
    works = good(clinic, mutation)
    before = clinic.house.counts()
    first = next(iter(works.ids))
    random = {**works.given, first: f"{works.ids[first]}-{uuid4()}"}
    key = uuid4().hex
    known = clinic.stranger.does(mutation, "", idempotencyKey=key, **works.given)
    unknown = clinic.stranger.does(mutation, "", idempotencyKey=key, **random)
    assert known.comparable == unknown.comparable
    assert known.data[mutation]["problems"][0]["code"] == "NOT_FOUND"
    assert clinic.house.counts() == before


# Who knows of what a mutation is about, and may not do it; the law of writing, in plain words.
MAY_NOT: dict[str, tuple[str, ...]] = {
    "openCase": ("therapist",),
    "closeCase": ("client", "supervisor", "caregiver"),
    "planMeasurement": ("client", "supervisor", "caregiver"),
    "submitMeasurement": ("therapist", "supervisor", "manager"),
    "changeDisclosure": ("therapist", "supervisor"),
    "proposeGoal": ("supervisor", "caregiver", "manager"),
    "answerGoal": ("supervisor",),
    "rateGoal": ("supervisor",),
    "endGoal": ("supervisor",),
    "scheduleSession": ("client", "supervisor", "caregiver"),
    "moveSession": ("client", "supervisor", "caregiver"),
    "cancelSession": ("client", "supervisor", "caregiver"),
    "recordSession": ("client", "supervisor", "caregiver", "manager"),
    "makeCommitment": ("supervisor", "caregiver", "manager"),
    "settleCommitment": ("therapist", "supervisor"),
    "joinCareTeam": (),  # they do not know of the newcomer: that is another rung
    "leaveCareTeam": (),
    "giveConsent": ("therapist", "supervisor", "manager"),
    "withdrawConsent": ("therapist",),
    "breakGlass": (),
    "reviewEmergency": ("client", "therapist"),
    "writeNote": (),
    "erasePerson": ("client", "therapist", "manager"),
    "setLegalHold": ("client", "therapist", "manager"),
    "liftLegalHold": (),
    "acknowledgeSignal": ("supervisor",),
    "confirmHeard": (),
    "setPreferences": ("supervisor", "caregiver", "manager"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_who_knows_of_it_and_may_not_do_it_gets_a_typed_problem(
    clinic: Clinic, mutation: str
) -> None:
    clinic.consent()
    works = good(clinic, mutation)
    given = dict(works.given)
    given.pop("occasion", None)
    if mutation == "openCase":
        given["client"] = clinic.client.id
    before = clinic.house.counts()
    for name in MAY_NOT[mutation]:
        [(code, _)] = clinic.people[name].refused(mutation, **given)
        assert code in {"NOT_ALLOWED", "NOT_A_PARTY", "NOT_THE_INFORMANT", "NOT_YOURS"}, name
    assert clinic.house.counts() == before


TOKENS = {
    "none": {},
    "another scheme": {"authorization": "Basic YTpi"},
    "no token": {"authorization": "Bearer "},
    "not a token": {"authorization": "Bearer a.b.c"},
    "very long": {"authorization": "Bearer " + "a" * 20_000},
}
MALFORMED = b'{"query": "{ this is not \\u0000 GraphQL'


@pytest.mark.parametrize("headers", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize(
    "content", [MALFORMED, b"", b"[" * 100_000, b"x" * 200_000, b'{"query": "{ nothing }"}']
)
def test_who_asks_comes_before_what_is_asked(
    house: House, headers: dict[str, str], content: bytes
) -> None:
    reply = house.post(content, {**JSON, **headers})
    assert (reply.status, reply.error) == (401, "UNAUTHENTICATED")


def test_with_a_token_the_same_document_is_400(clinic: Clinic) -> None:
    """The floor of the test above: it is the order that decides, not the document."""
    assert clinic.stranger.sends(MALFORMED).status == 400


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"iss": "https://another.test"},
        {"exp": 1},
        {"nbf": 32_503_680_000},
        {"sub": "someone"},
        {"sub": "case-01920000-0000-7000-8000-000000000000"},
        {"organisation": None},
        {"client_id": ""},
        {"client_id": 7},
        {"client_id": "an app\x1b[2J"},
        {"client_id": "an app\nof another name"},
        {"purpose_of_use": "CURIOSITY"},
        {"purpose_of_use": {"code": "TREAT"}},
        {"scope": ["user/*.rs"]},
        {"patient": "person-of-nobody"},
    ],
    ids=str,
)
def test_a_token_that_says_something_wrong_is_401(
    house: House, clinic: Clinic, claims: dict[str, object]
) -> None:
    token = house.token({**clinic.therapist.claims, **claims})
    reply = house.post(
        body("{ viewer { person { id } } }", {}), {**JSON, "authorization": f"Bearer {token}"}
    )
    assert (reply.status, reply.error) == (401, "UNAUTHENTICATED")


def test_a_person_of_another_organisation_by_claim_is_a_stranger(
    clinic: Clinic, foreign: Clinic
) -> None:
    visitor = Person(clinic.house, "visitor", foreign.therapist.uuid, clinic.organisation)
    reply = visitor.asks("query($id: ID!) { case(id: $id) { id } }", id=clinic.case_id)
    assert reply.data["case"] is None
