"""What leaves says how it must be handled, in the same statement and by the same law."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from graphql import GraphQLObjectType

from alliance_api.app import create_app
from alliance_api.charter import notices
from alliance_api.charter.facets import Facet
from alliance_api.charter.labels import Label, labelled
from alliance_api.graph.schema import schema
from tests import pictures
from tests.builders import Story, a_case
from tests.people import Clinic, Person

from .told import disagreement, mismatch

L = "labels { confidentiality sensitivity policies obligations notice { id version text verified } }"
EVERY_KIND = f"""query($id: ID!) {{ case(id: $id) {{ {L}
  sessions {{ nodes {{ {L} }} }} occasions {{ {L} measurement {{ {L} }} }}
  measurements {{ nodes {{ {L} session {{ {L} }} }} }}
  goals {{ {L} }} commitments {{ {L} }} signals {{ {L} evidence {{ goal {{ {L} }} }} }}
  preferences {{ {L} }} consents {{ {L} }} emergencies {{ {L} }} attainment {{ {L} }}
  notes {{ nodes {{ {L} }} }} reliability(of: CLIENT) {{ {L} }}
  trajectory(instrument: "alliance-check-in", informant: CLIENT) {{ {L} }}
  concordance(instrument: "alliance-check-in") {{ {L} }}
}} }}"""
FACETS = {
    "case": Facet.CASE_FRAME,
    "sessions": Facet.SESSION_PLAN,
    "session": Facet.SESSION_PLAN,
    "occasions": Facet.OCCASION,
    "measurements": Facet.CLIENT_MEASUREMENT,
    "measurement": Facet.CLIENT_MEASUREMENT,
    "goals": Facet.GOAL,
    "goal": Facet.GOAL,
    "commitments": Facet.COMMITMENT,
    "signals": Facet.SIGNAL,
    "preferences": Facet.PREFERENCE,
    "consents": Facet.CONSENT,
    "emergencies": Facet.EMERGENCY,
    "attainment": Facet.GOAL,
    "notes": Facet.PROCESS_NOTE,
    "reliability": Facet.RELIABILITY,
    "trajectory": Facet.TREND,
    "concordance": Facet.TREND,
}
ONE = f"query($id: ID!) {{ node(id: $id) {{ ... on Goal {{ {L} }} ... on Session {{ {L} }} ... on Emergency {{ {L} }} }} }}"


def found_in(name: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every label in an answer, with the field under which its row stands."""
    if isinstance(value, list):
        for each in value:
            yield from found_in(name, each)
    elif isinstance(value, dict):
        for key, below in value.items():
            if key == "labels":
                yield name, below
            else:
                yield from found_in(name if key == "nodes" else key, below)


def as_told(label: Label) -> dict[str, Any]:
    """What GraphQL says of a label."""
    notice = notices.part2()
    told = {"id": notice.id, "version": notice.version, "text": notice.text, "verified": False}
    return {
        "confidentiality": label.confidentiality.value,
        "sensitivity": list(label.sensitivity),
        "policies": list(label.policies),
        "obligations": list(label.obligations),
        "notice": told if "42CFRPart2" in label.policies else None,
    }


def label_of(who: Person, node: str) -> dict[str, Any]:
    found: dict[str, Any] = who.reads(ONE, id=node)["node"]["labels"]
    return found


def a_programmes_case(clinic: Clinic) -> Story:
    """A case of the client's in care by a substance use programme."""
    opened = clinic.opens_case(part2=True)
    # At hours of its own: a therapist can meet only one client at a time.
    return a_case(clinic, case=UUID(opened["id"].partition("-")[2]), hours=3)


def full(story: Story) -> Story:
    """A case with a row of every kind."""
    clinic = story.clinic
    story.with_sessions("k k k k").asked("client", 0)
    story.with_ratings(client="333", therapist="333").with_commitments("Call")
    disagreement(story)
    mismatch(story)
    story.client.done("rateGoal", "", goal=story.goals[0], level=0)
    story.therapist.done("writeNote", "", case=story.case_id, body="A note")
    story.client.done("giveConsent", "", case=story.case_id, kind="RESEARCH")
    clinic.appoint("clinician", "CLINICIAN")
    clinician = clinic.people["clinician"].can("user/*.cruds break_glass")
    clinician.done("breakGlass", "", case=story.case_id, reason="On call")
    return story


@pytest.fixture
def plain(clinic: Clinic) -> Story:
    return full(a_case(clinic))


@pytest.fixture
def programme(clinic: Clinic) -> Story:
    return full(a_programmes_case(clinic))


def test_every_row_of_a_case_is_labelled_by_its_facet(plain: Story, programme: Story) -> None:
    for story, part2 in ((plain, False), (programme, True)):
        for who in (story.client, story.therapist):
            labels = list(found_in("", who.reads(EVERY_KIND, id=story.case_id)))
            for name, label in labels:
                assert label == as_told(labelled(FACETS[name], part2=part2)), (name, part2)
            nobodys = {"notes"} if who is story.client else set()
            assert {name for name, _ in labels} == set(FACETS) - nobodys


def test_every_confidential_type_with_an_id_has_labels() -> None:
    for kind in schema().type_map.values():
        if isinstance(kind, GraphQLObjectType) and "id" in kind.fields:
            confidential = "@access" in str(kind.ast_node or "") or bool(
                kind.extensions["strawberry-definition"].directives
            )
            assert ("labels" in kind.fields) == confidential, kind.name


