"""What is watched reaches no further than a query of the same token, and leaves the same rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.applications import Holder, system
from tests.builders import a_case
from tests.house import House
from tests.people import Clinic
from tests.servers import replica
from tests.watchers import Ended, events, socket

from .told import drawn, low

RAISED = "subscription Raised { signalRaised { id kind } }"
WORDED = """subscription($id: ID!) {
  caseChanged(id: $id) { goals { wording } } }"""
PAGED = """subscription($id: ID!, $after: String) {
  caseChanged(id: $id) { measurements(first: 1, after: $after) { totalCount } } }"""


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with replica(house) as found:
        yield found


def test_a_token_of_one_client_watches_no_other(url: str, clinic: Clinic) -> None:
    second = clinic.another_person("second client")
    elsewhere = clinic.another_case(second)
    mine = a_case(clinic).with_sessions(drawn(1))
    other = a_case(clinic, case=elsewhere, client=second, hours=3).with_sessions(drawn(1))
    bound = mine.therapist.bound_to(mine.client)
    with (
        events(url, bound, id=mine.case_id) as own,
        events(url, bound, id=other.case_id) as foreign,
        events(url, bound, RAISED) as raised,
    ):
        assert own.next()["data"]["caseChanged"]["id"] == mine.case_id
        assert foreign.next()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert raised.silent()
        low(other)
        assert raised.silent()
        low(mine)
        assert raised.next()["data"]["signalRaised"]["kind"]


@pytest.mark.parametrize("scope", ["user/EpisodeOfCare.rs", "user/Flag.cud", ""])
def test_without_the_scope_no_signal_is_told(url: str, clinic: Clinic, scope: str) -> None:
    story = a_case(clinic).with_sessions(drawn(1))
    with events(url, story.therapist.can(scope), RAISED) as raised:
        assert raised.silent(1.5)
        low(story)
        assert raised.silent()


def test_each_signal_told_is_a_reading_and_each_look_is_none(
    url: str, house: House, clinic: Clinic
) -> None:
    story = a_case(clinic).with_sessions(drawn(1))
    rows = "SELECT facets, cases FROM read_ledger WHERE person_id = %s AND operation = 'Raised'"
    with events(url, story.therapist, RAISED) as raised:
        assert raised.silent()
        assert house.rows(rows, story.therapist.uuid) == []
        low(story)
        raised.next()
    assert house.rows(rows, story.therapist.uuid) == [(["SIGNAL"], [story.case])]


def test_who_is_erased_watches_no_more_and_is_a_tombstone_to_others(
    url: str, clinic: Clinic
) -> None:
    clinic.with_offices()
    story = a_case(clinic).with_goals("Sleep")
    with (
        events(url, story.client, WORDED, id=story.case_id) as own,
        events(url, story.therapist, WORDED, id=story.case_id) as theirs,
    ):
        for each in (own, theirs):
            assert each.next()["data"]["caseChanged"]["goals"] == [{"wording": "Sleep"}]
        clinic.officer.done("erasePerson", "", person=story.client.id)
        assert own.ends()[0], "nothing of it is theirs any more"
        assert theirs.next()["data"]["caseChanged"]["goals"] == [{"wording": None}]


def test_a_bad_cursor_is_refused_at_once(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        line.asks("1", PAGED, id=clinic.case_id, after="nonsense")
        found = line.next()
        assert (found["type"], found["id"]) == ("error", "1")
        assert "nonsense" not in str(found)


def test_a_bound_token_comes_with_a_proof_and_each_proof_once(
    url: str, house: House, clinic: Clinic
) -> None:
    application = system(house, clinic.manager, dpop_bound_access_tokens=True)
    asking = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    token = application.posts("/oauth/token", asking).json()["access_token"]
    assert application.holder is not None
    proof = application.holder.proof("GET", "/graphql", token)

    def closed(payload: dict[str, str]) -> int | None:
        with socket(url) as line:
            line.send({"type": "connection_init", "payload": payload})
            try:
                return None if line.next()["type"] == "connection_ack" else 0
            except Ended:
                return line.line.close_code

    told = {"authorization": f"DPoP {token}"}
    assert closed(told) == 4403
    assert closed({"authorization": f"Bearer {token}", "dpop": proof}) == 4403
    assert closed({**told, "dpop": application.holder.proof("POST", "/graphql", token)}) == 4403
    assert closed({**told, "dpop": Holder().proof("GET", "/graphql", token)}) == 4403
    assert closed({**told, "dpop": proof}) is None
    assert closed({**told, "dpop": proof}) == 4403
