"""One request of a browser: its cookies, its form, who is signed in; and what may not pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from ..networks import network_of
from . import sessions
from .aims import Aim, aim_of
from .chance import form_key, is_secret, new_secret, same
from .gatehouse import Gatehouse
from .sessions import Session
from .texts import LANGUAGES, Texts, preferred

FORM: Final = "application/x-www-form-urlencoded"
LARGEST: Final = 64 * 1024
MOST_FIELDS: Final = 200
_LONGEST_BROWSER: Final = 60


class Elsewhere(Exception):  # noqa: N818  (an expected outcome, not an error)
    """The person has to go somewhere else first; `location` is one of our own paths."""

    def __init__(self, location: str) -> None:
        """Keep the path."""
        super().__init__("elsewhere")
        self.location = location


class Stop(Exception):  # noqa: N818  (an expected outcome, not an error)
    """The request ends with a message: `errors.KEY.title` and `.text`."""

    def __init__(self, status: int, key: str) -> None:
        """Keep what to answer."""
        super().__init__(key)
        self.status = status
        self.key = key


@dataclass
class Arrival:
    """What came, and what the answer must carry back."""

    house: Gatehouse
    request: Request
    token: str
    is_new: bool
    texts: Texts
    chosen: str | None
    device: str | None
    form: dict[str, list[str]] = field(default_factory=dict)
    session: Session | None = None
    # A new secret for the cookie, and one for the cookie of a known device.
    next_token: str | None = None
    next_device: str | None = None

    def value(self, name: str, longest: int = 500) -> str:
        """Return a field of the form, or nothing."""
        return (self.form.get(name) or [""])[0][:longest]

    @property
    def aim(self) -> Aim:
        """What this is for."""
        given = self.request.query_params
        return aim_of(given) if not self.form else aim_of({k: v[0] for k, v in self.form.items()})

    @property
    def network(self) -> str:
        """From where."""
        return network_of(self.request.client.host if self.request.client else "")

    @property
    def browser(self) -> str:
        """Which browser on which system, in a few words of our own: no more is kept of it."""
        return browser_of(self.request.headers.get("user-agent", ""))

    @property
    def form_key(self) -> str:
        """What the forms of the answer carry."""
        return form_key(self.next_token or self.token)

    def signed_in(self) -> Session:
        """Return who is signed in. Raises `Elsewhere` where nobody is, or has not finished."""
        if self.session is None:
            raise Elsewhere(f"/account/sign-in{self.aim.query}")
        if self.session.unfinished:
            raise Elsewhere("/account/second-step")
        return self.session

    def recently(self) -> Session:
        """Return who signed in a moment ago. Raises `Elsewhere`."""
        session = self.session
        if session is not None and session.unfinished:
            return session
        session = self.signed_in()
        if not session.is_recent(self.house.now()):
            raise Elsewhere("/account/sign-in?to=account")
        return session


def meet(house: Gatehouse, request: Request) -> Arrival:
    """Read a request's cookies and language."""
    cookie = request.cookies.get(house.cookie, "")
    known = is_secret(cookie)
    device = request.cookies.get(house.device_cookie, "")
    chosen = _chosen(request)
    return Arrival(
        house=house,
        request=request,
        token=cookie if known else new_secret(),
        is_new=not known,
        texts=Texts(chosen or _language(house, request)),
        chosen=chosen,
        device=device if is_secret(device) else None,
    )


async def admit(arrival: Arrival) -> None:
    """Read its form, and who is signed in. Raises `Stop` for a form that is not of a page of ours."""
    if arrival.request.method == "POST":
        arrival.form = await _form(arrival.request)
        _check_form(arrival)
    if not arrival.is_new:
        house = arrival.house
        async with house.database.desk() as desk:
            arrival.session = await sessions.found(desk, arrival.token, house.now())


def _chosen(request: Request) -> str | None:
    asked = request.query_params.get("language", "")
    return asked if asked in LANGUAGES else None


def _language(house: Gatehouse, request: Request) -> str:
    kept = request.cookies.get(house.language_cookie, "")
    return kept if kept in LANGUAGES else preferred(request.headers.get("accept-language", ""))


async def _form(request: Request) -> dict[str, list[str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Stop(415, "expired")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Stop(413, "large")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Stop(400, "expired") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        # PostgreSQL keeps no NUL, and nobody types one.
        found.setdefault(name, []).append(value.replace("\0", ""))
    return found


def _check_form(arrival: Arrival) -> None:
    """Refuse a form that another site made a browser send, or that is of another sign-in."""
    headers = arrival.request.headers
    # Under our own `no-referrer` a browser names itself `null`; then Sec-Fetch-Site tells more.
    if headers.get("origin", "null") not in (arrival.house.site.origin, "null"):
        raise Stop(403, "expired")
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Stop(403, "expired")
    if arrival.is_new or not same(arrival.value("form_key"), arrival.form_key):
        raise Stop(403, "expired")


_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """Return words for a User-Agent: known names only, so that nothing unforeseen is kept."""
    found = [
        next((name for sign, name in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or "?"
