"""GET /v1/cases/{case}/charts/{instrument}.svg and .png: a trajectory as a picture.

A stored GraphQL document and pure maps: the picture holds what the same principal would read.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio
import psycopg
import sqlalchemy.exc
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from alliance_api.charter.principal import Principal
from alliance_api.instruments.forms import definition, headline_scale
from chassis.problems import Unauthorised
from chassis.problems import headers as carried

from . import png, reading, svg, words
from .problems import Refused
from .values import Chart

POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
DENSITIES: Final = (1, 3, 2)
WIDTHS: Final = (svg.NARROWEST, svg.WIDEST, svg.USUAL)

Authenticate = Callable[[str | None], Awaitable[Principal]]
# Answers a stored document as a principal, or with None if it would not: the one read path, given
# by the composition root.
Read = Callable[[Principal, str, dict[str, Any]], Awaitable[Mapping[str, Any] | None]]

# A database that cannot, and a drawing that took too long or whose process died.
_PASSING = (psycopg.Error, sqlalchemy.exc.DBAPIError, TimeoutError, anyio.BrokenWorkerProcess)

_NO_FORM = "There is no such instrument."
_log = logging.getLogger("alliance.charts")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for."""

    case: str
    instrument: str
    scale: str
    width: int
    density: int

    @classmethod
    def of(cls, request: HTTPRequest) -> Asked:
        """Return what is asked for. Raises `Refused`, with the first field to mend."""
        code = request.path_params["instrument"]
        form = definition(code)
        if form is None:
            raise Refused(404, "UNKNOWN_INSTRUMENT", _NO_FORM, "instrument")
        scales = {scale.key for scale in form.scales}
        # No form has a scale without a name: one that must not be summed up has to be told.
        scale = request.query_params.get("scale", headline_scale(code) or "")
        if scale not in scales:
            told = f"This instrument's scales are: {', '.join(sorted(scales))}."
            raise Refused(400, "UNKNOWN_SCALE", told, "scale")
        return cls(
            request.path_params["case"],
            code,
            scale,
            _whole(request, "width", WIDTHS),
            _whole(request, "density", DENSITIES),
        )

    @property
    def name(self) -> str:
        """How the picture is called among others on a page."""
        return f"chart-{self.instrument}-{self.scale}".replace(".", "-")


def _whole(request: HTTPRequest, field: str, bounds: tuple[int, int, int]) -> int:
    least, most, usual = bounds
    given = request.query_params.get(field, str(usual))
    # Four digits are more than anybody needs, and fewer than Python refuses to read.
    if given.isascii() and given.isdecimal() and len(given) <= len(str(most)):
        number = int(given)
        if least <= number <= most:
            return number
    told = f"`{field}` is a whole number from {least} to {most}."
    raise Refused(400, "ARGUMENT_OUT_OF_RANGE", told, field)


def routes(read: Read, authenticate: Authenticate) -> list[BaseRoute]:
    """Return the chart's routes: one picture in two formats."""

    async def drawn(request: HTTPRequest) -> tuple[Asked, Chart, str]:
        principal = await _principal(authenticate, request)
        asked = Asked.of(request)
        given = reading.variables(asked.case, asked.instrument, asked.scale)
        data = await read(principal, reading.DOCUMENT, given)
        # The document and all but the id are ours: what would not be read has no such id.
        if data is None or data["case"] is None:
            told = "There is no such case, or you may not see it."
            raise Refused(404, "NOT_FOUND", told, "case")
        # A translation may be known by its name, and not be loaded here.
        if data["instrument"] is None:
            raise Refused(404, "UNKNOWN_INSTRUMENT", _NO_FORM, "instrument")
        chart = reading.chart(asked.instrument, asked.scale, data["case"])
        return asked, chart, svg.picture(chart, asked.width, asked.name)

    async def as_svg(request: HTTPRequest) -> Response:
        *_, picture = await drawn(request)
        return Response(picture, 200, carried(POLICY), "image/svg+xml")

    limiter = anyio.CapacityLimiter(png.AT_ONCE)

    async def as_png(request: HTTPRequest) -> Response:
        asked, chart, picture = await drawn(request)
        told = {"Title": chart.title, "Description": words.description(chart)}
        body = await png.rendered(picture, asked.density, told, limiter)
        return Response(body, 200, carried(POLICY), "image/png")

    path = "/v1/cases/{case}/charts/{instrument}"
    return [Route(f"{path}.svg", _answering(as_svg)), Route(f"{path}.png", _answering(as_png))]


async def _principal(authenticate: Authenticate, request: HTTPRequest) -> Principal:
    try:
        return await authenticate(request.headers.get("authorization"))
    except Unauthorised as refused:
        header = {"www-authenticate": refused.challenge}
        raise Refused(401, "UNAUTHENTICATED", refused.message, headers=header) from None


def _answering(
    make: Callable[[HTTPRequest], Awaitable[Response]],
) -> Callable[[HTTPRequest], Awaitable[Response]]:
    """Answer with problems, and tell a log no more of an error than its type."""

    async def answer(request: HTTPRequest) -> Response:
        try:
            return await make(request)
        except Refused as refused:
            return refused.response()
        except _PASSING as error:
            _log.error("chart.unavailable", extra={"exception.type": type(error).__name__})
            told, wait = "This could not be read or drawn now. Try again.", {"retry-after": "1"}
            return Refused(503, "UNAVAILABLE", told, headers=wait).response()
        except Exception as error:  # noqa: BLE001  (what is not foreseen must not tell what it saw)
            _log.error("chart.failed", extra={"exception.type": type(error).__name__})
            return Refused(500, "INTERNAL", "Something went wrong here.").response()

    return answer
