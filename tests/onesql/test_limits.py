"""Limits hold for documents made to slip through them, and finding out costs linear work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse
from graphql.language import FragmentDefinitionNode

from alliance_api.onesql.cache import Documents
from alliance_api.onesql.costs import Costs
from alliance_api.onesql.limits import Limits, Sizes, check_size
from alliance_api.onesql.refusals import DocumentRefused

from .conftest import Asker
from .library import PREFIXES, make_schema

WIDE = Limits(tokens=100_000)


def errors_of(text: str, limits: Limits = WIDE) -> dict[str, tuple[Any, Any]]:
    found = {}
    for error in check_size(parse(text), limits):
        assert error.extensions
        found[error.extensions["code"]] = (error.extensions["limit"], error.extensions["found"])
        assert str(error.extensions["found"]) in error.message
    return found


def nested(levels: int) -> str:
    return "{ a " * levels + "}" * levels


def bomb(size: int) -> str:
    """Return fragments that each open the next one twice."""
    parts = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(size)]
    return "\n".join(["{ ...F0 }", *parts, f"fragment F{size} on Query {{ a }}"])


def dense(size: int) -> str:
    """Return fragments below fields, each opened by all before it, up to a fixed width."""
    parts = [
        f"fragment F{i} on Query {{ a {{ {' '.join(f'...F{j}' for j in range(i + 1, min(i + 6, size)))} b }} }}"
        for i in range(size)
    ]
    return "\n".join(["{ ...F0 }", *parts])


FAMILIES: dict[str, Callable[[int], str]] = {
    "fragments that double": bomb,
    "fragments that open the next five": dense,
    "fragments in a circle": lambda n: (
        "{ ...F0 }\n"
        + "\n".join(
            f"fragment F{i} on Query {{ a {{ ...F{(i + 1) % n} ...F{(i * 7) % n} }} }}"
            for i in range(n)
        )
    ),
    "a chain of fragments": lambda n: (
        "{ ...F0 }\n" + "\n".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(n))
    ),
    "operations that share fragments": lambda n: (
        bomb(n) + "\n" + "\n".join(f"query Q{i} {{ ...F0 }}" for i in range(n))
    ),
    "aliases": lambda n: "{" + " ".join(f"a{i}: a" for i in range(n)) + "}",
    "directives": lambda n: "{ a " + "@skip(if: false) " * n + "}",
    "deep": lambda n: nested(n // 8),
    "wide": lambda n: "{ " + "a { b } " * n + "}",
    "inline fragments": lambda n: "{ " + "... { " * (n // 8) + "a" + " }" * (n // 8) + " }",
}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_the_work_of_measuring_is_linear_in_the_document(family: Callable[[int], str]) -> None:
    def visits(size: int) -> int:
        return Sizes(parse(family(size))).visits

    for size in (100, 200, 400):
        assert visits(2 * size) / visits(size) <= 2.3


def test_a_document_within_all_limits_has_no_errors() -> None:
    assert errors_of("{ a { b @skip(if: true) c: d ...F } } fragment F on X { e }") == {}


def test_depth_counts_fields_through_fragments() -> None:
    assert errors_of(nested(12)) == {}
    assert errors_of(nested(13)) == {"TOO_DEEP": (12, 13)}
    below = "{ a { b { ...F } } } fragment F on X " + nested(11)
    assert errors_of(below) == {"TOO_DEEP": (12, 13)}
    assert errors_of("{ ... { ... on X { ...F } } } fragment F on X " + nested(12)) == {}


def test_introspection_may_go_deeper_but_not_forever() -> None:
    assert errors_of("{ __schema " + nested(19) + "}") == {}
    assert errors_of("{ __type(name: 1) " + nested(20) + "}") == {"TOO_DEEP": (20, 21)}
    below = "{ __schema { ...F } } fragment F on X "
    assert errors_of(below + nested(19)) == {}
    assert errors_of(below + nested(20)) == {"TOO_DEEP": (20, 21)}


def test_aliases_cannot_hide_in_fragments() -> None:
    flood = (
        "{ ...F ...F ...F ...F } fragment F on X {" + " ".join(f"a{i}: a" for i in range(8)) + "}"
    )
    assert errors_of(flood) == {"TOO_MANY_ALIASES": (30, 32), "TOO_MANY_FIELDS": (10, 32)}


def test_directives_count_wherever_they_stand() -> None:
    text = (
        "query ($v: Int @a) @a { x @a @a ... @a { x } ...F @a } fragment F on X @a { x @a }"
        " fragment Unused on X { x " + "@b " * 13 + "}"
    )
    assert errors_of(text) == {"TOO_MANY_DIRECTIVES": (20, 21)}


def test_root_fields_count_through_fragments() -> None:
    ten = " ".join(f"f{i}" for i in range(10))
    assert errors_of(f"{{ {ten} }}") == {}
    assert errors_of(f"{{ ...F ... {{ x }} }} fragment F on Q {{ {ten} }}") == {
        "TOO_MANY_FIELDS": (10, 11)
    }


def test_fields_count_as_often_as_they_are_opened() -> None:
    found = errors_of("{ a { ...F0 } } " + bomb(10).partition("\n")[2])
    assert found == {}
    assert errors_of("{ a { ...F0 } } " + bomb(11).partition("\n")[2]) == {
        "TOO_MANY_FIELDS": (2000, 2049)
    }
    assert errors_of("{ a { ...F0 } } " + bomb(5000).partition("\n")[2]) == {
        "TOO_MANY_FIELDS": (2000, 10**9)
    }


def test_the_largest_operation_counts() -> None:
    assert errors_of("query A { a } query B " + nested(13)) == {"TOO_DEEP": (12, 13)}


@pytest.mark.parametrize(
    "text",
    [
        "{ ...Missing a { ...Missing } }",
        "{ ...F } fragment F on X { ...F }",
        "{ ...F } fragment F on X { a { ...G } } fragment G on X { b { ...F } }",
        "{ ...F } fragment F on X { a } fragment F on Y { b }",
        "type Query { a: Int }",
        "fragment F on X { ...F }",
    ],
)
def test_documents_that_validation_will_refuse_are_measured(text: str) -> None:
    assert errors_of(text) == {}


# Before and after parsing


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents(make_schema(), Limits(), PREFIXES, 10)


def refused(documents: Documents, text: str) -> list[tuple[str, str]]:
    with pytest.raises(DocumentRefused) as caught:
        documents.load(text)
    assert str(caught.value)
    return [(e.extensions["code"], e.message) for e in caught.value.errors if e.extensions]


def codes(documents: Documents, text: str) -> list[str]:
    return [code for code, _ in refused(documents, text)]


def test_a_document_of_too_many_tokens_is_not_read_to_its_end(documents: Documents) -> None:
    assert codes(documents, "{ " + "a " * 999 + "}") == ["TOO_LONG"]
    assert codes(documents, "#\n" * 1_001 + "{ a }") == ["TOO_LONG"]
    assert codes(documents, "{ a(x: " + "[" * 990) == ["TOO_DEEP"]


@pytest.mark.parametrize(
    "text",
    [
        "{" * 400,
        nested(300),
        "{ a(x: " + "[" * 400 + "]" * 400 + ") }",
        "{ a(x: " + "{b: " * 200 + "1" + "}" * 200 + ") }",
        "query ($x: " + "[" * 400 + "Int" + "]" * 400 + ") { a(x: $x) }",
        "{ ...F0 }" + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(120)),
        "{ ...F0 }"
        + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(110))
        + "fragment F110 on Query { ...F0 }",
        "\ud800",
        '{ a(x: "\0") }',
    ],
)
def test_hostile_documents_are_refused_and_nothing_breaks(documents: Documents, text: str) -> None:
    assert codes(documents, text)


def test_errors_have_places_and_make_no_suggestions(documents: Documents) -> None:
    with pytest.raises(DocumentRefused) as caught:
        documents.load("{ oldest { titel } }")
    [error] = caught.value.errors
    assert error.locations
    assert (error.locations[0].line, error.locations[0].column) == (1, 12)
    assert error.extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "mean" not in error.message


def test_limits_are_checked_before_validation(documents: Documents) -> None:
    assert codes(documents, nested(13)) == ["TOO_DEEP"]


# The cost


def cost(ask: Asker, text: str, **values: Any) -> int:
    return counted(ask, text, **values)[0]


def counted(ask: Asker, text: str, **values: Any) -> tuple[int, int]:
    document = parse(text)
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    costs = Costs(ask.schema, fragments, ask.variables(text, values))
    return costs.of(operation), costs.visits


def test_the_cost_is_the_number_of_objects_that_could_be_returned(ask: Asker) -> None:
    assert cost(ask, "{ __typename }") == 0
    assert cost(ask, "{ oldest { title author { name } } }") == 2
    assert cost(ask, "{ authors(first: 7) { totalCount nodes { name } } }") == 1 + 7
    assert (
        cost(ask, "{ authors(last: 7) { edges { node { name } } pageInfo { endCursor } } }") == 16
    )
    assert cost(ask, "{ authors { nodes { name } } }") == 1 + 25
    assert cost(ask, "{ shelves { name } }") == 10
    assert cost(ask, "{ works { __typename } }") == 5
    assert cost(ask, "{ works(limit: null) { __typename } }") == 10
    assert cost(ask, "{ oldest { chapters(limit: null) { number } } }") == 1 + 3


def test_the_cost_multiplies(ask: Asker) -> None:
    text = "{ authors(first: 100) { nodes { books(first: 100) { nodes { title } } } } }"
    assert cost(ask, text) == 1 + 100 * (1 + 1 + 100)


def test_the_cost_goes_by_the_variables(ask: Asker) -> None:
    text = """query ($n: Int = 3, $go: Boolean = true) {
        authors(first: $n) { nodes { friend @include(if: $go) { name } } } }"""
    assert cost(ask, text) == 1 + 3 * 2
    assert cost(ask, text, n=50) == 1 + 50 * 2
    assert cost(ask, text, n=None, go=False) == 1 + 25
    assert cost(ask, text, n=2_000_000_000) == 1 + 100 * 2


def test_the_cost_of_several_types_is_that_of_the_dearest(ask: Asker) -> None:
    text = """{ works(limit: 10) { ... on Review { stars } ...F ... on Node { id } } }
        fragment F on Book { author { name } shelf { name } }"""
    assert cost(ask, text) == 10 * (1 + 2)


def test_fragments_cost_what_they_hold_wherever_they_are_spread(ask: Asker) -> None:
    text = """{ authors(first: 2) { ...C } more: authors(first: 20) { ...C } }
        fragment C on AuthorConnection { nodes { name } }"""
    assert cost(ask, text) == 2 + 22


def test_the_work_of_costing_is_linear_in_the_document(ask: Asker) -> None:
    def chain(size: int) -> str:
        parts = [
            f"fragment F{i} on Author {{ friend {{ ...F{i + 1} ...F{i + 1} }} ...F{i + 1} }}"
            for i in range(size)
        ]
        start = "{ authors(first: 100) { nodes { ...F0 } } }"
        return "\n".join([start, *parts, f"fragment F{size} on Author {{ friend {{ name }} }}"])

    for size in (10, 20, 40):
        assert counted(ask, chain(2 * size))[1] / counted(ask, chain(size))[1] <= 2.3
    assert cost(ask, chain(80)) == 10**9


def test_what_costs_too_much_is_refused_with_its_numbers(documents: Documents, ask: Asker) -> None:
    text = """query ($n: Int) {
        authors(first: 100) { nodes { books(first: $n) { nodes { title } } } } }"""
    document = documents.load(text)
    operation = document.operation()
    assert document.cost(operation, ask.variables(text, {"n": 10})) == 1_201
    with pytest.raises(GraphQLError) as caught:
        document.cost(operation, ask.variables(text, {"n": 100}))
    error = caught.value
    assert error.extensions == {"code": "TOO_COSTLY", "limit": 10_000, "found": 10_201}
    assert "10201" in error.message
    assert error.locations
    assert document.cost(operation, ask.variables(text, {})) == 2_701
