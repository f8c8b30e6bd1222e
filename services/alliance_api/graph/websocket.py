"""Answers over a websocket, by the protocol `graphql-transport-ws` and no other.

Who asks is said by the handshake's header Authorization, or, as browsers can send none, by the first
message: `{"type": "connection_init", "payload": {"authorization": "Bearer …"}}`. The connection ends
when that token does. There is no cookie, so a page of another origin has nothing to borrow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any, Final

import anyio
import orjson
from anyio.abc import TaskGroup
from starlette.datastructures import MutableHeaders
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from alliance_api.charter.principal import Principal
from chassis import metrics
from chassis.places import Full, Places
from chassis.problems import Unauthorised

from .errors import plain
from .execute import Answer, Executor
from .http import LARGEST_BODY, UNAVAILABLE, Stopped, request_of, worked
from .live import Live, whole
from .messages import Close, Closed, message_of
from .sse import QUIET_SECONDS
from .watching import (
    EACH,
    FULL,
    LAST_SECONDS,
    PLACES,
    Callers,
    Lost,
    lost,
    unfailing,
    until_over,
)

PROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 3.0
STRANGERS: Final = 400
"""How many may be connected at once who have not said yet who they are."""
OF_ONE_ADDRESS: Final = 100
"""How many of these may come from one address."""
OPERATIONS: Final = 10
"""How many operations one connection may have at once."""
SERVED: Final[Mapping[str, Any]] = {
    "ws_max_size": LARGEST_BODY,
    "ws_ping_interval": QUIET_SECONDS,
    # How far texts of several people can be packed together tells whoever listens in on the line.
    "ws_per_message_deflate": False,
}
"""What uvicorn is told of it."""
_LONGEST_ID: Final = 100


class GraphQLWebSocket:
    """The websocket at /graphql."""

    def __init__(self, executor: Executor, callers: Callers, places: Places) -> None:
        """Keep who executes, who says who asks, and the places of those who watch."""
        self._executor, self._callers, self._places = executor, callers, places
        # A connection on which nothing is watched costs something too.
        self._lines = Places(2 * PLACES, EACH)
        self._strangers = Places(STRANGERS, OF_ONE_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Talk with one client until it is over."""
        socket = WebSocket(scope, receive, send)
        with suppress(WebSocketDisconnect):
            try:
                await self._talk(socket, offered=PROTOCOL in scope.get("subprotocols", ()))
            except Closed as closed:
                # Where the line is closed already, one end or the other calls that a wrong state.
                with suppress(RuntimeError), anyio.move_on_after(LAST_SECONDS):
                    await socket.close(closed.code, closed.reason)

    async def _talk(self, socket: WebSocket, *, offered: bool) -> None:
        await socket.accept(PROTOCOL if offered else None)
        try:
            with self._strangers.one(socket.client and socket.client.host):
                caller = await _Caller(socket, self._callers).let_in(offered=offered)
            with self._lines.one(caller.principal.person):
                await socket.send_text('{"type":"connection_ack"}')
                await _Talk(socket, caller, self._executor, self._places).held(
                    until_over(self._callers, caller.authorization)
                )
        except Full:
            raise Closed(Close.TRY_AGAIN, "There are too many connections.") from None


class _Caller:
    """Whoever is at the other end, let in by their first message."""

    def __init__(self, socket: WebSocket, callers: Callers) -> None:
        self._socket, self._callers = socket, callers
        self.authorization = ""
        self.principal: Principal

    async def let_in(self, *, offered: bool) -> _Caller:
        """Return when they were. Raises `Closed`."""
        if not offered:
            raise Closed(Close.WRONG_PROTOCOL, f"Offer the subprotocol {PROTOCOL}.")
        try:
            with anyio.fail_after(INIT_SECONDS):
                while (message := await message_of(self._socket))["type"] in {"ping", "pong"}:
                    if message["type"] == "ping":
                        await self._socket.send_text('{"type":"pong"}')
        except TimeoutError:
            raise Closed(Close.INIT_TIMEOUT, "Send connection_init first.") from None
        if message["type"] != "connection_init":
            raise Closed(Close.UNAUTHORISED, "Send connection_init first.")
        await self._prove(message.get("payload"))
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
            raise Closed(Close.FORBIDDEN, "A valid token is needed.") from None
        except Exception as error:  # noqa: BLE001  # what is not foreseen must not tell what it saw
            lost(error)
            raise Closed(Close.TRY_AGAIN, "Try again.") from None