def test_a_narrow_token_is_told_no_less(plain: Story, programme: Story) -> None:
    """Without the scope of case frames a row of a programme is still one, and no other row is."""
    for who in (plain.therapist, plain.client):
        narrow = who.can("user/Goal.rs user/Appointment.rs")
        for story, part2 in ((plain, False), (programme, True)):
            for node, facet in (
                (story.goals[0], Facet.GOAL),
                (story.sessions[0], Facet.SESSION_PLAN),
            ):
                assert label_of(narrow, node) == as_told(labelled(facet, part2=part2))


def test_whoever_comes_later_is_told_too(programme: Story) -> None:
    clinic = programme.clinic
    joined = {"case": programme.case_id, "relation": "SUPERVISOR"}
    clinic.manager.done("joinCareTeam", "", person=clinic.supervisor.id, **joined)
    clinic.appoint("ehr", "EHR")
    for kind in ("SUPERVISION", "EHR"):
        programme.client.done("giveConsent", "", case=programme.case_id, kind=kind)
    expected = as_told(labelled(Facet.GOAL, part2=True))
    for name in ("supervisor", "ehr", "clinician"):
        narrow = clinic.people[name].can("user/Goal.rs")
        assert label_of(narrow, programme.goals[0]) == expected, name


def test_where_nobody_may_say_it_a_row_counts_as_a_programmes(plain: Story) -> None:
    clinic = plain.clinic
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    query = f"{{ organisation {{ emergencies {{ nodes {{ {L} }} }} }} }}"
    [(_, label)] = found_in("", officer.reads(query))
    assert label == as_told(labelled(Facet.EMERGENCY, part2=True))
    sessions = f"query($id: ID!) {{ node(id: $id) {{ ... on Session {{ {L} }} }} }}"
    for scope, part2 in (("user/Appointment.rs", True), ("user/*.rs", False)):
        [(_, label)] = found_in("", clinic.manager.can(scope).reads(sessions, id=plain.sessions[0]))
        assert label == as_told(labelled(Facet.SESSION_PLAN, part2=part2)), scope


@pytest.mark.parametrize(("age", "young"), [(17, True), (18, False), (40, False)])
def test_a_young_clients_rows_say_so_to_whoever_may_know_the_age(
    plain: Story, programme: Story, age: int, young: bool
) -> None:
    today = date.today()  # noqa: DTZ011  (as PostgreSQL in this place)
    born = today.replace(year=today.year - age, day=min(today.day, 28)) - timedelta(days=2)
    plain.clinic.house.change(
        "UPDATE identities SET birth_date = %s WHERE person_id = %s", born, plain.client.uuid
    )
    for story, part2 in ((plain, False), (programme, True)):
        for who in (story.client, story.therapist):
            for scope, told_age in (("user/*.rs", young), ("user/Goal.rs", False)):
                label = label_of(who.can(scope), story.goals[0])
                expected = labelled(Facet.GOAL, part2=part2, young=told_age)
                assert label == as_told(expected), scope


def test_that_a_label_tells_of_an_age_is_in_the_ledger(plain: Story) -> None:
    def facets(query: str) -> set[str]:
        plain.therapist.reads(query, id=plain.goals[0])
        [(found,)] = plain.clinic.rows(
            "SELECT facets FROM read_ledger WHERE organisation_id = %s ORDER BY at DESC LIMIT 1"
        )
        return set(found)

    goal = "query Label($id: ID!) { node(id: $id) { ... on Goal { labels { %s } } } }"
    assert facets(goal % "confidentiality notice { text }") == {"GOAL"}
    assert facets(goal % "sensitivity") == {"GOAL", "IDENTITY"}


@pytest.fixture
def own_notices() -> Iterator[None]:
    """Put back what was in force."""
    yield
    notices.use({})


@pytest.mark.usefixtures("own_notices")
def test_a_clinics_own_notice_is_told_from_then_on(programme: Story) -> None:
    goal = programme.goals[0]
    before = label_of(programme.client, goal)["notice"]
    assert before["text"] == notices.shipped()["42CFRPart2"].text
    assert before["verified"] is False
    own = """[[notice]]
policy = "42CFRPart2"
id = "ours"
version = "2"
text = 'As our "counsel" wrote it; see §2.32 {a}'
citation = "A letter"
reviewed = 2026-11-23
verified = true
"""
    # What the operator sets is in force as soon as the service starts.
    create_app(programme.clinic.house.settings(notices=own))
    assert label_of(programme.client, goal)["notice"] == {
        "id": "ours",
        "version": "2",
        "text": 'As our "counsel" wrote it; see §2.32 {a}',
        "verified": True,
    }


@pytest.mark.parametrize("form", ["alliance-check-in", "alliance-check-in-t"])
def test_a_picture_carries_the_notice_of_a_programme_and_no_other_does(
    plain: Story, programme: Story, form: str
) -> None:
    text = notices.part2().text
    for story, part2 in ((plain, False), (programme, True)):
        for who in (story.client, story.therapist):
            drawn = who.house.get(pictures.path(story, "svg", form), who.headers)
            root = ET.fromstring(drawn.text)  # noqa: S314  (it is our own)
            said = root.findtext("{http://www.w3.org/2000/svg}desc") or ""
            shown = " ".join(
                each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")
            )
            assert (text in said, text in shown) == (part2, part2)
            png = who.house.get(pictures.path(story, "png", form), who.headers).content
            assert (text.encode() in png) is part2


def test_an_empty_picture_carries_the_notice_too(clinic: Clinic) -> None:
    empty = a_programmes_case(clinic)
    drawn = clinic.client.house.get(
        pictures.path(empty, "svg", "alliance-check-in"), clinic.client.headers
    )
    assert drawn.text.count(notices.part2().text) == 2, "in its words, and on the paper"
