"""One small document for each thing onesql can do, so that what broke has a name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import parse, validate

from alliance_api.onesql.arguments import Argument
from alliance_api.onesql.compiler import Compiler
from alliance_api.onesql.rows import object_type

from .conftest import Asker
from .library import BY_TITLE, HOST
from .pages import BY_NAME, cursor_of
from .pages import BY_TITLE as TITLE_KEYS
from .resolvers import Plain
from .test_conformance import answer, letter, written

EXAMPLES: dict[str, str] = {
    "scalars are printed as graphql-core prints them": """
        { works(limit: 50) { ... on Book {
            title pages price inPrint published bought reading isbn genre } } }""",
    "enums stored as another word have their GraphQL name": """
        { authors { nodes { moods latestBook { mood } } } }""",
    "lists keep their order, their nulls and their emptiness": """
        { authors { nodes { nicknames favourites seen awards } } }""",
    "a null in a list that may hold none takes the list with it": """
        { works(limit: 80) { ... on Book { title tags } } }""",
    "a row that may be absent is null": """
        { works(limit: 50) { ... on Book { shelf { name } } ... on Review { critic { name } } } }""",
    "a row that must be there takes its parent with it": """
        { authors { edges { cursor node { friend { mentor { mentor { name } } } } } } }""",
    "a missing value at the top makes the data null": """
        { works { ... on Book { mainWork { __typename } } } library { newest { mainWork {
            ... on Book { mainWork { ... on Book { mainWork { __typename } } } } } } } }""",
    "the first row of an order is one row": """
        { oldest { title } library { newest { added: published author { latestBook(genre: POETRY) {
            title chapters { title } } } } } }""",
    "a list may be filtered": '{ shelves(name: "it\'s") { name } all: shelves { name } }',
    "a filter may follow from another argument where its own is not given": """
        { shelvesLike(name: "so long") { name } all: shelvesLike(name: "", long: 99) { name }
          none: shelvesLike(name: "so long", long: 0) { name }
          null: shelvesLike(name: "so long", long: null) { name } }""",
    "a list may be limited, by default or by the caller": """
        { works(limit: 9) { ... on Book { chapters { number } two: chapters(limit: 2) { number }
            all: chapters(limit: null) { number } } } }""",
    "the last rows of a list stand in its order, and no rows are what the source says": """
        { works(limit: 50) { ... on Book { lastChapters(limit: 2) { number } } } }""",
    "a companion may be absent": """
        { works(limit: 50) { ... on Book { coverColour coverNote } } }""",
    "a companion that must be there takes its book with it": """
        { authors { nodes { books { nodes { title coverPixels } } } } }""",
    "an expression uses its arguments, their defaults and their nulls": """
        { authors(first: 3) { nodes { greeting loud: greeting(loud: true, times: 2, word: "{}")
            stats { count genre } } } library { motto(suffix: "'") bare: motto } }""",
    "an object made of the same row hands its arguments down, unless they are declared again": """
        { authors { nodes { stats(genre: POETRY) { genre count again { genre count }
            books(limit: 2) { genre } booksOf(genre: FICTION) { genre } free: booksOf { genre }
        } } } }""",
    "an object made of the same row may say which columns are meant": """
        { works(limit: 20) { ... on Book { byPages { value coverValue called again { value called } }
            byLength { value coverValue called } } } }""",
    "a value may be the host's own": "{ library { today opened motto } }",
    "a list may begin later": """
        { works(limit: 9) { ... on Book { chapters(skip: 1) { number } all: chapters(limit: null,
            skip: 2) { number } none: chapters(limit: 5, skip: 1000000) { number }
            whole: chapters(skip: null) { number } first: chapters(skip: 0) { number } } } }""",
    "an object made of the same row may be null": """
        { authors { nodes { profile { motto website author { id } } } } }""",
    "a union is whichever member has a row": """
        { works(limit: 50) { ... on Book { topic { __typename ... on Author { name }
            ... on Shelf { title: name } } } } }""",
    "a list of several types is one list in one order": """
        { works(limit: 20) { __typename ... on Book { title } ... on Review { stars } }
          authors { nodes { works { __typename ... on Node { id } } } } }""",
    "an id that nothing has is null": """
        { node(id: "book-x") { id } none: node(id: "nonsense") { id } maybe { id }
          gone: book(id: "author-00000000-0000-4000-8000-000000000000") { id } }""",
    "a connection has edges, nodes, a count and page info": """
        { authors(first: 4) { edges { cursor node { name } } nodes { name } totalCount pageInfo {
            hasNextPage hasPreviousPage startCursor endCursor } } }""",
    "a connection may be asked for its count alone": """
        { authors { totalCount } none: authors(name: "nobody") { totalCount __typename } }""",
    "an empty page has no cursors": """
        { authors(name: "nobody") { edges { cursor } nodes { id } totalCount pageInfo {
            hasNextPage hasPreviousPage startCursor endCursor } } }""",
    "the last rows of a connection stand in its order": """
        { authors(last: 3) { nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor } } }""",
    "a connection without a size has a page of twenty-five": """
        { shelves { books { nodes { title } pageInfo { hasNextPage } totalCount } } }""",
    "a connection is ordered as asked": """
        { authors { nodes { books { nodes { title } } new: books(orderBy: NEWEST) { nodes { id } }
            long: books(orderBy: LONGEST, first: 2) { nodes { price } } } } }""",
    "a connection may be filtered, and counts what it filters": """
        { authors { nodes { books(genre: POETRY, search: "a", first: 1) { totalCount nodes {
            title } } } } }""",
    "joins go by the tenant, since numbers are not unique between tenants": """
        { shelves { name bookCount books { totalCount nodes { shelf { name } } } } }""",
    "a field under two names is two fields": """
        { a: oldest { title } b: oldest { id } oldest { x: title y: title } }""",
    "a field named twice is one field with both selections": """
        { oldest { author { name } title author { id books { totalCount } } }
          oldest { genre author { books { totalCount nodes { title } } } } }""",
    "fragments are opened, merged, and only where their type applies": """
        { works(limit: 9) { ...A ... on Titled { title } ...A ... on Node { id ...A } } }
        fragment A on Work { __typename ... on Review { book { ...B } } ... on Book { ...B } }
        fragment B on Book { title author { name } ...C }
        fragment C on Node { id ... on Book { author { id } } ... on Shelf { name } }""",
    "what the host opens is opened at its place, and is null where it is null": """
        { authors { nodes { name diary friend { diary } oath } }
          works(limit: 50) { ... on Book { coverSecret coverColour } } }""",
    "what does not open is null at the nearest place that may be": """
        { authors { edges { cursor node { friend { oath } mentor { oath } } } } }""",
    "a selection of nothing is an empty object": "{ oldest { } authors { nodes { } edges { } } }",
    "every object knows its type": """
        { __typename oldest { __typename } authors { __typename edges { __typename node {
            __typename } } pageInfo { __typename } } library { __typename } }""",
}


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_example(ask: Asker, plain: Plain, text: str) -> None:
    assert_conforms(ask, plain, text)


def assert_conforms(ask: Asker, plain: Plain, text: str, **values: Any) -> Any:
    assert validate(ask.schema, parse(text)) == []
    variables = ask.variables(text, values)
    body, _ = ask.run(ask.compile(text, variables), variables)
    expected = plain.execute(parse(text), values)
    assert answer(body) == letter(expected)
    return json.loads(written(expected.data))


def test_a_document_is_one_statement_however_much_it_returns(ask: Asker) -> None:
    before = ask.statements
    ask.data("{ authors { nodes { books { nodes { author { books { totalCount } } } } } } }")
    assert ask.statements == before + 1


def test_what_the_host_says_is_asked_for_at_each_request(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "{ library { today opened } }"
    variables = ask.variables(text, {})
    plan = ask.compile(text, variables)
    for today, opened in (("Monday", True), ("\u202e\"{}'", False), ("", None)):
        monkeypatch.setitem(HOST, "today", today)
        monkeypatch.setitem(HOST, "opened", opened)
        found = ask.answer(plan, variables)["data"]["library"]
        assert found == {"today": today, "opened": opened}


def test_a_page_follows_another_until_there_are_no_more(ask: Asker, plain: Plain) -> None:
    text = """query ($after: String) { authors(first: 5, after: $after) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    seen: list[str] = []
    after = None
    for _ in range(9):
        page = assert_conforms(ask, plain, text, after=after)["authors"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == len(plain.rows["authors"])


def test_a_page_precedes_another_until_there_are_no_more(ask: Asker, plain: Plain) -> None:
    text = """query ($before: String) { authors(last: 5, before: $before) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor } } }"""
    seen: list[str] = []
    before = None
    for _ in range(9):
        page = assert_conforms(ask, plain, text, before=before)["authors"]
        seen = [node["id"] for node in page["nodes"]] + seen
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert len(seen) == len(set(seen)) == len(plain.rows["authors"])


def test_a_page_may_lie_between_two_cursors(ask: Asker, plain: Plain) -> None:
    rows = sorted(plain.rows["authors"], key=lambda row: (row["name"], row["id"]))
    text = """query ($a: String, $b: String, $n: Int) {
        front: authors(first: $n, after: $a, before: $b) { nodes { id } pageInfo { hasNextPage } }
        back: authors(last: $n, after: $a, before: $b) { nodes { id } pageInfo { hasNextPage } }
        all: authors(before: $b) { nodes { id } pageInfo { hasPreviousPage hasNextPage } } }"""
    a, b = (cursor_of("authors", rows[index], BY_NAME) for index in (2, 8))
    data = assert_conforms(ask, plain, text, a=a, b=b, n=3)
    assert [node["id"][7:] for node in data["front"]["nodes"]] == [str(r["id"]) for r in rows[3:6]]
    assert [node["id"][7:] for node in data["back"]["nodes"]] == [str(r["id"]) for r in rows[5:8]]


def test_every_member_of_an_interface_is_found_by_its_id(ask: Asker, plain: Plain) -> None:
    text = """query ($id: ID!) { node(id: $id) { __typename id ... on Author { name }
        ... on Book { title } ... on Review { text } ... on Shelf { name } } }"""
    for row in plain.by_id.values():
        data = assert_conforms(ask, plain, text, id=f"{row['_type'].lower()}-{row['id']}")
        assert data["node"]["__typename"] == row["_type"]


def test_skipped_fields_are_not_in_the_statement(ask: Asker) -> None:
    text = """query ($no: Boolean!) { oldest { title @skip(if: $no) id
        ... @include(if: $no) { genre } ...F @skip(if: $no) } } fragment F on Book { pages }"""
    plan = ask.compile(text, ask.variables(text, {"no": True}))
    assert '"title"' not in plan.sql
    assert '"pages"' not in plan.sql
    assert list(ask.data(text, no=True)["oldest"]) == ["id", "genre"]
    assert list(ask.data(text, no=False)["oldest"]) == ["title", "id", "pages"]


@pytest.mark.parametrize("values", [{}, {"word": None}, {"word": "it's"}])
@pytest.mark.parametrize("kind", ["String", 'String = "x"'])
def test_a_variable_may_be_absent_null_or_given(
    ask: Asker, plain: Plain, kind: str, values: dict[str, Any]
) -> None:
    text = f"query (${'word'}: {kind}) {{ authors {{ nodes {{ greeting(word: $word) }} }} }}"
    assert_conforms(ask, plain, text, **values)


def test_a_list_may_hold_variables(ask: Asker, plain: Plain) -> None:
    ids = [f"book-{row['id']}" for row in plain.rows["books"]]
    text = """query ($a: ID!, $b: ID!) { authors { nodes { books(ids: [$a, $b, "x"]) {
        nodes { id } } } } }"""
    variables = [ask.variables(text, {"a": a, "b": b}) for a, b in (ids[:2], ids[5:7])]
    plan = ask.compile(text, variables[0])
    found = [
        {node["id"] for author in authors for node in author["books"]["nodes"]}
        for authors in (ask.answer(plan, given)["data"]["authors"]["nodes"] for given in variables)
    ]
    assert found == [set(ids[:2]), set(ids[5:7])]


def test_an_object_may_stand_for_a_field_that_other_sql_makes(ask: Asker) -> None:
    text = "{ mine: oldest { id } shelves { name } }"
    variables = ask.variables(text, {})
    definition: Any = parse(text).definitions[0]
    assert ask.schema.query_type
    plan = Compiler(ask.schema, {}, variables).compile(
        ask.schema.query_type,
        [definition.selection_set],
        tail=lambda _: ' {"at": "end"}',
        overrides={"mine": lambda statement: statement.parameter(lambda _: '{"a":1}', "text")},
    )
    body, _ = ask.run(plan, variables)
    assert body.startswith(b'{"mine":{"a":1},"shelves":[{')
    assert body.endswith(b'} {"at": "end"}')


def test_a_root_may_be_any_object_and_be_given_arguments(ask: Asker) -> None:
    definition: Any = parse("{ genre again: __typename }").definitions[0]
    variables = ask.variables("query ($g: Genre) { __typename }", {"g": "POETRY"})
    given = Argument("genre", "POETRY", lambda later: later.coerced["g"], definition)
    stats = object_type(ask.schema.get_type("Stats"))
    compiler = Compiler(ask.schema, {}, variables)
    plan = compiler.compile(stats, [definition.selection_set], arguments={"genre": given})
    assert ask.run(plan, variables)[0] == b'{"genre":"POETRY","again":"Stats"}'


def test_a_cursor_carries_what_its_order_needs_whatever_it_holds(ask: Asker, plain: Plain) -> None:
    text = (
        """query ($at: String) { authors { nodes { books(after: $at) { edges { cursor } } } } }"""
    )
    assert BY_TITLE.columns == TITLE_KEYS[0]
    for row in plain.rows["books"]:
        assert_conforms(ask, plain, text, at=cursor_of("books", row, TITLE_KEYS))


# What a plan says about itself


def test_a_plan_names_the_kinds_of_confidential_data_it_selects(ask: Asker) -> None:
    def labels(text: str) -> frozenset[str]:
        return ask.compile(text, ask.variables(text, {})).labels

    assert labels("{ oldest { title coverColour } }") == set()
    assert labels("{ oldest { coverNote reviews { totalCount } } }") == {"note", "opinion"}
    assert labels("{ works { ... on Book { author { id } } } }") == {"person", "opinion"}


def subjects(ask: Asker, text: str) -> Any:
    variables = ask.variables(text, {})
    found = ask.run(ask.compile(text, variables), variables)[1]
    return None if found is None else set(found)


def test_an_answer_names_the_people_it_is_about(ask: Asker, plain: Plain) -> None:
    people = {row["id"]: row for row in plain.rows["authors"]}
    books = {row["author_id"] for row in plain.rows["books"]}
    works = [*plain.rows["books"], *plain.rows["reviews"]]
    assert subjects(ask, "{ authors { nodes { friend { name } } } }") == set(people)
    assert subjects(ask, "{ shelves { books { nodes { author { name } } } } }") <= books
    through_lists = (
        "{ works(limit: 100) { ... on Book { author { id } } ... on Review { critic { id } } } }"
    )
    expected = {row.get("author_id") or row.get("critic_id") for row in works} - {None}
    assert subjects(ask, through_lists) == expected
    one = plain.rows["authors"][0]["id"]
    assert subjects(ask, f'{{ node(id: "author-{one}") {{ id }} }}') == {one}


def test_an_answer_about_nobody_says_so(ask: Asker) -> None:
    assert subjects(ask, "{ oldest { title } }") is None
    assert subjects(ask, "{ nobody { id } }") == set()
    assert subjects(ask, "{ authors { totalCount pageInfo { hasNextPage } } }") is None
