"""The small parts: parameters, shapes, holes, text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import psycopg
import pytest

from alliance_api.onesql.arguments import as_parameter
from alliance_api.onesql.nulls import is_whole, mend, mend_response
from alliance_api.onesql.shapes import shape_of
from alliance_api.onesql.text import Text, identifier, quote

from .conftest import Asker
from .library import PREFIXES
from .shelves import AWKWARD


class Colour(Enum):
    RED = "r"


class Size(StrEnum):
    BIG = "BIG"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (3, "3"),
        (0.1, "0.1"),
        (Decimal("1.50"), "1.50"),
        ("it's", "it's"),
        (Colour.RED, "r"),
        (Size.BIG, "BIG"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        (timedelta(days=-1, microseconds=5), "-86399999995 microseconds"),
        ([], "{}"),
        (["a", None, 'b"\\', "NULL", ""], '{"a",NULL,"b\\"\\\\","NULL",""}'),
        ([[1, 2], [3, None]], '{{"1","2"},{"3",NULL}}'),
        ([Size.BIG], '{"BIG"}'),
        ({"a": [1, "é"]}, '{"a": [1, "\\u00e9"]}'),
    ],
)
def test_a_value_is_bound_as_text(value: Any, text: str | None) -> None:
    assert as_parameter(value) == text


def test_lists_of_awkward_texts_arrive_as_they_were(ask: Asker) -> None:
    row = ask.connection.execute("SELECT %s::text[]", [as_parameter(AWKWARD)]).fetchone()
    assert row == (list(AWKWARD),)


@pytest.mark.parametrize("text", AWKWARD)
def test_constants_arrive_as_they_were(ask: Asker, text: str) -> None:
    constant = Text().constant(text).constant(text).expression("'x'").constant("").sql()
    name = identifier(text or "x")
    with psycopg.RawCursor(ask.connection) as cursor:
        found = cursor.execute(f"SELECT {constant} AS {name}".encode()).fetchone()
    assert found == (text + text + "x",)
    assert quote("\\'") == " E'\\\\'''"


# Shapes


def shape(ask: Asker, kind: str, **values: Any) -> Any:
    variables = ask.variables(f"query ($x: {kind}) {{ __typename }}", values)
    return shape_of(variables, ["x"], PREFIXES)


def test_a_shape_tells_what_decides_a_statement_and_nothing_else(ask: Asker) -> None:
    assert shape(ask, "String", x="a") == shape(ask, "String", x="b")
    assert shape(ask, "String") != shape(ask, "String", x=None) != shape(ask, "String", x="b")
    assert shape(ask, "Int", x=1) == shape(ask, "Int", x=100)
    assert shape(ask, "Int", x=1) != shape(ask, "Int", x=None)
    assert shape(ask, "Boolean", x=True) != shape(ask, "Boolean", x=False)
    assert shape(ask, "BookOrder!", x="TITLE") != shape(ask, "BookOrder!", x="NEWEST")
    assert shape(ask, "Genre", x="POETRY") != shape(ask, "Genre", x="FICTION")
    assert shape(ask, "Mood", x="CALM") != shape(ask, "Mood", x="WILD")
    assert shape(ask, "[Genre]", x=["POETRY"]) == shape(ask, "[Genre]", x=["FICTION", None])
    assert shape(ask, "ID", x="book-1") == shape(ask, "ID", x="book-2")
    assert shape(ask, "ID", x="book-1") != shape(ask, "ID", x="author-1")
    assert shape(ask, "ID", x="secret-1") == shape(ask, "ID", x="other")
    assert shape(ask, "DateTime", x="2026-01-01") == shape(ask, "DateTime", x="2027-01-01")
    assert shape(ask, 'String = "x"') == shape(ask, "String", x="b")


# Holes


@pytest.mark.parametrize(
    ("body", "data", "paths"),
    [
        ('{"a":1}', {"a": 1}, []),
        ('{"a":{"b":~1~}}', {"a": None}, [["a", "b"]]),
        ('{"a":{"b":~2~}}', None, [["a", "b"]]),
        ('{"a":{"b":~9~}}', None, [["a", "b"]]),
        ('{"a":[1,~1~,~1~],"b":~0~}', {"a": None, "b": None}, [["a", 1], ["b"]]),
        ('[{"a":~1~},{"a":2},{"a":~1~}]', [None, {"a": 2}, None], [[0, "a"], [2, "a"]]),
        ('{"x":~1~,"y":~1~}', None, [["x"]]),
    ],
)
def test_a_hole_becomes_a_null_as_far_up_as_it_says(
    body: str, data: Any, paths: list[list[Any]]
) -> None:
    raw = body.replace("~", "\x01").encode()
    found, errors = mend(raw)
    assert found == data
    assert [error["path"] for error in errors] == paths
    assert all(error["extensions"] == {"code": "MISSING_VALUE"} for error in errors)
    assert is_whole(raw) is (not paths)


def test_mending_a_response_leaves_the_rest_of_it_alone() -> None:
    body = b'{"data":{"a":{"b":\x012\x01}},"extensions":{"x":"\\u0001"}}'
    mended = mend_response(body)
    assert list(mended) == ["errors", "data", "extensions"]
    assert mended["data"] is None
    assert mended["extensions"] == {"x": "\x01"}
    assert mend_response(b'{"data":{"a":1}}') == {"data": {"a": 1}}


def test_texts_that_hold_control_characters_are_no_holes(ask: Asker) -> None:
    text = "query ($x: String!) { library { motto(suffix: $x) } }"
    suffix = "\x01" + "1\x01" + json.dumps({"\u0000": 1})
    variables = ask.variables(text, {"x": suffix.replace("\\u0000", "\x02")})
    body, _ = ask.run(ask.compile(text, variables), variables)
    assert is_whole(body)
