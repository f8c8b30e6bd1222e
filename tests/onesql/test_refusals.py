"""What a caller got wrong is said where it stands, by a code, whether planned now or before."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import psycopg
import pytest
from graphql import GraphQLError
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_api.onesql.cursors import BadCursorError, cursor_sql, read_cursor, tag
from alliance_api.onesql.keys import CANONICAL
from alliance_api.onesql.sources import Order

from .conftest import Asker
from .library import BY_DAY, BY_NAME, BY_TITLE, LONGEST, NEWEST
from .pages import BY_NAME as NAME_KEYS
from .pages import BY_TITLE as TITLE_KEYS
from .pages import cursor_of
from .resolvers import Plain


def refused(ask: Asker, text: str, **values: Any) -> GraphQLError:
    with pytest.raises(GraphQLError) as caught:
        ask(text, **values)
    assert caught.value.locations
    assert caught.value.extensions
    return caught.value


def refused_later(ask: Asker, text: str, good: dict[str, Any], bad: dict[str, Any]) -> GraphQLError:
    """Return the error of a plan that was compiled for other values."""
    plan = ask.compile(text, ask.variables(text, good))
    assert ask.answer(plan, ask.variables(text, good))["data"]
    with pytest.raises(GraphQLError) as caught:
        plan.parameters(ask.variables(text, bad))
    assert caught.value.locations
    assert caught.value.extensions
    return caught.value


@pytest.mark.parametrize("size", [0, -1, 101, 2_147_483_647, -2_147_483_648])
@pytest.mark.parametrize(
    "field",
    [
        "authors(first: {}) {{ totalCount }}",
        "authors(last: {}) {{ totalCount }}",
        "works(limit: {}) {{ __typename }}",
        "oldest {{ chapters(limit: {}) {{ number }} }}",
        "oldest {{ author {{ stats {{ books(limit: {}) {{ id }} }} }} }}",
    ],
)
def test_a_page_size_is_from_1_to_100(ask: Asker, field: str, size: int) -> None:
    literal = "{ a: oldest { id } " + field.format(size) + " }"
    variable = "query ($n: Int) { " + field.format("$n") + " }"
    default = f"query ($n: Int = {size}) {{ " + field.format("$n") + " }"
    errors = [
        refused(ask, literal),
        refused(ask, variable, n=size),
        refused(ask, default),
        refused_later(ask, variable, {"n": 3}, {"n": size}),
    ]
    for error in errors:
        assert error.extensions
        assert error.extensions["code"] == "ARGUMENT_OUT_OF_RANGE"
        assert error.extensions["argument"] in field
    [place] = errors[0].locations or []
    assert literal[place.column - 1 :].startswith(str(errors[0].extensions["argument"]))  # type: ignore[index]


@pytest.mark.parametrize("rows", [-1, 1_000_001, -2_147_483_648])
def test_so_many_rows_as_there_can_be_may_be_stepped_over(ask: Asker, rows: int) -> None:
    literal = f"{{ oldest {{ chapters(skip: {rows}) {{ number }} }} }}"
    variable = "query ($n: Int) { oldest { chapters(skip: $n) { number } } }"
    for error in (
        refused(ask, literal),
        refused(ask, variable, n=rows),
        refused_later(ask, variable, {"n": 3}, {"n": rows}),
    ):
        assert error.extensions == {"code": "ARGUMENT_OUT_OF_RANGE", "argument": "skip"}


def test_first_and_last_do_not_go_together(ask: Asker) -> None:
    text = "query ($n: Int) { authors(first: 3, last: $n) { totalCount } }"
    error = refused(ask, text, n=3)
    assert error.extensions == {"code": "ARGUMENTS_CONFLICT", "argument": "last"}
    assert ask.data(text, n=None)


def test_a_cursor_belongs_to_its_connection_and_order(ask: Asker, plain: Plain) -> None:
    text = "query ($at: String) { authors(after: $at) { totalCount } }"
    good = cursor_of("authors", plain.rows["authors"][0], NAME_KEYS)
    other = cursor_of("books", plain.rows["books"][0], TITLE_KEYS)
    for error in (refused(ask, text, at=other), refused_later(ask, text, {"at": good}, {"at": ""})):
        assert error.extensions == {"code": "BAD_CURSOR", "argument": "after"}
    before = refused(ask, f'{{ authors(before: "{other}") {{ totalCount }} }}')
    assert before.extensions == {"code": "BAD_CURSOR", "argument": "before"}


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "x\udfff"])
def test_a_text_that_cannot_be_stored_is_refused(ask: Asker, text: str) -> None:
    query = "query ($x: String) { shelves(name: $x) { name } library { motto(suffix: $x) } }"
    error = refused_later(ask, query, {"x": "it's"}, {"x": text})
    assert error.extensions == {"code": "BAD_TEXT", "argument": "name"}
    lists = "query ($x: [ID!]) { authors { nodes { books(ids: $x) { totalCount } } } }"
    assert refused(ask, lists, x=["a", text]).extensions == {"code": "BAD_TEXT", "argument": "ids"}


# Cursors come from outside


def made(order: Order, *values: object, table: str = "t") -> str:
    return base64.b64encode(json.dumps([tag(table, order), *values]).encode()).decode()


KEY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("order", "values"),
    [
        (BY_TITLE, ["a"]),
        (BY_TITLE, ["a", KEY, "b"]),
        (BY_TITLE, ["a", 5]),
        (BY_TITLE, [None, KEY]),
        (BY_TITLE, ["a\0", KEY]),
        (BY_TITLE, ["\ud800", KEY]),
        (BY_TITLE, ["a", "not a uuid"]),
        (NEWEST, ["yesterday", KEY]),
        (NEWEST, ["infinity", KEY]),
        (LONGEST, ["2147483648", "1", KEY]),
        (LONGEST, ["1.5", "1", KEY]),
        (LONGEST, ["9" * 5000, "1", KEY]),
        (LONGEST, ["1", "one", KEY]),
        (BY_DAY, ["2026-02-30", KEY]),
        (BY_DAY, ["0000-01-01", KEY]),
    ],
)
def test_a_cursor_with_other_values_than_its_order_is_bad(order: Order, values: list[Any]) -> None:
    with pytest.raises(BadCursorError):
        read_cursor(made(order, *values), "t", order)


@pytest.mark.parametrize(
    "text",
    ["", "x", "====", "é", base64.b64encode(b"5").decode(), base64.b64encode(b"{}").decode(),
     base64.b64encode(b"[]").decode(), base64.b64encode(b"[" * 9_999).decode(),
     base64.b64encode(b"\xff").decode(), base64.b64encode(b'"ab"').decode()],
)  # fmt: skip
def test_a_text_that_no_connection_made_is_no_cursor(text: str) -> None:
    with pytest.raises(BadCursorError):
        read_cursor(text, "t", BY_NAME)


@pytest.mark.parametrize(
    ("kind", "spelled", "canonical"),
    [
        ("int", "1_000", "1000"),
        ("int", " ٣ ", "3"),
        ("uuid", "urn:uuid:" + KEY, KEY),
        ("uuid", "{" + KEY + "}", KEY),
        ("timestamptz", "2026-W01-1", "2025-12-29T00:00:00"),
        ("float8", "1_0", "10.0"),
        ("numeric", "1.50", "1.50"),
        ("date", "20260101", "2026-01-01"),
        ("text", "{}|'", "{}|'"),
    ],
)
def test_a_key_is_bound_as_postgresql_spells_it(kind: str, spelled: str, canonical: str) -> None:
    assert CANONICAL[kind](spelled) == canonical


def test_an_order_that_cursors_cannot_carry_is_refused_when_it_is_declared() -> None:
    with pytest.raises(LookupError):
        Order((("place", "point"),))


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.data())
def test_no_cursor_makes_the_database_fail(
    ask: Asker, connection: psycopg.Connection[Any], data: st.DataObject
) -> None:
    kinds = sorted(CANONICAL)
    hostile = st.sampled_from(
        ["", "0", "-1", "1e400", "nan", "inf", "-Infinity", "9" * 19, "1_0", "٣", "1 ", "0x10",
         "9999-12-31", "0001-01-01T00:00:00+23:59", "2026-01-01T24:00", "00:00", KEY, "{" + KEY + "}",
         "1e-999", "1E+20000", "sNaN", "NaN123", "2026-01-01 00:00:00.123456789+00"]
    )  # fmt: skip
    kind, value = data.draw(st.sampled_from(kinds)), data.draw(hostile | st.text(max_size=9))
    order = Order((("k", kind),))
    try:
        [canonical] = read_cursor(made(order, value), "t", order)
    except BadCursorError:
        return
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(f"SELECT $1::{kind} > $1::{kind}".encode(), [canonical])


def test_any_change_of_a_cursor_is_refused_or_harmless(ask: Asker, plain: Plain) -> None:
    text = "query ($at: String) { authors(after: $at) { nodes { id } } }"
    whole = cursor_of("authors", plain.rows["authors"][0], NAME_KEYS)
    plan = ask.compile(text, ask.variables(text, {"at": whole}))
    chance, refusals = random.Random(3), 0
    for _ in range(300):
        letters = list(whole)
        letters[chance.randrange(len(letters))] = chance.choice("ABab09+/=")
        variables = ask.variables(text, {"at": "".join(letters)})
        try:
            ask.answer(plan, variables)
        except GraphQLError as error:
            refusals += error.extensions == {"code": "BAD_CURSOR", "argument": "after"}
    assert 100 < refusals < 300


def test_a_cursor_quotes_its_columns() -> None:
    assert '"odd ""name"""::text' in cursor_sql("r", "t", Order((('odd "name"', "text"),)))
