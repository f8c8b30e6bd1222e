"""Answers over a websocket, by the protocol `graphql-transport-ws` and no other.

Who asks is said by the handshake's header Authorization, or, as browsers can send none, by the first
message: `{"type": "connection_init", "payload": {"authorization": "Bearer …"}}`. The connection ends
when that token does. There is no cookie, so a page of another origin has nothing to borrow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from enum import IntEnum
from typing import Any, Final

import anyio
import orjson
import psycopg
import sqlalchemy.exc
from anyio.abc import TaskGroup
from starlette.datastructures import MutableHeaders
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from alliance_api.charter.principal import Principal
from chassis import metrics
from chassis.problems import Unauthorised
from chassis.strict_json import BadJson, parse

from .errors import plain
from .execute import Answer, Executor
from .http import LARGEST_BODY, Stopped, request_of
from .live import Live
from .watching import Callers, Full, Lost, Places, lost, unfailing, until_over

PROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 3.0
OPERATIONS: Final = 10
"""How many operations one connection may have at once."""
_LONGEST_ID: Final = 100


class Close(IntEnum):
    """Why a connection is closed; those who keep the protocol try again after 1013 and 4403."""

    TRY_AGAIN = 1013
    BAD_MESSAGE = 4400
    UNAUTHORISED = 4401
    FORBIDDEN = 4403
    WRONG_PROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_TAKEN = 4409
    INIT_TWICE = 4429


class _Closed(Exception):  # noqa: N818  (an expected outcome, not an error)
    """The connection is to be closed."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class GraphQLWebSocket:
    """The websocket at /graphql."""

    def __init__(self, executor: Executor, callers: Callers, places: Places) -> None:
        """Keep who executes, who says who asks, and the places of those who watch."""
        self._executor, self._callers, self._places = executor, callers, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk with one client until it is over."""
        socket = WebSocket(scope, receive, send)
        offered = PROTOCOL in scope.get("subprotocols", ())
        await socket.accept(PROTOCOL if offered else None)
        try:
            caller = await _Caller(socket, self._callers).let_in(offered=offered)
            await _Talk(socket, caller, self._executor, self._places).held(
                until_over(self._callers, caller.authorization)
            )
        except _Closed as closed:
            if socket.client_state is not WebSocketState.DISCONNECTED:
                await socket.close(closed.code, closed.reason)
        except WebSocketDisconnect:
            pass


class _Caller:
    """Whoever is at the other end, let in by their first message."""

    def __init__(self, socket: WebSocket, callers: Callers) -> None:
        self._socket, self._callers = socket, callers
        self.authorization = ""
        self.principal: Principal

    async def let_in(self, *, offered: bool) -> _Caller:
        """Return when they were. Raises `_Closed`."""
        if not offered:
            raise _Closed(Close.WRONG_PROTOCOL, f"Offer the subprotocol {PROTOCOL}.")
        try:
            with anyio.fail_after(INIT_SECONDS):
                message = await _message(self._socket)
        except TimeoutError:
            raise _Closed(Close.INIT_TIMEOUT, "Send connection_init first.") from None
        if message["type"] != "connection_init":
            raise _Closed(Close.UNAUTHORISED, "Send connection_init first.")
        await self._prove(message.get("payload"))
        await self._socket.send_text('{"type":"connection_ack"}')
        return self

    async def _prove(self, payload: object) -> None:
        told = {
            name.lower(): value
            for name, value in (payload.items() if isinstance(payload, dict) else ())
            if isinstance(value, str)
        }
        # A proof (DPoP) is one of a GET of /graphql, which a handshake is.
        scope = dict(self._socket.scope, method="GET", headers=[*self._socket.scope["headers"]])
        headers = MutableHeaders(scope=scope)
        for name in ("authorization", "dpop"):
            if name in told:
                headers[name] = told[name]
        self.authorization = headers.get("authorization", "")
        try:
            self.principal = await self._callers(self.authorization, scope)
        except (Unauthorised, UnicodeEncodeError):
            raise _Closed(Close.FORBIDDEN, "A valid token is needed.") from None
        except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
            lost(error)
            raise _Closed(Close.TRY_AGAIN, "Try again.") from None


class _Talk:
    """A conversation with somebody who was let in."""

    def __init__(
        self, socket: WebSocket, caller: _Caller, executor: Executor, places: Places
    ) -> None:
        self._socket, self._caller = socket, caller
        self._executor, self._places = executor, places
        self._running: dict[str, anyio.CancelScope] = {}

    async def held(self, over: Awaitable[None]) -> None:
        """Answer until they leave, or it is over. Raises `_Closed`."""
        ended: list[_Closed] = []
        async with anyio.create_task_group() as group:

            async def until_then() -> None:
                await over
                ended.append(_Closed(Close.FORBIDDEN, "The token is good no more."))
                group.cancel_scope.cancel()

            async def listen() -> None:
                try:
                    while True:
                        await self._take(await _message(self._socket), group, ended)
                except _Closed as closed:
                    ended.append(closed)
                except WebSocketDisconnect:
                    pass
                group.cancel_scope.cancel()

            group.start_soon(until_then)
            group.start_soon(listen)
        if ended:
            raise ended[0]

    async def _take(
        self, message: Mapping[str, Any], group: TaskGroup, ended: list[_Closed]
    ) -> None:
        id_ = message.get("id")
        match message["type"]:
            case "ping":
                await self._tell({"type": "pong"})
            case "pong":
                pass
            case "connection_init":
                raise _Closed(Close.INIT_TWICE, "connection_init comes once.")
            case "complete" if isinstance(id_, str):
                if id_ in self._running:
                    self._running.pop(id_).cancel()
            case "subscribe" if isinstance(id_, str) and 0 < len(id_) <= _LONGEST_ID:
                if id_ in self._running:
                    raise _Closed(Close.ID_TAKEN, "This id is of an operation that still runs.")
                self._running[id_] = anyio.CancelScope()
                group.start_soon(self._run, id_, message.get("payload"), ended, group)
            case _:
                raise _Closed(Close.BAD_MESSAGE, "This is no message of the protocol.")

    async def _run(self, id_: str, payload: object, ended: list[_Closed], group: TaskGroup) -> None:
        scope = self._running[id_]
        try:
            with scope:
                await self._answer(id_, payload)
        except Lost:
            ended.append(_Closed(Close.TRY_AGAIN, "Try again."))
            group.cancel_scope.cancel()
        except WebSocketDisconnect:
            group.cancel_scope.cancel()
        finally:
            if self._running.get(id_) is scope:
                del self._running[id_]

    async def _answer(self, id_: str, payload: object) -> None:
        try:
            found = await self._found(payload)
            if isinstance(found, Live):
                with self._places.one(self._caller.principal):
                    async for body in unfailing(found.events()):
                        await self._next(id_, body)
            elif found.status == 200:  # noqa: PLR2004
                await self._next(id_, found.body)
            else:
                await self._error(id_, found.body)
                return
        except Full as full:
            await self._error(id_, plain(full.code, full.message))
        except Stopped as stopped:
            await self._error(id_, stopped.answer.body)
        else:
            await self._tell({"type": "complete", "id": id_})

    async def _found(self, payload: object) -> Answer | Live:
        if len(self._running) > OPERATIONS:
            raise Full
        with metrics.answered("graphql") as labels:
            try:
                found = await self._executor.watch(self._caller.principal, request_of(payload))
            except Stopped:
                labels["outcome"] = "refused"
                raise
            except Exception as error:  # noqa: BLE001  # what is not foreseen must not tell what it saw
                lost(error)
                raise Lost from None
            labels["outcome"] = metrics.outcome_of(found.status)
            if found.kind:
                labels["operation"] = f"graphql.{found.kind}"
        return found

    async def _next(self, id_: str, body: bytes) -> None:
        # A body is JSON already, and is sent as it came out of the database.
        head = b'{"type":"next","id":' + orjson.dumps(id_) + b',"payload":'
        await self._socket.send_text((head + body + b"}").decode())

    async def _error(self, id_: str, body: bytes) -> None:
        errors = orjson.loads(body)["errors"]
        await self._tell({"type": "error", "id": id_, "payload": errors})

    async def _tell(self, message: Mapping[str, Any]) -> None:
        await self._socket.send_text(orjson.dumps(message).decode())


async def _message(socket: WebSocket) -> Mapping[str, Any]:
    """Return the next message. Raises `_Closed` for what is none, and `WebSocketDisconnect`."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if text is None:
        raise _Closed(Close.BAD_MESSAGE, "Send text.")
    if len(text) > LARGEST_BODY:
        raise _Closed(Close.BAD_MESSAGE, f"A message has at most {LARGEST_BODY} characters.")
    try:
        found = parse(text.encode())
    except (BadJson, UnicodeEncodeError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise _Closed(Close.BAD_MESSAGE, "This is no message of the protocol.")
    return found
