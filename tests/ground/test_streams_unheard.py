"""Streams whose reader does not read, and tokens that nobody vouches for: they end all the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import psycopg
import pytest
from starlette.types import Message

from alliance_api.charter.principal import Principal
from alliance_api.graph import live, websocket
from alliance_api.graph.execute import Executor, Request
from alliance_api.graph.live import Live
from alliance_api.graph.sse import Stream
from alliance_api.graph.watching import until_over
from alliance_api.graph.websocket import OPERATIONS, PROTOCOL, GraphQLWebSocket
from alliance_api.oauth import caller
from chassis.places import Places

NOBODY: frozenset[str] = frozenset()
SOMEBODY = Principal(uuid4(), uuid4(), None, NOBODY, NOBODY, "tests", "TREAT")
WATCH = "subscription($id: ID!) { caseChanged(id: $id) { id goals { wording } } }"
PATIENCE = 20.0


class Callers:
    """Lets everybody in; `still` is for each test to say."""

    def __init__(self, still: Callable[[], Any] = lambda: True) -> None:
        self._still = still

    async def __call__(self, authorization: str | None, scope: object = None) -> Principal:
        return SOMEBODY

    async def still(self, authorization: str) -> bool:
        found = self._still()
        return bool(await found if asyncio.iscoroutine(found) else found)


class Silent:
    """A database where nothing ever changes."""

    def __init__(self, body: bytes = b"") -> None:
        self._body = body

    async def look(self, *_: object) -> bytes:
        return b"digest"

    async def read(self, *_: object) -> bytes:
        return self._body


class Line:
    """The other end: it says what it is told to, and reads nothing behind `reads` messages."""

    def __init__(
        self, *said: object, reads: int, again: Callable[[int], object] | None = None
    ) -> None:
        self._said = [json.dumps(each) for each in said]
        self._reads, self._again = reads, again
        self.heard = 0
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        self.heard += 1
        if self.heard == 1:
            return {"type": "websocket.connect"}
        if self._said:
            return {"type": "websocket.receive", "text": self._said.pop(0)}
        if self._again is None:
            await anyio.sleep_forever()
        assert self._again is not None
        await anyio.lowlevel.checkpoint()
        return {"type": "websocket.receive", "text": json.dumps(self._again(self.heard))}

    async def send(self, message: Message) -> None:
        if len(self.sent) >= self._reads:
            await anyio.sleep_forever()
        self.sent.append(message)


def _talk(line: Line, callers: Callers, seconds: float, database: Any = Silent()) -> bool:  # noqa: B008
    """Talk; return whether it came to an end."""

    async def talked() -> bool:
        executor: Any = Executor(database, lambda: datetime.now(UTC))
        scope = {"type": "websocket", "subprotocols": [PROTOCOL], "headers": []}
        endpoint = GraphQLWebSocket(executor, callers, Places(500, 20))
        with anyio.move_on_after(seconds) as waited:
            await endpoint(scope, line.receive, line.send)
        return not waited.cancelled_caught

    return asyncio.run(talked())


HELLO = {"type": "connection_init"}


def _asks(number: int) -> object:
    return {"id": str(number), "type": "subscribe", "payload": {"query": "{"}}


@pytest.mark.parametrize("again", [_asks, lambda _: {"type": "ping"}])
def test_who_does_not_read_is_not_listened_to(again: Callable[[int], object]) -> None:
    line = Line(HELLO, reads=2, again=again)
    assert not _talk(line, Callers(), 0.5)
    assert line.heard <= OPERATIONS + 5


def test_who_does_not_read_does_not_outlive_their_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "LAST_SECONDS", 0.1)
    good = iter([True])
    line = Line(HELLO, reads=2)
    assert _talk(line, Callers(lambda: next(good, False)), PATIENCE)
    assert [each["type"] for each in line.sent] == ["websocket.accept", "websocket.send"]


def _unsure() -> bool:
    raise TimeoutError("whatever")


def _over(callers: Any) -> None:
    async def over() -> None:
        with anyio.fail_after(PATIENCE):
            await until_over(callers, "Bearer token")

    asyncio.run(over())


def test_what_nobody_vouches_for_ends() -> None:
    _over(Callers(_unsure))


def test_nobody_waits_long_to_hear_whether_a_grant_was_revoked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caller, "DOUBT_SECONDS", 0.1)

    class House:
        """Verifies everything, and does not say what was revoked."""

        issuer = "https://house.example"

        def at(self, path: str) -> str:
            return self.issuer + path

        async def verify(self, _: str) -> dict[str, str]:
            return {"iss": self.issuer, "grant": str(uuid4())}

        async def revoked(self, _: object) -> bool:
            await anyio.sleep_forever()
            raise AssertionError

    house: Any = House()
    _over(caller.Callers(house, house, house))


def test_a_ping_before_the_first_message_is_answered() -> None:
    line = Line({"type": "ping"}, {"type": "pong"}, HELLO, reads=3)
    _talk(line, Callers(), 0.1)
    said = [json.loads(each["text"])["type"] for each in line.sent if "text" in each]
    assert said == ["pong", "connection_ack"]


class Failing(Silent):
    """A database that says of every question what is wrong."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def read(self, *_: object) -> bytes:
        raise self._error


