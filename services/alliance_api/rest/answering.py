"""What the REST routes share: who asks, the one read path, and what becomes of an error."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import anyio
from opentelemetry import trace
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from alliance_api.charter.principal import Principal
from chassis import metrics
from chassis.database import CANNOT
from chassis.problems import Unauthorised
from chassis.refused import Refused


class Authenticate(Protocol):
    """Makes the principal of a request."""

    def __call__(
        self, authorization: str | None, scope: Scope | None = None, /
    ) -> Awaitable[Principal]:
        """Return the principal of a header Authorization; a bound token needs all of the request.

        Raises `Unauthorised`.
        """


# Answers a stored document as a principal, or with None if it would not: the one read path, given
# by the composition root.
Read = Callable[[Principal, str, dict[str, Any]], Awaitable[Mapping[str, Any] | None]]
Answer = Callable[[Request], Awaitable[Response]]

# A database that cannot, and work that took too long or whose process died.
_PASSING = (*CANNOT, TimeoutError, anyio.BrokenWorkerProcess)

_log = logging.getLogger("alliance.rest")
_tracer = trace.get_tracer("alliance.rest")


async def principal_of(authenticate: Authenticate, request: Request) -> Principal:
    """Return who asks. Raises `Refused`."""
    try:
        return await authenticate(request.headers.get("authorization"), request.scope)
    except Unauthorised as refused:
        raise Refused(401, "UNAUTHENTICATED", refused.message, headers=refused.headers) from None


def answering(make: Answer, name: str, unavailable: str) -> Answer:
    """Answer with problems, and tell a log no more of an error than its type.

    `name` begins the log's events; `unavailable` says what could not be done now.
    """

    async def answer(request: Request) -> Response:
        with (
            metrics.answered(name) as labels,
            _tracer.start_as_current_span(f"GET {name}") as span,
        ):
            response = await safely(request)
            labels["operation"] = getattr(request.state, "operation", name)
            labels["outcome"] = metrics.outcome_of(response.status_code)
            span.set_attribute("http.response.status_code", response.status_code)
        return response

    async def safely(request: Request) -> Response:
        try:
            return await make(request)
        except Refused as refused:
            return refused.response()
        except _PASSING as error:
            _note(f"{name}.unavailable", error)
            wait = {"retry-after": "1"}
            return Refused(503, "UNAVAILABLE", unavailable, headers=wait).response()
        except Exception as error:  # noqa: BLE001  (what is not foreseen must not tell what it saw)
            _note(f"{name}.failed", error)
            return Refused(500, "INTERNAL", "Something went wrong here.").response()

    return answer


def _note(event: str, error: Exception) -> None:
    _log.error(event, extra={"exception.type": type(error).__name__})
