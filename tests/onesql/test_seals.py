"""Columns that the host opens: the marks in the text, and nobody's text can pretend to be one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_api.onesql.nulls import is_whole, mend_response
from alliance_api.onesql.seals import SEAL, open_seals, seal

from .conftest import Asker
from .shelves import AWKWARD

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def opened_all(body: bytes, found: Sequence[str | None]) -> tuple[bytes, list[str]]:
    asked: list[str] = []

    async def open_(texts: Sequence[bytes]) -> Sequence[str | None]:
        asked.extend(text.decode() for text in texts)
        return found

    return asyncio.run(open_seals(body, open_)), asked


def printed(ask: Asker, sealed: str, beside: str = "") -> bytes:
    """Return an object with a sealed text, and a plain one beside it, as PostgreSQL prints it."""
    mark = seal("$1::text", 0)
    sql = (
        f"SELECT '{{\"data\":{{\"a\":' || {mark} || ',\"b\":' || to_json($2::text)::text || '}}}}'"
    )
    with psycopg.RawCursor(ask.connection) as cursor:
        row = cursor.execute(sql.encode(), [sealed, beside]).fetchone()
    assert row is not None
    return str(row[0]).encode()


@pytest.mark.parametrize("sealed", AWKWARD)
@pytest.mark.parametrize("beside", [*AWKWARD, f'{SEAL}0"x"{SEAL}', f"{SEAL}0", SEAL])
def test_what_was_handed_out_arrives_and_what_is_beside_it_is_left_alone(
    ask: Asker, sealed: str, beside: str
) -> None:
    body, asked = opened_all(printed(ask, sealed, beside), ["opened"])
    assert asked == [sealed]
    assert json.loads(body) == {"data": {"a": "opened", "b": beside}}


@settings(max_examples=200, deadline=None)
@given(plain=TEXTS, beside=TEXTS)
def test_any_text_is_written_as_json_reads_it(ask: Asker, plain: str, beside: str) -> None:
    body, _ = opened_all(printed(ask, "x", beside), [plain])
    assert json.loads(body) == {"data": {"a": plain, "b": beside}}
    assert is_whole(body)


def test_a_null_is_null_and_nobody_is_asked(ask: Asker) -> None:
    found = ask.connection.execute(f"SELECT coalesce({seal('NULL', 0)}, 'null')".encode())
    [(text,)] = found.fetchall()
    assert opened_all(str(text).encode(), []) == (b"null", [])


def test_what_does_not_open_is_an_error_at_its_place(ask: Asker) -> None:
    body, _ = opened_all(printed(ask, "x", "y"), [None])
    assert not is_whole(body)
    found: dict[str, Any] = mend_response(body)
    assert found["data"] == {"a": None, "b": "y"}
    [error] = found["errors"]
    assert (error["path"], error["extensions"]) == (["a"], {"code": "UNREADABLE"})


def test_all_of_an_answer_are_opened_at_once(ask: Asker) -> None:
    body = b'{"data":[%s]}' % b",".join(
        f'{SEAL}0"text {number}"{SEAL}'.encode() for number in range(300)
    )
    calls: list[int] = []

    async def open_(texts: Sequence[bytes]) -> Sequence[str | None]:
        calls.append(len(texts))
        return [text.decode().upper() for text in texts]

    found = json.loads(asyncio.run(open_seals(body, open_)))["data"]
    assert calls == [300]
    assert found == [f"TEXT {number}" for number in range(300)]


def test_only_a_plan_that_selects_one_says_so(ask: Asker) -> None:
    def is_sealed(text: str) -> bool:
        return ask.compile(text, ask.variables(text, {})).sealed

    assert is_sealed("{ authors { nodes { diary } } }")
    assert is_sealed("{ works { ... on Book { coverSecret } } }")
    assert not is_sealed("{ authors { nodes { bio name } } works { ... on Book { coverColour } } }")
