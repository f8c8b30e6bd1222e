"""GET /v1/cases/{id}/charts/{instrument}.svg: a trajectory as a picture.

A stored GraphQL document and a pure map: the picture holds what the same principal would read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from alliance_api.charter.principal import Principal
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.pairs import counterpart
from chassis.problems import Unauthorised
from chassis.problems import headers as carried

from .svg import Episode, Panel, Point, picture

DOCUMENT = """query Chart($case: ID!, $instrument: String!, $informant: InformantRole!,
    $other: String!, $otherInformant: InformantRole!, $scale: String!) {
  case(id: $case) {
    own: trajectory(instrument: $instrument, informant: $informant, scale: $scale) { ...T }
    other: trajectory(instrument: $other, informant: $otherInformant, scale: $scale) { ...T }
  }
}
fragment T on Trajectory {
  instrumentCode informant scale centre lower upper
  points { raw minimum maximum takenAt session { number } }
  ruptures {
    start { session { number } } nadir { session { number } } repair { session { number } }
    method { id }
  }
}"""
# The rule that raises signals; those that look back are for reading, not for drawing.
LIVE = frozenset({"rupture-chart", "rupture-fall-from-usual"})
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

Authenticate = Callable[[str | None], Awaitable[Principal]]
# Answers a stored document as a principal: the one read path, given by the composition root.
Read = Callable[[Principal, str, dict[str, Any]], Awaitable[Mapping[str, Any]]]


def routes(read: Read, authenticate: Authenticate) -> list[BaseRoute]:
    """Return the chart's route."""

    async def chart(request: HTTPRequest) -> Response:
        try:
            principal = await authenticate(request.headers.get("authorization"))
        except Unauthorised as refused:
            return _plain(401, refused.message, {"www-authenticate": refused.challenge})
        code, scale = request.path_params["instrument"], request.query_params.get("scale", "total")
        if code not in load_all():
            return _plain(404, "There is no such instrument.")
        found = await _case(read, principal, request.path_params["case"], code, scale)
        if found is None:
            return _plain(404, "There is no such case, or you may not see it.")
        return _response(200, _drawn(code, found), "image/svg+xml")

    return [Route("/v1/cases/{case}/charts/{instrument}.svg", chart)]


async def _case(
    read: Read, principal: Principal, case: str, code: str, scale: str
) -> Mapping[str, Any] | None:
    other = counterpart(code)
    variables = {
        "case": case,
        "instrument": code,
        "informant": load_all()[code].informant.value,
        "other": other or "",
        "otherInformant": load_all()[other].informant.value if other else "CLIENT",
        "scale": scale,
    }
    data = await read(principal, DOCUMENT, variables)
    found: Mapping[str, Any] | None = data["case"]
    return found


def _drawn(code: str, found: Mapping[str, Any]) -> str:
    series = [one for one in (found["own"], found["other"]) if one is not None]
    panels = [_panel(one) for one in series if one["points"]]
    told = "; ".join(f"{panel.title}, {len(panel.points)} ratings" for panel in panels)
    return picture(load_all()[code].name, told or "Nothing that you may see.", panels)


def _panel(series: Mapping[str, Any]) -> Panel:
    points = [
        Point(row["session"]["number"], row["raw"], row["takenAt"][:10])
        for row in series["points"]
        if row["session"] is not None and row["raw"] is not None
    ]
    first = series["points"][0]
    name = load_all()[series["instrumentCode"]].name
    return Panel(
        title=f"{series['informant'].title()}: {name}, {series['scale']}",
        minimum=first["minimum"],
        maximum=first["maximum"],
        points=points,
        centre=series["centre"],
        lower=series["lower"],
        upper=series["upper"],
        episodes=[found for one in series["ruptures"] if (found := _episode(one)) is not None],
    )


def _episode(rupture: Mapping[str, Any]) -> Episode | None:
    start, nadir = _number(rupture["start"]), _number(rupture["nadir"])
    if rupture["method"]["id"] not in LIVE or start is None or nadir is None:
        return None
    return Episode(start, nadir, _number(rupture["repair"]))


def _number(measurement: Mapping[str, Any] | None) -> int | None:
    if measurement is None or measurement["session"] is None:
        return None
    number: int = measurement["session"]["number"]
    return number


def _plain(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return _response(status, message + "\n", "text/plain; charset=utf-8", headers)


def _response(
    status: int, body: str, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(body, status, {**carried(POLICY), **(headers or {})}, media_type)
