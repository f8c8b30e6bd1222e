"""Documents and plans are kept for the next request, unless they might hold somebody's words."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, extend_schema, parse

from alliance_api.onesql.cache import Document, Documents, Kept
from alliance_api.onesql.limits import Limits
from alliance_api.onesql.plan import Plan
from alliance_api.onesql.refusals import DocumentRefused

from .conftest import Asker
from .library import PREFIXES

ID = "book-00000000-0000-4000-8000-000000000000"


@pytest.fixture
def documents(schema: GraphQLSchema) -> Documents:
    more = parse("""
        extend schema { mutation: Mutation }
        type Mutation { say(words: String, genre: Genre, times: Int): Book }
    """)
    return Documents(extend_schema(schema, more), Limits(), PREFIXES, 3)


def test_the_least_recently_used_is_forgotten_first() -> None:
    kept: Kept[str] = Kept(2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, lambda key=key: key)  # type: ignore[misc]
    assert kept.find("a") == "a"
    assert kept.find("b") is None
    assert len(kept) == 2


def test_a_value_that_could_not_be_made_is_not_kept() -> None:
    kept: Kept[int] = Kept(2)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 5) == 5


def test_a_document_is_parsed_once(documents: Documents) -> None:
    one = documents.load("{ oldest { title } }")
    assert documents.load("{ oldest { title } }") is one
    assert documents.load("{ oldest { title  } }") is not one
    assert len(one.hash) == 64


def test_only_so_many_documents_are_kept(documents: Documents) -> None:
    first = documents.load("{ oldest { a: title } }")
    for alias in "bcd":
        documents.load(f"{{ oldest {{ {alias}: title }} }}")
    assert len(documents) == 3
    assert documents.load("{ oldest { a: title } }") is not first


def test_refused_documents_are_not_kept(documents: Documents) -> None:
    for text in ("{", "{ nothing }", "{ a " * 13 + "}" * 13):
        with pytest.raises(DocumentRefused):
            documents.load(text)
    assert len(documents) == 0


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("{ oldest { title } }", True),
        ("query ($x: String) { shelves(name: $x) { name } }", True),
        (f'{{ node(id: "{ID}") {{ id }} }}', True),
        ('{ shelves(name: "suicidal ideation") { name } }', False),
        ('{ shelves(name: "book-a day in June") { name } }', False),
        ('query ($x: String = "words") { shelves(name: $x) { name } }', False),
        ('{ ...F } fragment F on Query { shelves(name: "words") { name } }', False),
        ("mutation ($x: String) { say(words: $x) { title } }", True),
        ("mutation { say(genre: POETRY, times: 3) { title } }", True),
        ('mutation { say(words: "words") { title } }', False),
        ('mutation { say(words: """words""") { title } }', False),
        (f'mutation {{ say(words: "{ID}") {{ title }} }}', False),
        ('mutation { ...F } fragment F on Mutation { say(words: "words") { title } }', False),
    ],
)  # fmt: skip
def test_a_document_with_words_in_it_is_not_kept(
    documents: Documents, text: str, is_kept: bool
) -> None:
    document = documents.load(text)
    assert document.is_kept is is_kept
    assert len(documents) == is_kept


def test_words_that_everybody_knows_may_be_quoted_in_a_query(documents: Documents) -> None:
    known = Documents(documents.schema, documents.limits, vocabulary={"poetry"})
    assert known.load('{ shelves(name: "poetry") { name } }').is_kept
    assert not known.load('{ shelves(name: "poetry today") { name } }').is_kept
    assert not known.load('mutation { say(words: "poetry") { title } }').is_kept


def test_an_operation_is_found_by_name_or_by_being_the_only_one(documents: Documents) -> None:
    both = documents.load("query A { oldest { id } } query B { oldest { title } }")
    assert both.operation("B").name.value == "B"  # type: ignore[union-attr]
    assert documents.load("{ oldest { id } }").operation() is not None
    assert documents.load("query A { oldest { id } }").operation() is not None
    for name in (None, "C", ""):
        with pytest.raises(GraphQLError) as caught:
            both.operation(name)
        assert caught.value.extensions == {"code": "UNKNOWN_OPERATION"}


# Plans


class Builder:
    """Builds plans, and counts them."""

    def __init__(self, ask: Asker, document: Document, text: str) -> None:
        self.ask, self.document, self.text, self.built = ask, document, text, 0

    def __call__(self, part: str | None = None, **values: Any) -> Plan:
        operation = self.document.operation()
        variables = self.ask.variables(self.text, values)
        selections: Any = operation.selection_set.selections
        nodes = [node for node in selections if node.name.value == part]

        def build() -> Plan:
            self.built += 1
            return self.ask.compile(self.text, variables)

        return self.document.plan(operation, variables, build, part=part, nodes=nodes)


def test_a_plan_serves_all_variables_of_its_shape(documents: Documents, ask: Asker) -> None:
    text = "query ($id: ID!, $n: Int) { node(id: $id) { id } authors(first: $n) { totalCount } }"
    plan = Builder(ask, documents.load(text), text)
    one = plan(id=ID, n=1)
    assert plan(id=ID.replace("0", "1"), n=100) is one
    assert plan(id="author-x", n=1) is not one
    assert plan(id="nonsense", n=1) is not plan(id="author-x", n=1)
    assert plan(id=ID, n=None) is not one
    assert plan(id=ID) is not plan(id=ID, n=None)
    assert plan.built == 5


@pytest.mark.parametrize(
    ("kind", "use", "values"),
    [
        ("Boolean!", "oldest @skip(if: $x) { id }", (True, False)),
        (
            "BookOrder",
            "oldest { author { books(orderBy: $x) { totalCount } } }",
            ("TITLE", "NEWEST"),
        ),
        ("String", "shelves(name: $x) { id }", ("a", None)),
    ],
)
def test_what_decides_the_statement_has_its_own_plan(
    documents: Documents, ask: Asker, kind: str, use: str, values: tuple[Any, Any]
) -> None:
    text = f"query ($x: {kind}) {{ oldest {{ title }} {use} }}"
    plan = Builder(ask, documents.load(text), text)
    assert plan(x=values[0]) is not plan(x=values[1])
    assert plan(x=values[0]) is plan(x=values[0])
    assert plan.built == 2


def test_a_part_is_planned_by_the_variables_it_uses(documents: Documents, ask: Asker) -> None:
    text = """query ($a: Boolean!, $b: Boolean!) {
        oldest @skip(if: $a) { id } library { ...F } }
        fragment F on Library { newest @skip(if: $b) { id } }"""
    plan = Builder(ask, documents.load(text), text)
    assert plan("oldest", a=True, b=True) is plan("oldest", a=True, b=False)
    assert plan("library", a=True, b=True) is plan("library", a=False, b=True)
    assert plan("library", a=True, b=True) is not plan("library", a=True, b=False)
    assert plan.built == 3


def test_the_plan_of_a_document_that_is_not_kept_is_not_kept(
    documents: Documents, ask: Asker
) -> None:
    text = '{ shelves(name: "words") { name } }'
    document = documents.load(text)
    plan = Builder(ask, document, text)
    assert plan() is not plan()
    assert document.cost(document.operation(), ask.variables(text, {})) == 10
    assert len(documents.plans) == len(documents.costs) == 0


def test_no_words_of_a_request_stay_in_the_keys(documents: Documents, ask: Asker) -> None:
    text = "query ($x: String, $y: [ID!]) { shelves(name: $x) { name } oldest { author { books(ids: $y) { totalCount } } } }"
    document = documents.load(text)
    Builder(ask, document, text)(x="book of sorrows", y=["words"])
    document.cost(document.operation(), ask.variables(text, {"x": "book of sorrows"}))
    kept = repr([documents.plans._values.keys(), documents.costs._values.keys()])
    assert "sorrows" not in kept
    assert "words" not in kept
