"""GraphQL over HTTP: a small ASGI application, so that little stands before the database.

Order matters: who is asking comes first (401 before a byte of the document is parsed), then sizes,
then the document, then its cost, then the database.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

import psycopg
from graphql import Source
from opentelemetry import trace
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from alliance_api.charter.principal import Principal
from chassis import metrics
from chassis.database import CANNOT, state_of
from chassis.places import Full, Places
from chassis.problems import ALWAYS, Unauthorised
from chassis.strict_json import BadJson, parse

from .errors import plain
from .execute import Answer, Executor, Request
from .live import Live
from .sse import EVENT_STREAM, Stream
from .watching import FULL, Callers, unfailing, until_over

LARGEST_BODY = 64 * 1024
RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
UNAVAILABLE = "UNAVAILABLE"

_WRONG = "Something went wrong here. A mutation can be sent again with the same key."
# Connections, resources, locks, operators and races: classes of SQLSTATE that pass.
_PASSING = ("08", "53", "55", "57", "40")

_log = logging.getLogger("alliance.graphql")
_tracer = trace.get_tracer("alliance.graphql")


class Stopped(Exception):  # noqa: N818  (an expected outcome, not an error)
    """A request that ends before it is executed."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *headers: tuple[bytes, bytes],
        at: tuple[Source, int] | None = None,
    ) -> None:
        """Keep the answer; `at` is a text and the place in it that is meant."""
        super().__init__(code)
        self.code = code
        self.answer = Answer(status, plain(code, message, at))
        self.headers = headers


class GraphQLHTTP:
    """POST /graphql."""

    def __init__(self, executor: Executor, callers: Callers, places: Places) -> None:
        """Keep who executes, who says who asks, and the places of those who watch."""
        self._executor = executor
        self._callers = callers
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = Headers(scope=scope)
        try:
            # How long somebody watches is no duration of a request.
            found = await self._noted(scope, headers, receive)
            if isinstance(found, Live):
                with self._places.one(found.principal.person):
                    await self._watched(found, headers, Stream(receive, send))
                return
            answer, extra = found
        except Full:
            stopped = Stopped(503, *FULL, (b"retry-after", b"5"))
            answer, extra = stopped.answer, stopped.headers
        if answer.status == HTTPStatus.OK and _wants_only_events(headers):
            await Stream(receive, send).once(answer.body)
        else:
            await _send(send, answer, _media_type(headers), extra)

    async def _watched(self, live: Live, headers: Headers, stream: Stream) -> None:
        over = until_over(self._callers, headers["authorization"])
        await stream.events(unfailing(live.events()), over)

    async def _noted(
        self, scope: Scope, headers: Headers, receive: Receive
    ) -> tuple[Answer, tuple[tuple[bytes, bytes], ...]] | Live:
        extra: tuple[tuple[bytes, bytes], ...] = ()
        with (
            metrics.answered("graphql") as labels,
            _tracer.start_as_current_span("POST /graphql") as span,
        ):
            try:
                found = await self._answer(scope, headers, receive)
            except Stopped as stopped:
                found, extra = stopped.answer, stopped.headers
            labels["outcome"] = metrics.outcome_of(found.status)
            span.set_attribute("http.response.status_code", found.status)
            if found.kind:
                labels["operation"] = f"graphql.{found.kind}"
                span.set_attribute("graphql.operation.type", found.kind)
                span.set_attribute("graphql.document.hash", found.document)
        return found if isinstance(found, Live) else (found, extra)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive) -> Answer | Live:
        principal = await self._principal(headers, scope)
        if scope["method"] != "POST":
            raise Stopped(405, "METHOD_NOT_ALLOWED", "Send a POST.", (b"allow", b"POST"))
        if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Stopped(415, "UNSUPPORTED_MEDIA_TYPE", f"Send {JSON}.")
        request = read_request(await _body(headers, receive))
        watches = EVENT_STREAM in headers.get("accept", "")
        work = self._executor.watch if watches else self._executor.execute
        return await worked(work(principal, request))

    async def _principal(self, headers: Headers, scope: Scope) -> Principal:
        try:
            return await self._callers(headers.get("authorization"), scope)
        except CANNOT as error:
            # Whether a token was revoked cannot be asked: then it is not taken.
            raise _unavailable(error) from None
        except Unauthorised as refused:
            told = [(name.encode(), value.encode()) for name, value in refused.headers.items()]
            raise Stopped(401, "UNAUTHENTICATED", refused.message, *told) from None