class _Talk:
    """A conversation with somebody who was let in."""

    def __init__(
        self, socket: WebSocket, caller: _Caller, executor: Executor, places: Places
    ) -> None:
        self._socket, self._caller = socket, caller
        self._executor, self._places = executor, places
        self._running: dict[str, anyio.CancelScope] = {}
        # What was completed keeps its room until it is really over.
        self._room = anyio.Semaphore(OPERATIONS)
        self._ended: list[Closed] = []

    async def held(self, over: Awaitable[None]) -> None:
        """Answer until they leave, or it is over. Raises `Closed`."""
        async with anyio.create_task_group() as group:

            async def until_then() -> None:
                await over
                self._ended.append(Closed(Close.FORBIDDEN, "The token is good no more."))
                group.cancel_scope.cancel()

            async def listen() -> None:
                try:
                    while True:
                        await self._take(await message_of(self._socket), group)
                except Closed as closed:
                    self._ended.append(closed)
                except WebSocketDisconnect:
                    pass
                group.cancel_scope.cancel()

            group.start_soon(until_then)
            group.start_soon(listen)
        if self._ended:
            raise self._ended[0]

    async def _take(self, message: Mapping[str, Any], group: TaskGroup) -> None:
        id_ = message.get("id")
        match message["type"]:
            case "ping":
                await self._tell({"type": "pong"})
            case "pong":
                pass
            case "connection_init":
                raise Closed(Close.INIT_TWICE, "connection_init comes once.")
            case "complete" if isinstance(id_, str):
                if id_ in self._running:
                    self._running.pop(id_).cancel()
            case "subscribe" if isinstance(id_, str) and 0 < len(id_) <= _LONGEST_ID:
                await self._begin(id_, message.get("payload"), group)
            case _:
                raise Closed(Close.BAD_MESSAGE, "This is no message of the protocol.")

    async def _begin(self, id_: str, payload: object, group: TaskGroup) -> None:
        if id_ in self._running:
            raise Closed(Close.ID_TAKEN, "This id is of an operation that still runs.")
        if len(self._running) >= OPERATIONS:
            # Told from here: whoever does not read this is not listened to meanwhile.
            await self._error(id_, plain(*FULL))
            return
        await self._room.acquire()
        scope = self._running[id_] = anyio.CancelScope()
        group.start_soon(self._run, id_, payload, scope, group)

    async def _run(
        self, id_: str, payload: object, scope: anyio.CancelScope, group: TaskGroup
    ) -> None:
        try:
            with scope:
                await self._answer(id_, payload)
        except Lost:
            self._ended.append(Closed(Close.TRY_AGAIN, "Try again."))
            group.cancel_scope.cancel()
        except WebSocketDisconnect:
            group.cancel_scope.cancel()
        finally:
            self._room.release()
            if self._running.get(id_) is scope:
                del self._running[id_]

    async def _answer(self, id_: str, payload: object) -> None:
        try:
            found = await self._found(payload)
            if isinstance(found, Live):
                with self._places.one(self._caller.principal.person):
                    async for body in unfailing(found.events()):
                        await self._next(id_, body)
            elif found.status == 200:  # noqa: PLR2004
                await self._next(id_, found.body)
            else:
                await self._error(id_, found.body)
                return
        except Full:
            await self._error(id_, plain(*FULL))
        except Stopped as stopped:
            await self._error(id_, stopped.answer.body)
        else:
            await self._tell({"type": "complete", "id": id_})

    async def _found(self, payload: object) -> Answer | Live:
        with metrics.answered("graphql") as labels:
            try:
                request = request_of(payload)
                # What was begun is done to its end, as over HTTP, though nobody may hear of it.
                found = await whole(worked(self._executor.watch(self._caller.principal, request)))
            except Stopped as stopped:
                labels["outcome"] = metrics.outcome_of(stopped.answer.status)
                # One operation's fault is told of it; where the database is gone, all begin anew.
                raise (Lost() if stopped.code == UNAVAILABLE else stopped) from None
            labels["outcome"] = metrics.outcome_of(found.status)
            if found.kind:
                labels["operation"] = f"graphql.{found.kind}"
        return found

    async def _next(self, id_: str, body: bytes) -> None:
        # A body is JSON already, and is sent as it came out of the database.
        head = b'{"type":"next","id":' + orjson.dumps(id_) + b',"payload":'
        await self._say((head + body + b"}").decode())

    async def _error(self, id_: str, body: bytes) -> None:
        errors = orjson.loads(body)["errors"]
        await self._tell({"type": "error", "id": id_, "payload": errors})

    async def _tell(self, message: Mapping[str, Any]) -> None:
        await self._say(orjson.dumps(message).decode())

    async def _say(self, text: str) -> None:
        try:
            await self._socket.send_text(text)
        except RuntimeError:  # the line was closed meanwhile, by another or for its silence
            raise WebSocketDisconnect from None
