"""The protocol `graphql-transport-ws`: what it lets in, and how it closes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from alliance_api.graph.websocket import OPERATIONS
from tests.house import House
from tests.people import Clinic
from tests.servers import replica
from tests.watchers import CASE, Ended, Socket, asking, socket

VIEWER = "{ viewer { person { id } } }"


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with replica(house) as found:
        yield found


def test_operations_run_beside_each_other(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        line.asks("watch", CASE, id=clinic.case_id)
        assert line.next()["id"] == "watch"
        line.asks("ask", VIEWER)
        answer = line.next()
        assert (answer["type"], answer["id"]) == ("next", "ask")
        assert answer["payload"]["data"] == {"viewer": {"person": {"id": clinic.therapist.id}}}
        with pytest.raises(Ended):
            line.next()
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording="Sleep")
        changed = line.next()["payload"]["data"]["caseChanged"]
        assert changed["goals"] == [{"wording": "Sleep"}]
        line.send({"id": "watch", "type": "complete"})
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording="Walk")
        assert line.silent()


def test_a_mutation_is_done_over_it(url: str, clinic: Clinic) -> None:
    text = (
        "mutation($input: ProposeGoalInput!) "
        "{ proposeGoal(input: $input) { goal { wording } problems { code } } }"
    )
    given = {"idempotencyKey": "k", "case": clinic.case_id, "wording": "Sleep"}
    with socket(url, clinic.client) as line:
        line.asks("do", text, input=given)
        payload = line.next()["payload"]["data"]["proposeGoal"]
        assert payload == {"goal": {"wording": "Sleep"}, "problems": []}


def test_a_ping_is_answered(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        line.send({"type": "pong"})
        line.send({"type": "ping"})
        assert line.next() == {"type": "pong"}


def test_what_is_malformed_is_an_error_of_its_operation(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        for query, code in (
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("{", "GRAPHQL_PARSE_FAILED"),
        ):
            line.asks("one", query)
            found = line.next()
            assert (found["type"], found["id"]) == ("error", "one")
            assert found["payload"][0]["extensions"]["code"] == code
        line.send({"id": "two", "type": "subscribe", "payload": {"query": 1}})
        assert line.next()["payload"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_a_foreign_case_is_not_found(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.stranger) as line:
        line.asks("one", CASE, id=clinic.case_id)
        assert line.next()["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert line.ends()[0]


def test_one_connection_runs_so_many_operations(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        for number in range(OPERATIONS + 1):
            line.asks(str(number), CASE, id=clinic.case_id)
        kinds = [line.next()["type"] for _ in range(OPERATIONS + 1)]
        assert sorted(kinds) == ["error"] + ["next"] * OPERATIONS


def test_who_changes_their_mind_at_once_is_heard(
    url: str, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    ask, over = asking("1", CASE, id=clinic.case_id), {"id": "1", "type": "complete"}
    with socket(url, clinic.therapist) as line:
        line.at_once(ask, over)
        line.at_once(ask, over, ask)
        assert line.next()["payload"]["data"]["caseChanged"]["id"] == clinic.case_id
        assert line.silent()
    assert "Exception" not in caplog.text


def test_nothing_is_packed(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        assert line.line.protocol.extensions == []


def test_who_begins_and_ends_without_pause_costs_no_connection_and_gets_every_place_back(
    url: str, house: House, clinic: Clinic
) -> None:
    looking = "SELECT pid FROM pg_stat_activity WHERE query LIKE %s"
    with socket(url, clinic.therapist) as line:
        line.asks("first", CASE, id=clinic.case_id)
        line.next()
        line.send({"id": "first", "type": "complete"})
        before = house.rows(looking, "%sha256%")
        assert before
        for number in range(20 * OPERATIONS):
            id_ = str(number)
            line.at_once(asking(id_, CASE, id=clinic.case_id), {"id": id_, "type": "complete"})
        for number in range(OPERATIONS):
            line.asks(f"kept {number}", CASE, id=clinic.case_id)
        told = {(found := line.next())["id"]: found["type"] for _ in range(OPERATIONS)}
        assert told == {f"kept {number}": "next" for number in range(OPERATIONS)}
        assert {*before} <= {*house.rows("SELECT pid FROM pg_stat_activity")}


HELLO = {"type": "connection_init"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"id": "1", "type": "subscribe", "payload": {"query": VIEWER}}, 4401),
        (HELLO, 4403),
        ({**HELLO, "payload": {"authorization": "Bearer nonsense"}}, 4403),
        ({**HELLO, "payload": {"authorization": "Bearer ä"}}, 4403),
        ({**HELLO, "payload": {"authorization": 1}}, 4403),
        ("nothing", 4400),
        ("[]", 4400),
        ('{"type": 1}', 4400),
        ('{"type": "ping", "type": "pong"}', 4400),
        (b"octets", 4400),
        ("x" * 60_000, 4400),
        ("x" * 70_000, 1009),
    ],
)
def test_who_is_not_let_in(url: str, message: object, code: int) -> None:
    with socket(url) as line:
        line.send(message)
        assert line.closed() == code


def test_who_says_nothing_is_sent_away(url: str) -> None:
    with socket(url) as line:
        assert line.closed() == 4408


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (HELLO, 4429),
        ({"type": "greet"}, 4400),
        ({"type": "subscribe", "payload": {"query": VIEWER}}, 4400),
        ({"id": "", "type": "subscribe", "payload": {"query": VIEWER}}, 4400),
        ({"id": "x" * 101, "type": "subscribe", "payload": {"query": VIEWER}}, 4400),
        ({"id": "taken", "type": "subscribe", "payload": {"query": VIEWER}}, 4409),
    ],
)
def test_how_a_conversation_breaks(url: str, clinic: Clinic, message: object, code: int) -> None:
    with socket(url, clinic.therapist) as line:
        line.asks("taken", CASE, id=clinic.case_id)
        line.next()
        line.send(message)
        assert line.closed() == code


def test_another_protocol_is_not_spoken(url: str) -> None:
    # The older one let in whoever did not say hello.
    with socket(url, protocol="graphql-ws") as line:
        assert line.closed() == 4406


def test_a_token_of_the_handshake_is_taken(url: str, clinic: Clinic) -> None:
    headers = {"authorization": clinic.therapist.headers["authorization"]}
    with socket(url, additional_headers=headers) as line:
        line.send(HELLO)
        assert line.next() == {"type": "connection_ack"}


def test_there_is_no_other_websocket(url: str) -> None:
    with pytest.raises(InvalidStatus), connect(url.replace("http", "ws") + "/v1/feed", proxy=None):
        pass


def test_nothing_of_a_message_is_told_back(url: str, clinic: Clinic) -> None:
    with socket(url, clinic.therapist) as line:
        line.asks("one", 'query { node(id: "I hate him") { secret } }')
        assert "hate" not in json.dumps(line.next())


def test_who_hangs_up_leaves_the_server_well(url: str, clinic: Clinic) -> None:
    for _ in range(10):
        line = Socket(url, clinic.therapist)
        line.asks("one", CASE, id=clinic.case_id)
        line.line.socket.close()
    with socket(url, clinic.therapist) as again:
        again.asks("one", CASE, id=clinic.case_id)
        assert again.next()["type"] == "next"
