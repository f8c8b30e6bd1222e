"""GET /v1/cases/{case}/charts/{instrument}.svg and .png: a trajectory as a picture.

A stored GraphQL document and pure maps: the picture holds what the same principal would read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import anyio
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from alliance_api.instruments.forms import definition, headline_scale
from chassis.problems import headers as carried
from chassis.refused import Refused

from ..answering import Authenticate, Read, answering, principal_of
from . import png, reading, svg, words
from .values import Chart

POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
DENSITIES: Final = (1, 3, 2)
WIDTHS: Final = (svg.NARROWEST, svg.WIDEST, svg.USUAL)

_NO_FORM = "There is no such instrument."
_PASSING = "This could not be read or drawn now. Try again."


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
        principal = await principal_of(authenticate, request)
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
    kinds = (("svg", as_svg), ("png", as_png))
    return [Route(f"{path}.{kind}", answering(draw, "chart", _PASSING)) for kind, draw in kinds]
