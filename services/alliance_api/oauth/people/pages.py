"""Pages: templates that escape, under a policy that lets nothing in and nothing out."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chassis.problems import headers

from ..requests import Asked
from .arrival import Arrival
from .texts import LANGUAGES, words

FOLDER: Final = Path(str(files("alliance_api.oauth.people")))
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src {scripts}; "
    "form-action 'self'{beyond}; frame-ancestors 'none'; base-uri 'none'"
)
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\]")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,60}")
_DEVICE_SECONDS: Final = 180 * 86_400
_LANGUAGE_SECONDS: Final = 365 * 86_400


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["languages"] = {one: words(one)["language"] for one in LANGUAGES}
    return made


def page(  # noqa: PLR0913  (each is a part of an answer)
    arrival: Arrival,
    template: str,
    /,
    status: int = 200,
    *,
    asked: Asked | None = None,
    here: str = "/account",
    scripts: bool = False,
    errors: dict[str, str] | None = None,
    wait: int | None = None,
    **values: Any,
) -> Response:
    """Answer with a page.

    `asked` is the request it may end: browsers need its origin in the policy, because a form that
    is answered with a redirect goes there. `here` is where the language links lead. `errors` are
    fields and what is wrong with each. `wait` is seconds.
    """
    text = (
        _templates()
        .get_template(template)
        .render(
            t=arrival.texts,
            language=arrival.texts.language,
            form_key=arrival.form_key,
            aim=arrival.aim.given,
            here=here,
            errors=errors or {},
            session=arrival.session,
            scripts=scripts,
            **values,
        )
    )
    policy = _POLICY.format(
        scripts="'self'" if scripts else "'none'",
        beyond="" if asked is None else f" {origin_of(asked.redirect_uri)}".rstrip(),
    )
    given = {**headers(policy), "content-language": arrival.texts.language}
    given |= {"cross-origin-opener-policy": "same-origin", "vary": "Accept-Language, Cookie"}
    if wait is not None:
        given["retry-after"] = str(wait)
    return with_cookies(arrival, HTMLResponse(text, status, given))


def go(arrival: Arrival, location: str) -> Response:
    """Send the browser on, by GET."""
    given = headers("default-src 'none'; frame-ancestors 'none'")
    return with_cookies(arrival, RedirectResponse(location, 303, given))


def with_cookies(arrival: Arrival, response: Response) -> Response:
    """Add the cookies that changed."""
    house = arrival.house
    token = arrival.next_token or (arrival.token if arrival.is_new else None)
    kept: list[tuple[str, str | None, int | None]] = [
        (house.cookie, token, None),
        (house.device_cookie, arrival.next_device, _DEVICE_SECONDS),
        (house.language_cookie, arrival.chosen, _LANGUAGE_SECONDS),
    ]
    for name, value, seconds in kept:
        if value is not None:
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                path="/",
                secure=house.is_secure,
                httponly=True,
                samesite="lax",
            )
    return response


def origin_of(redirect_uri: str) -> str:
    """Return what a policy calls the place that an address leads to, or nothing if it has no name."""
    parts = urlsplit(redirect_uri)
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme}:" if _SCHEME.fullmatch(parts.scheme) else ""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}" if _HOST.fullmatch(host) else ""
