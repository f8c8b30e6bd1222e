"""Requests that are too large, too deep, too much, or no requests: refused before execution."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import sqlalchemy.exc

from alliance_api.charter.principal import Principal
from alliance_api.graph.http import GraphQLHTTP
from chassis.places import Places
from tests.house import House
from tests.people import Clinic, Person, body


@pytest.fixture(scope="module")
def somebody(house: House) -> Person:
    from tests.people import a_clinic

    return a_clinic(house).therapist


NO_REQUESTS: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b'{"query": "{ viewer',
    "an array": b"[]",
    "a batch": b'[{"query": "{ __typename }"}]',
    "a number": b"7",
    "null": b"null",
    "no query": b"{}",
    "a query that is a number": b'{"query": 7}',
    "NaN": b'{"query": "{ __typename }", "variables": {"x": NaN}}',
    "Infinity": b'{"query": "{ __typename }", "variables": {"x": -Infinity}}',
    "beyond a double": b'{"query": "{ __typename }", "variables": {"x": 1e999}}',
    "a huge integer": b'{"query": "{ __typename }", "variables": {"x": ' + b"9" * 5000 + b"}}",
    "an integer beyond 2**53": b'{"query": "{ __typename }", "variables": {"x": 9007199254740993}}',
    "NUL": b'{"query": "{ __typename }", "variables": {"x": "a\\u0000b"}}',
    "a raw NUL": b'{"query": "{ __typename }", "variables": {"x": "a\x00b"}}',
    "half a surrogate pair": b'{"query": "{ __typename }", "variables": {"x": "\\ud800"}}',
    "a key that is half a pair": b'{"query": "{ __typename }", "variables": {"\\udfff": 1}}',
    "not UTF-8": b'{"query": "\xff\xfe"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ __typename }"}',
    "a key twice": b'{"query": "{ __typename }", "query": "{ viewer { person { id } } }"}',
    "a comment": b'{"query": "{ __typename }" /* hello */}',
    "two objects": b'{"query": "{ __typename }"}{}',
    "variables that are a list": b'{"query": "{ __typename }", "variables": []}',
    "variables that are a text": b'{"query": "{ __typename }", "variables": ""}',
    "variables that are false": b'{"query": "{ __typename }", "variables": false}',
    "variables that are zero": b'{"query": "{ __typename }", "variables": 0}',
    "extensions that are a list": b'{"query": "{ __typename }", "extensions": []}',
    "extensions that are a number": b'{"query": "{ __typename }", "extensions": 1}',
    "a name that is a number": b'{"query": "{ __typename }", "operationName": 7}',
    "an operation that is not there": b'{"query": "{ __typename }", "operationName": "Other"}',
    "deep variables": b'{"query": "{ __typename }", "variables": {"x": '
    + b"[" * 20_000
    + b"]" * 20_000
    + b"}}",
}


@pytest.mark.parametrize("content", NO_REQUESTS.values(), ids=NO_REQUESTS)
def test_what_is_no_request_is_400_with_a_typed_error(somebody: Person, content: bytes) -> None:
    reply = somebody.sends(content)
    assert reply.status == 400, reply.text
    assert set(reply.body) == {"errors"}
    assert reply.error.isupper()


def test_the_name_of_an_operation_that_is_not_there_is_not_repeated(somebody: Person) -> None:
    reply = somebody.sends(b'{"query": "{ __typename }", "operationName": "what I said"}')
    assert (reply.status, reply.error) == (400, "UNKNOWN_OPERATION")
    assert "what I said" not in reply.text


def test_json_a_hundred_thousand_levels_deep(somebody: Person) -> None:
    content = b'{"query": "{ __typename }", "variables": {"x": ' + b"[" * 100_000
    assert somebody.sends(content).status in {400, 413}
    assert somebody.sends(b"[" * 60_000).status == 400


def test_malformed_json_says_where(somebody: Person) -> None:
    error = somebody.sends(b'{\n  "query": nothing}').body["errors"][0]
    assert error["locations"] == [{"line": 2, "column": 12}]


DOCUMENTS: dict[str, tuple[str, str]] = {
    "nothing": ("", "GRAPHQL_PARSE_FAILED"),
    "a brace": ("{", "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ("{ diary }", "GRAPHQL_VALIDATION_FAILED"),
    "an unknown argument": ("{ viewer(of: 1) { person { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    "a variable of an unknown type": (
        "query($x: Nothing) { __typename }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a fragment in a circle": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "half a surrogate pair": ('{ instrument(code: "\\uD800") { code } }', "GRAPHQL_PARSE_FAILED"),
    "a type definition": ("type Query { a: Int }", "GRAPHQL_VALIDATION_FAILED"),
}


@pytest.mark.parametrize(("text", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_that_cannot_be_executed_is_400_with_a_located_error(
    somebody: Person, text: str, code: str
) -> None:
    reply = somebody.asks(text)
    assert (reply.status, reply.error) == (400, code)
    assert reply.body["errors"][0]["locations"][0]["line"] == 1
    assert "data" not in reply.body


def fields(count: int, text: str = "id") -> str:
    return " ".join([text] * count)


def nested(levels: int) -> str:
    """Return sessions of cases of sessions ...: a cycle of the schema, walked."""
    inner = "id"
    for _ in range(levels):
        inner = f"movedFrom {{ {inner} }}"
    return f"query($id: ID!) {{ node(id: $id) {{ ... on Session {{ {inner} }} }} }}"


TOO_MUCH: dict[str, tuple[str, str]] = {
    "deep": (nested(40), "TOO_DEEP"),
    "deeper than the parser": (nested(1_500), "TOO_DEEP"),
    "costly": (
        (
            "{ caseload(first: 100) { nodes { sessions(first: 100) { nodes { id } } "
            "measurements(first: 100) { nodes { id } } } } }"
        ),
        "TOO_COSTLY",
    ),
    "wide": (
        "{ " + " ".join("viewer { person { id } }" for _ in range(11)) + " }",
        "TOO_MANY_FIELDS",
    ),
    "aliases": (
        "{ viewer { " + " ".join(f"a{n}: person {{ id }}" for n in range(31)) + " } }",
        "TOO_MANY_ALIASES",
    ),
    "directives": ("{ __typename " + "@include(if: true) " * 21 + "}", "TOO_MANY_DIRECTIVES"),
    "tokens": ("{ viewer { person { " + fields(1_100) + " } } }", "TOO_LONG"),
    "introspection in a circle": (
        "{ __schema { types { " + "fields { type { " * 12 + "name" + " } }" * 12 + " } } }",
        "TOO_DEEP",
    ),
    "a bomb of fragments": (
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
        + " fragment F40 on Query { viewer { person { id } } }",
        "TOO_MANY_FIELDS",
    ),
    "a bomb of aliases": (
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
        + " fragment F30 on Query { a: viewer { b: person { id } } }",
        "TOO_MANY_ALIASES",
    ),
}


@pytest.mark.parametrize(("text", "code"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_is_refused_before_execution(somebody: Person, text: str, code: str) -> None:
    before = somebody.house.counts()
    reply = somebody.asks(text, id="session-00000000-0000-7000-8000-000000000000")
    assert reply.status == 400, reply.text
    assert code in {error["extensions"]["code"] for error in reply.body["errors"]}
    assert somebody.house.counts() == before, "nothing was read, so the ledger says nothing"


def test_cost_multiplies_by_first_also_from_a_variable(somebody: Person) -> None:
    text = (
        "query($n: Int) { caseload(first: $n) { nodes { sessions(first: $n) { nodes { id } } } } }"
    )
    assert somebody.asks(text, n=10).status == 200
    reply = somebody.asks(text, n=100)
    assert (reply.status, reply.error) == (400, "TOO_COSTLY")
    small, large = (
        somebody.asks(text, n=n).body["extensions"]["cost"]["requested"] for n in (10, 20)
    )
    assert large > 3 * small


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("name", ["first", "last"])
def test_a_page_has_1_to_100_places(somebody: Person, first: int, name: str) -> None:
    text = f"query($n: Int) {{ caseload({name}: $n) {{ totalCount nodes {{ id }} }} }}"
    reply = somebody.asks(text, n=first)
    assert (reply.status, reply.error) == (400, "ARGUMENT_OUT_OF_RANGE")


@pytest.mark.parametrize("size", [65_537, 1_000_000])
def test_a_body_too_large_is_413(somebody: Person, size: int) -> None:
    content = body("{ __typename }", {"x": "x"})
    reply = somebody.sends(content + b" " * (size - len(content)))
    assert (reply.status, reply.error) == (413, "BODY_TOO_LARGE")


def test_the_largest_body_is_read(somebody: Person) -> None:
    content = body("{ __typename }", {})
    assert somebody.sends(content + b" " * (65_536 - len(content))).status == 200


def test_a_text_of_a_megabyte_never_reaches_a_verb(clinic: Clinic) -> None:
    reply = clinic.client.does("proposeGoal", "", case=clinic.case_id, wording="x" * 1_000_000)
    assert reply.status == 413


@pytest.mark.parametrize("media", ["text/plain", "application/graphql", "", "multipart/form-data"])
def test_another_media_type_is_415(somebody: Person, media: str) -> None:
    headers = {**somebody.headers, "content-type": media}
    reply = somebody.house.post(body("{ __typename }", {}), headers)
    assert (reply.status, reply.error) == (415, "UNSUPPORTED_MEDIA_TYPE")


NUL = '{ instrument(code: "a\\u0000b") { code } }'


def test_nul_in_a_document_is_400(somebody: Person) -> None:
    assert somebody.asks(NUL).status == 400
    text = "query($c: String!) { instrument(code: $c) { code } }"
    assert somebody.asks(text, c="a\0b").status == 400


def test_a_subscription_is_refused(somebody: Person) -> None:
    assert somebody.asks("subscription { __typename }").status == 400


CURSORS = [
    "",
    "x",
    "💔",
    "AAAA",
    "W10=",
    "e30=",
    "bnVsbA==",
    "WyI4NWZmMDhlMiJd",
    "WyI4NWZmMDhlMiIsIDEsIDJd",
    "WyI4NWZmMDhlMiIsICJub3ciLCAiYSJd",
    "A" * 20_000,
]


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_cursor_of_somebody_elses_making_is_400(somebody: Person, name: str, cursor: str) -> None:
    text = f"query($c: String) {{ caseload({name}: $c) {{ nodes {{ id }} }} }}"
    reply = somebody.asks(text, c=cursor)
    assert (reply.status, reply.error) == (400, "BAD_CURSOR")
    assert cursor == "" or cursor not in reply.text or len(cursor) == 1


KEYS = [
    ["infinity", None],
    ["-infinity", None],
    ["0001-01-01", None],
    ["9999-12-31", None],
    ["2026-02-30", None],
    ["2026-01-01; DROP TABLE cases", None],
    ["2026-01-01", "x"],
    ["2026-01-01", "' OR true --"],
    ["2026-01-01", "{01a20612-e23e-73cb-beef-7b3903892681}"],
    ["2026-01-01", "a\0b"],
    ["1e999", None],
]


@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_a_cursor_with_other_keys_in_it_finds_nothing_or_is_400(
    clinic: Clinic, keys: list[str | None]
) -> None:
    import base64

    page = clinic.therapist.reads("{ caseload { pageInfo { endCursor } } }")["caseload"]
    tag, _, last = json.loads(base64.b64decode(page["pageInfo"]["endCursor"]))
    spelled = json.dumps([tag, keys[0], keys[1] or last]).encode()
    text = "query($c: String) { caseload(after: $c) { nodes { id } } }"
    reply = clinic.therapist.asks(text, c=base64.b64encode(spelled).decode())
    assert reply.status in {200, 400}, reply.text
    if reply.status == 400:
        assert reply.error == "BAD_CURSOR"


def test_a_cursor_of_another_person_shows_nothing_of_theirs(clinic: Clinic, house: House) -> None:
    from tests.people import a_clinic

    other = a_clinic(house)
    cursor = other.therapist.reads("{ caseload { edges { cursor } } }")["caseload"]["edges"][0]
    text = "query($c: String) { caseload(before: $c) { nodes { id } } }"
    nodes = clinic.therapist.reads(text, c=cursor["cursor"])["caseload"]["nodes"]
    assert {node["id"] for node in nodes} <= {clinic.case_id}


IDS = [
    "case",
    "organisation-{}",
    "signal-{}",
    "reading-{}",
    "nothing-{}",
    "case-{}x",
    "case-{}\n",
    "",
    "💔",
    "x" * 30_000,
]


@pytest.mark.parametrize("text", IDS)
def test_ids_that_are_none_find_nothing(clinic: Clinic, text: str) -> None:
    given = text.format(clinic.case)
    for root in ("node", "case"):
        reply = clinic.therapist.asks(f"query($id: ID!) {{ {root}(id: $id) {{ id }} }}", id=given)
        assert reply.data == {root: None}
    number = clinic.therapist.asks("query($id: ID!) { node(id: $id) { id } }", id=4711)
    assert number.data == {"node": None}


def test_every_answer_carries_the_headers_of_the_house(somebody: Person) -> None:
    for reply in (
        somebody.asks("{ __typename }"),
        somebody.asks("{"),
        somebody.sends(b"x" * 70_000),
        somebody.house.post(b"", {}),
    ):
        headers = reply.response.headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"].startswith("application/json")


def test_a_pool_that_is_exhausted_is_no_fault_of_the_request() -> None:
    class Busy:
        async def __call__(self, *_: object) -> Principal:
            raise sqlalchemy.exc.TimeoutError

        async def still(self, _: str) -> bool:
            return True

    executor: Any = None
    app = GraphQLHTTP(executor, Busy(), Places(500, 20))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/graphql", json={"query": "{ viewer { person { id } } }"})

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
