"""A real uvicorn on loopback, over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.house import ORIGIN, House
from tests.people import Clinic, body
from tests.servers import replica


@pytest.fixture(scope="module")
def url(house: House) -> Iterator[str]:
    with replica(house) as found:
        yield found


QUERY = "query($id: ID!) { case(id: $id) { status client { name } } }"


def test_a_query_is_answered(url: str, clinic: Clinic) -> None:
    answer = httpx.post(
        f"{url}/graphql",
        content=body(QUERY, {"id": clinic.case_id}),
        headers=clinic.therapist.headers,
    )
    assert answer.status_code == 200
    assert answer.json()["data"] == {"case": {"status": "ACTIVE", "client": {"name": "The client"}}}
    assert "server" not in answer.headers


def test_a_mutation_over_one_server_is_read_over_the_other(url: str, clinic: Clinic) -> None:
    text = (
        "mutation($input: ProposeGoalInput!) "
        "{ proposeGoal(input: $input) { goal { id } problems { code } } }"
    )
    given = {"idempotencyKey": "k", "case": clinic.case_id, "wording": "Sleep 💤"}
    answer = httpx.post(
        f"{url}/graphql", content=body(text, {"input": given}), headers=clinic.client.headers
    )
    goal = answer.json()["data"]["proposeGoal"]["goal"]["id"]
    seen = clinic.therapist.reads(
        "query($id: ID!) { node(id: $id) { ... on Goal { wording } } }", id=goal
    )
    assert seen["node"] == {"wording": "Sleep 💤"}


def test_without_a_token_401_before_the_document(url: str) -> None:
    answer = httpx.post(f"{url}/graphql", content=b"{", headers={"content-type": "text/plain"})
    assert answer.status_code == 401
    metadata = f"{ORIGIN}/.well-known/oauth-protected-resource"
    assert answer.headers["www-authenticate"] == f'Bearer resource_metadata="{metadata}"'


def test_a_body_without_a_length_is_counted_while_it_comes(url: str, clinic: Clinic) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1024

    answer = httpx.post(f"{url}/graphql", content=endless(), headers=clinic.client.headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_405(url: str, clinic: Clinic, method: str) -> None:
    answer = httpx.request(method, f"{url}/graphql", headers=clinic.client.headers)
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


def test_a_query_in_an_address_is_not_executed(url: str, clinic: Clinic) -> None:
    answer = httpx.get(
        f"{url}/graphql",
        params={"query": "{ viewer { person { id } } }"},
        headers=clinic.client.headers,
    )
    assert clinic.client.id not in answer.text


def test_it_says_when_it_is_alive_and_ready(url: str) -> None:
    assert httpx.get(f"{url}/health/live").status_code == 200
    assert httpx.get(f"{url}/health/ready").status_code == 200


@pytest.mark.parametrize("path", ["/v1/feed/", "/health/ready/", "/oauth/token/"])
def test_a_slash_too_many_leads_nowhere(url: str, path: str) -> None:
    """Behind TLS a redirect of ours would name http, and a token would follow it."""
    answer = httpx.get(f"{url}{path}", headers={"authorization": "Bearer x"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_a_client_that_hangs_up_leaves_the_server_well(url: str, clinic: Clinic) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    headers = clinic.client.headers
    for _ in range(20):
        with socket.create_connection((host, int(port))) as line:
            line.sendall(
                f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: {headers['authorization']}\r\n"
                "content-type: application/json\r\ncontent-length: 500\r\n\r\n{".encode()
            )
    answer = httpx.post(
        f"{url}/graphql",
        content=body(QUERY, {"id": clinic.case_id}),
        headers=clinic.therapist.headers,
    )
    assert answer.status_code == 200
