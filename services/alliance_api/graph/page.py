"""The GraphiQL page: shipped with us, so that it works where there is no internet."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from chassis.problems import headers

FOLDER = Path(str(resources.files("alliance_api.graph"))) / "graphiql"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def routes() -> list[BaseRoute]:
    """Return the page and its files."""

    async def page(_: Request) -> Response:
        return FileResponse(FOLDER / "index.html", headers=headers(POLICY))

    return [
        Route("/graphql", page, methods=["GET"]),
        Mount("/graphql/assets", StaticFiles(directory=FOLDER)),
    ]