async def worked(work: Awaitable[Answer | Live]) -> Answer | Live:
    """Return what an executor does. Raises `Stopped`, which tells nothing of what went wrong."""
    try:
        return await work
    except CANNOT as error:
        raise _unavailable(error) from None
    except Exception as error:  # noqa: BLE001   # what is not foreseen must not tell what it saw
        _log.error("graphql.failed", extra={"exception.type": type(error).__name__})
        raise Stopped(500, "INTERNAL", _WRONG) from None


async def _body(headers: Headers, receive: Receive) -> bytes:
    too_large = Stopped(413, "BODY_TOO_LARGE", f"A request has at most {LARGEST_BODY} bytes.")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > LARGEST_BODY:
        raise too_large
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Stopped(400, "DISCONNECTED", "The request ended early.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            raise too_large
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def read_request(body: bytes) -> Request:
    """Return the request in a body. Raises `Stopped`."""
    try:
        found = parse(body)
    except BadJson as error:
        raise Stopped(400, "BAD_JSON", error.message, at=_place(body, error)) from None
    return request_of(found)


def request_of(found: object) -> Request:
    """Return the request in a JSON value. Raises `Stopped`."""
    if isinstance(found, list):
        raise Stopped(400, "BATCH_NOT_ALLOWED", "Send one operation a request.")
    if not isinstance(found, dict) or not isinstance(found.get("query"), str):
        raise Stopped(400, "BAD_REQUEST", "Send an object with the document as `query`.")
    variables, name = _member(found, "variables"), found.get("operationName")
    if not isinstance(variables, dict):
        raise Stopped(400, "BAD_REQUEST", "`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise Stopped(400, "BAD_REQUEST", "`operationName` must be a string.")
    if not isinstance(_member(found, "extensions"), dict):
        raise Stopped(400, "BAD_REQUEST", "`extensions` must be an object.")
    return Request(found["query"], name or None, variables, _trace_id())


def _member(body: dict[str, Any], name: str) -> object:
    # Null is as good as nothing; false, 0, "" and [] are mistakes of whoever sent them.
    value = body.get(name)
    return {} if value is None else value


def _place(body: bytes, error: BadJson) -> tuple[Source, int] | None:
    if error.position is None:
        return None
    return Source(body.decode(errors="replace")), error.position


def _trace_id() -> str:
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""


def _unavailable(error: Exception) -> Stopped:
    state = state_of(error)
    # The class of an error says what happened; its message may hold what somebody wrote.
    _log.error(
        "graphql.database", extra={"exception.type": type(error).__name__, "error.type": state}
    )
    if state == psycopg.errors.QueryCanceled.sqlstate:
        return Stopped(503, "TIMEOUT", "This took too long. Ask for less, or try again.")
    if not state.startswith(_PASSING):
        return Stopped(500, "INTERNAL", _WRONG)
    header = (b"retry-after", b"1")
    return Stopped(503, UNAVAILABLE, "The database is not reachable. Try again.", header)


def _wants_only_events(headers: Headers) -> bool:
    accepted = headers.get("accept", "")
    return EVENT_STREAM in accepted and "json" not in accepted and "*/*" not in accepted


def _media_type(headers: Headers) -> bytes:
    accepted = headers.get("accept", "")
    media = RESPONSE_JSON if RESPONSE_JSON in accepted else JSON
    return f"{media}; charset=utf-8".encode()


async def _send(
    send: Send, answer: Answer, media_type: bytes, extra: tuple[tuple[bytes, bytes], ...]
) -> None:
    headers: list[Any] = [
        (b"content-type", media_type),
        (b"content-length", str(len(answer.body)).encode()),
        *ALWAYS,
        *extra,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
