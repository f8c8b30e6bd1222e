"""Every error of the notifier's routes as a problem that repeats nothing that was sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from chassis.refused import Refused
from notifier.domain.errors import Malformed
from notifier.ledger.store import Unavailable


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
        return Refused(503, "UNAVAILABLE", told, headers={"retry-after": "1"}).response()

    async def other(_: Request, error: Any) -> Response:
        return Refused(error.status_code, "HTTP", HTTPStatus(error.status_code).phrase).response()

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Malformed, malformed)
    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(HTTPException, other)