ASK = {"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { person { id } } }"}}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.QueryCanceled("secret"), "TIMEOUT"),
        (ValueError("secret"), "INTERNAL"),
    ],
)
def test_one_operation_that_fails_ends_no_other(error: Exception, code: str) -> None:
    line = Line(HELLO, ASK, {"type": "ping"}, reads=9)
    assert not _talk(line, Callers(), 1, Failing(error))
    told = [json.loads(each["text"]) for each in line.sent if "text" in each]
    assert [each["type"] for each in told] == ["connection_ack", "pong", "error"]
    assert told[-1]["payload"][0]["extensions"]["code"] == code
    assert "secret" not in str(told)


def test_without_a_database_all_begin_anew() -> None:
    line = Line(HELLO, ASK, reads=9)
    gone = psycopg.OperationalError("secret")
    assert _talk(line, Callers(), PATIENCE, Failing(gone))
    assert line.sent[-1]["code"] == 1013
    assert "secret" not in str(line.sent)


@pytest.mark.parametrize("limit", ["EACH", "STRANGERS", "OF_ONE_ADDRESS"])
def test_a_connection_has_its_place_too(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, limit, 0)
    line = Line(HELLO, reads=9)
    assert _talk(line, Callers(), PATIENCE)
    assert line.sent[-1]["code"] == 1013


@pytest.mark.parametrize("reads", [0, 1, 2])
def test_events_that_nobody_reads_end_with_the_token(
    reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alliance_api.graph.sse.LAST_SECONDS", 0.1)
    line = Line(reads=reads)

    async def many() -> AsyncIterator[bytes]:
        while True:
            yield b"{}"

    async def streamed() -> None:
        with anyio.fail_after(PATIENCE):
            await Stream(line.receive, line.send).events(many(), anyio.sleep(0.2))

    asyncio.run(streamed())
    assert len(line.sent) == reads


def test_a_case_with_a_hole_and_a_sealed_text_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    case = '{"id":"case-1","client":\x012\x01,"goals":[{"wording":%s}]}'

    async def opened(_: object, body: bytes, *__: object) -> bytes:
        return body.replace(b'\x022"sealed"\x02', b'"Sleep"')

    monkeypatch.setattr(live, "opened", opened)
    body = '{"data":{"caseChanged":' + case % '\x022"sealed"\x02' + "}}"

    async def first() -> bytes:
        executor = Executor(Silent(body.encode()), lambda: datetime.now(UTC))  # type: ignore[arg-type]
        found = await executor.watch(SOMEBODY, Request(WATCH, None, {"id": "case-1"}))
        assert isinstance(found, Live)
        return await anext(found.events())

    answer = json.loads(asyncio.run(first()))
    assert answer["data"] is None or "caseChanged" in answer["data"]
    assert [error["path"] for error in answer["errors"]] == [["caseChanged", "client"]]
