"""Any variables for any mutation: a typed answer, and never a failure inside."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alliance_api.graph.schema import schema
from tests.builders import a_case
from tests.house import House
from tests.people import CHANGED, Clinic, a_clinic

from .verbs import MUTATIONS

EXAMPLES = 25


@pytest.fixture(scope="module")
def clinic(house: House) -> Clinic:
    found = a_clinic(house)
    story = a_case(found).with_sessions("k . .").with_ratings(client="3")
    story.with_goals("Sleep").with_commitments("Call").asked("client", 1)
    found.known = [
        found.case_id,
        found.client.id,
        found.therapist.id,
        *story.sessions,
        *story.measurements["client"],
        *story.goals,
        *story.commitments,
        *story.occasions,
    ]
    return found


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
INSTANTS = st.datetimes().map(lambda at: at.isoformat() + "Z") | st.sampled_from(
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1900-01-01T00:00:00+14:00",
        "2199-12-31T23:59:59-14:00",
        "2026-11-30T10:00:00",
        "2026-11-30T10:00:00.999999+00:00",
        "infinity",
    ]
)
INTEGERS = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([-3, -2, 0, 1, 2, 3, 32_768])
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-1, 6)
TEXTS = st.text(max_size=50) | st.sampled_from(
    ["alliance-check-in", "wai-sr-c", "Europe/Berlin", "x" * 2001, "\ud800", "\0", " "]
)


def of(kind: Any, known: list[str]) -> st.SearchStrategy[Any]:
    """Return values of a GraphQL type, as good as they can be without knowing what they mean."""
    match kind:
        case GraphQLNonNull():
            return of(kind.of_type, known)
        case GraphQLList():
            return st.lists(of(kind.of_type, known), max_size=14)
        case GraphQLEnumType():
            return st.sampled_from(sorted(kind.values))
        case GraphQLInputObjectType():
            return inputs(kind, known)
        case GraphQLScalarType():
            scalars = {
                "ID": st.sampled_from(known) | TEXTS,
                "Int": INTEGERS,
                "Float": FLOATS,
                "Boolean": st.booleans(),
                "DateTime": INSTANTS,
            }
            return scalars.get(kind.name, INSTANTS if "nstant" in kind.name else TEXTS)
    raise AssertionError(kind)


def inputs(kind: GraphQLInputObjectType, known: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    must = {
        n: of(f.type, known) for n, f in kind.fields.items() if isinstance(f.type, GraphQLNonNull)
    }
    may = {
        name: of(found.type, known) | st.none()
        for name, found in kind.fields.items()
        if name not in must
    }
    return st.fixed_dictionaries(must, optional=may)


def check(clinic: Clinic, who: str, mutation: str, sent: Any) -> None:
    """Whatever was sent: 200 with typed problems or with what changed, or 400 with typed errors."""
    kind = mutation[0].upper() + mutation[1:]
    text = (
        f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ "
        f"{CHANGED[mutation]} {{ id }} problems {{ code message field }} }} }}"
    )
    reply = clinic.people[who].asks(text, input=sent)
    assert reply.status in {200, 400, 413}, (reply.status, reply.text)
    if reply.status != 200:
        assert all(error["extensions"]["code"].isupper() for error in reply.body["errors"])
        return
    payload = reply.data[mutation]
    assert (payload[CHANGED[mutation]] is None) == bool(payload["problems"])
    for problem in payload["problems"]:
        assert problem["code"].isupper()
        assert problem["message"]


PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_variables_of_the_right_types(clinic: Clinic, mutation: str) -> None:
    root = schema().mutation_type
    assert root
    kind = root.fields[mutation].args["input"].type

    @PROFILE
    @given(sent=of(kind, clinic.known), who=st.sampled_from(["client", "therapist", "manager"]))
    def fuzz(sent: Any, who: str) -> None:
        check(clinic, who, mutation, sent)

    fuzz()


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_variables_of_any_types(clinic: Clinic, mutation: str) -> None:
    root = schema().mutation_type
    assert root
    kind: Any = root.fields[mutation].args["input"].type
    names = sorted(kind.of_type.fields)

    @PROFILE
    @given(sent=st.dictionaries(st.sampled_from(names), ANYTHING) | ANYTHING)
    def fuzz(sent: Any) -> None:
        check(clinic, "therapist", mutation, sent)

    fuzz()


QUERIES = {
    "node": "query($x: ID!) { node(id: $x) { id } }",
    "case": "query($x: ID!) { case(id: $x) { id } }",
    "instrument": "query($x: String!) { instrument(code: $x) { code } }",
    "after": "query($x: String) { caseload(after: $x) { nodes { id } } }",
    "first": "query($x: Int) { caseload(first: $x) { nodes { id } } }",
    "status": "query($x: CaseStatus) { caseload(status: $x) { nodes { id } } }",
}


@pytest.mark.parametrize("text", QUERIES.values(), ids=QUERIES)
def test_arguments_of_any_types(clinic: Clinic, text: str) -> None:
    @PROFILE
    @given(sent=ANYTHING | TEXTS | INTEGERS)
    def fuzz(sent: Any) -> None:
        reply = clinic.therapist.asks(text, x=sent)
        assert reply.status in {200, 400}, (reply.status, reply.text)

    fuzz()
