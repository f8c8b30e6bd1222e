"""What is watched: an answer, again each time it is another, and no longer than a right lasts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from alliance_api.graph.watching import EACH
from chassis.places import Full, Places
from tests.applications import register
from tests.builders import a_case, answers
from tests.house import House
from tests.people import Clinic, Person, body
from tests.servers import replica
from tests.watchers import CASE, Events, events, socket

from .told import drawn, low, submit, told

RAISED = "subscription { signalRaised { id kind } }"
MEASURED = """subscription($id: ID!) {
  caseChanged(id: $id) { measurements { totalCount nodes { comment } } openSignals } }"""


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with replica(house) as found:
        yield found


def goals(answer: dict[str, Any]) -> list[str]:
    return [goal["wording"] for goal in answer["data"]["caseChanged"]["goals"]]


def wishes(who: Person, clinic: Clinic, wording: str = "Sleep") -> None:
    who.done("proposeGoal", "", case=clinic.case_id, wording=wording)


# --- What is told ---------------------------------------------------------------------------


def test_a_case_is_told_as_it_is_and_again_when_it_has_changed(url: str, clinic: Clinic) -> None:
    with events(url, clinic.therapist, id=clinic.case_id) as watched:
        response = watched.response
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-store"
        first = watched.next()
        assert goals(first) == []
        assert first["extensions"]["cost"]["requested"] > 0
        wishes(clinic.client, clinic)
        assert goals(watched.next()) == ["Sleep"]
        assert watched.silent()


def test_what_others_may_not_know_of_is_no_event_of_theirs(url: str, clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(drawn(1))
    people = (story.client, story.therapist, clinic.supervisor)
    watching = [Events(url, who.headers, MEASURED, id=story.case_id) for who in people]
    for each in watching:
        each.next()
    submit(story.client, story, "srs-3", answers(8, 4), disclosure="PRIVATE")
    mine, *others = watching
    assert mine.next()["data"]["caseChanged"]["measurements"]["totalCount"] == 1
    assert all(each.silent() for each in others)
    submit(story.client, story, "srs-3", answers(8, 4), session=story.sessions[0])
    assert all(
        each.next()["data"]["caseChanged"]["measurements"]["totalCount"] for each in watching
    )
    for each in watching:
        each.close()


def test_only_what_was_shown_is_in_the_ledger(url: str, house: House, clinic: Clinic) -> None:
    def readings() -> int:
        return sum(
            count
            for (count,) in house.rows(
                "SELECT count(*) FROM read_ledger WHERE person_id = %s AND operation = 'Watch'",
                clinic.therapist.uuid,
            )
        )

    query = CASE.replace("subscription", "subscription Watch")
    with events(url, clinic.therapist, query, id=clinic.case_id) as watched:
        watched.next()
        assert readings() == 1
        assert watched.silent()
        assert readings() == 1
        wishes(clinic.client, clinic)
        watched.next()
        assert readings() == 2


def test_a_signal_is_told_once_to_those_it_is_for(url: str, clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(drawn(1))
    with (
        events(url, story.therapist, RAISED) as mine,
        events(url, clinic.stranger, RAISED) as foreign,
    ):
        assert mine.response.status_code == foreign.response.status_code == 200
        assert mine.silent()
        low(story)
        [raised] = told(story.therapist, story.case_id)
        assert mine.next()["data"]["signalRaised"] == {"id": raised["id"], "kind": raised["kind"]}
        story.therapist.done("acknowledgeSignal", "", signal=raised["id"])
        assert mine.silent()
        assert foreign.silent(0.1)


def test_a_foreign_case_is_as_unknown_as_none(url: str, house: House, clinic: Clinic) -> None:
    made_up = "case-00000000-0000-4000-8000-000000000000"
    answered = []
    for case in (clinic.case_id, made_up, "goal-1", ""):
        with events(url, clinic.stranger, id=case) as watched:
            answered.append(watched.next())
            assert watched.ends()[0]
    assert answered[0]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert all(each == answered[0] for each in answered)
    refused = "SELECT cases FROM read_ledger WHERE person_id = %s AND outcome = 'REFUSED'"
    assert ([clinic.case],) in house.rows(refused, clinic.stranger.uuid)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (
            "subscription($id: ID!) { caseChanged(id: $id) { readings { totalCount } } }",
            "NOT_SUPPORTED",
        ),
        (
            "subscription($id: ID!) { caseChanged(id: $id) { nothing } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription($id: ID!) { a: caseChanged(id: $id) { id } b: caseChanged(id: $id) { id } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription($id: ID!) { caseChanged(id: $id) { id } ", "GRAPHQL_PARSE_FAILED"),
        ("subscription($id: ID!) { caseChanged(id: $id) @skip(if: true) { id } }", None),
    ],
)
def test_what_cannot_be_watched_is_refused_at_once(
    url: str, clinic: Clinic, query: str, code: str | None
) -> None:
    answer = httpx.post(
        f"{url}/graphql",
        headers={**clinic.therapist.headers, "accept": "text/event-stream"},
        content=body(query, {"id": clinic.case_id}),
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")
    found = answer.json()["errors"][0]["extensions"]["code"]
    assert found == (code or found)


def test_over_a_plain_request_it_is_said_where_to_watch(clinic: Clinic) -> None:
    answer = clinic.therapist.asks(CASE, id=clinic.case_id)
    assert (answer.status, answer.error) == (400, "NOT_SUPPORTED")
    assert "text/event-stream" in answer.body["errors"][0]["message"]


def test_a_query_over_events_is_one_event(url: str, clinic: Clinic) -> None:
    query = "query($id: ID!) { case(id: $id) { status } }"
    with events(url, clinic.therapist, query, id=clinic.case_id) as answered:
        assert answered.next()["data"] == {"case": {"status": "ACTIVE"}}
        assert answered.ends()[0]


def test_whoever_takes_json_too_is_answered_in_json(url: str, clinic: Clinic) -> None:
    answer = httpx.post(
        f"{url}/graphql",
        headers={**clinic.therapist.headers, "accept": "application/json, text/event-stream"},
        content=body("{ viewer { person { id } } }", {}),
    )
    assert answer.json()["data"] == {"viewer": {"person": {"id": clinic.therapist.id}}}


# --- How it ends ----------------------------------------------------------------------------


def test_a_lost_right_ends_what_is_watched(url: str, clinic: Clinic) -> None:
    left = {"case": clinic.case_id, "person": clinic.supervisor.id, "relation": "SUPERVISOR"}
    with (
        events(url, clinic.supervisor, id=clinic.case_id) as streamed,
        socket(url, clinic.supervisor) as line,
    ):
        line.asks("one", CASE, id=clinic.case_id)
        line.next()
        streamed.next()
        clinic.manager.done("leaveCareTeam", "", **left)
        for each in (streamed, line):
            complete, _ = each.ends()
            assert complete, "it is over: to ask again is no use"


def test_a_revoked_token_ends_what_is_watched_on_every_replica(
    url: str, house: House, clinic: Clinic
) -> None:
    application = register(house)
    with replica(house) as other:
        found = application.tokens(clinic.therapist)
        token = found["access_token"]
        with (
            events(other, token, id=clinic.case_id) as streamed,
            socket(other, token) as line,
        ):
            streamed.next()
            line.asks("one", CASE, id=clinic.case_id)
            line.next()
            given = {"client_id": application.id, "token": found["refresh_token"]}
            assert httpx.post(f"{url}/oauth/revoke", data=given).status_code == 200
            for each in (streamed, line):
                complete, _ = each.ends()
                assert not complete, "with another token it may be asked for again"
            assert line.closed() == 4403


def test_it_lasts_no_longer_than_its_token(url: str, house: House, clinic: Clinic) -> None:
    # A verifier gives issuers half a minute.
    claims = {**clinic.therapist.claims, "exp": int(time.time()) - 24}
    with events(url, house.token(claims), id=clinic.case_id) as streamed:
        streamed.next()
        assert streamed.ends()[0] is False


def test_a_server_that_stops_sends_its_watchers_away(
    house: House, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    with replica(house) as address:
        streamed = Events(address, clinic.therapist.headers, CASE, id=clinic.case_id)
        streamed.next()
    assert streamed.ends()[0] is False
    streamed.close()
    assert "Exception" not in caplog.text


# --- How many -------------------------------------------------------------------------------


def test_nobody_takes_every_place(clinic: Clinic) -> None:
    places = Places(most=3, each=2)
    one, other, third = (
        each.principal.person for each in (clinic.client, clinic.therapist, clinic.supervisor)
    )
    with places.one(one), places.one(one):
        with pytest.raises(Full), places.one(one):
            pass
        with places.one(other), pytest.raises(Full), places.one(third):
            pass
        with places.one(third):
            pass
    with places.one(one):
        pass


def test_one_person_has_so_many_places_and_gets_them_back(url: str, clinic: Clinic) -> None:
    watching = [Events(url, clinic.therapist.headers, CASE, id=clinic.case_id) for _ in range(EACH)]
    for each in watching:
        each.next()
    with events(url, clinic.therapist, id=clinic.case_id) as refused:
        answer = refused.response
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
    for each in watching:
        each.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with events(url, clinic.therapist, id=clinic.case_id) as again:
            if again.response.status_code == 200:
                return
    raise AssertionError
