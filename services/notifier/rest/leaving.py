"""`/u/{token}`: the link by which one leaves a kind of reminder, without a log-in, and nothing else.

Mail scanners open every link, so GET only shows a button. POST does it, also the one that mail
programs send by themselves (RFC 8058).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.problems import headers
from notifier.links import Links

from .own import Desk

_STYLE = "body{font:1.1rem/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.2rem}"
# A form may go back to this page only; nothing may be loaded from anywhere.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_ASK = (
    "Stop these reminders?",
    '<form method="post"><button>Yes, stop them</button></form>',
)
_DONE = ("Done.", "<p>You will get no more of these. Others are not touched.</p>")
_UNKNOWN = (
    "This link does not work.",
    "<p>It may be too old. Your other settings are as they were.</p>",
)


def _page(said: tuple[str, str], status: int = 200) -> Response:
    title, rest = said
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1>{rest}</html>"
    )
    return HTMLResponse(text, status, headers(POLICY))


def routes(links: Links, desk: Desk) -> list[BaseRoute]:
    """Return the page's route."""

    async def answer(request: Request) -> Response:
        found = links.read(request.path_params["token"])
        if found is None:
            return _page(_UNKNOWN, 404)
        if request.method != "POST":
            return _page(_ASK)
        await desk.leave(*found)
        return _page(_DONE)

    return [Route("/u/{token}", answer, methods=["GET", "POST"])]
