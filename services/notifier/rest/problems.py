"""What can be wrong with a request, as RFC 9457 problems that repeat nothing that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.problems import headers
from notifier.domain.errors import Malformed
from notifier.ledger.store import Unavailable

MEDIA_TYPE = "application/problem+json"
POLICY = "default-src 'none'; frame-ancestors 'none'"


class Refused(Exception):  # noqa: N818  (an expected outcome, not an error)
    """A request that ends without what it asked for."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what to answer; `field` is the part of the request to mend."""
        super().__init__(code)
        self.status, self.code, self.message, self.field = status, code, message, field
        self.more = dict(more or {})

    def response(self) -> Response:
        """Return the answer."""
        problem = {
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "field": self.field,
            "detail": self.message,
        }
        always = {**headers(POLICY), **self.more}
        return JSONResponse(problem, self.status, always, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of an app be a problem."""

    async def refused(_: Request, error: Any) -> Response:
        found: Response = error.response()
        return found

    async def invalid(_: Request, error: Any) -> Response:
        # Where it is wrong and of which sort; never the value, which the framework would repeat.
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or None
        told = f"This is not what it should be ({first['type']})."
        return Refused(422, "BAD_INPUT", told, field).response()

    async def malformed(_: Request, error: Any) -> Response:
        return Refused(422, "BAD_INPUT", error.message, error.field).response()

    async def unavailable(_: Request, __: Any) -> Response:
        told = "The database could not be asked now. Try again."
        return Refused(503, "UNAVAILABLE", told, more={"retry-after": "1"}).response()

    async def other(_: Request, error: Any) -> Response:
        return Refused(error.status_code, "HTTP", HTTPStatus(error.status_code).phrase).response()

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Malformed, malformed)
    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(HTTPException, other)
