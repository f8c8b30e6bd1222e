"""The people pages over real HTTP, and browsers without a script that visit them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import httpx
import orjson
import pyotp
import uvicorn
from argon2 import Parameters
from starlette.applications import Starlette

from alliance_api.app import masters_of
from alliance_api.charter.principal import Principal
from alliance_api.graph.execute import Executor, Request
from alliance_api.oauth.people import invitations
from alliance_api.oauth.people.gatehouse import Gatehouse
from alliance_api.oauth.people.passwords import OWASP, Passwords
from alliance_api.oauth.people.routes import routes
from alliance_api.oauth.people.upstream import Provider
from alliance_api.store.transaction import Database
from chassis.vault import Vault
from tests.house import House
from tests.pages import Form, Page
from tests.people import Clinic, Person

# As little work as Argon2 allows: what is tested is that it is done.
QUICK = Parameters(OWASP.type, OWASP.version, 16, 32, 1, 8, 1)
PASSWORD = "a quiet place by the river"


class Clock:
    """A clock that can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @contextmanager
    def later(self, **units: float) -> Iterator[None]:
        """Let it be later inside."""
        before, self.ahead = self.ahead, self.ahead + timedelta(**units)
        yield
        self.ahead = before


class Where(Protocol):
    """A server that a browser visits, and its clock."""

    address: str
    clock: Clock


class Door:
    """The pages, served on a loopback port by a server and an event loop of their own."""

    def __init__(
        self,
        house: House,
        providers: Mapping[str, Provider] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.house = house
        self.clock = Clock()
        self.passwords = Passwords(QUICK)
        self.devices: dict[str, str] = {}
        self.browsers: list[Browser] = []
        self.providers: dict[str, Provider] = dict(providers or {})
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=0, log_level="critical")
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self.address = f"http://{host}:{self._socket.getsockname()[1]}"
        self.gatehouse.address = self.address
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def _app(self) -> Starlette:
        settings = self.house.settings()
        masters = masters_of(settings)
        database = Database(self.house.url, size=4, vault=Vault(masters))
        executor = Executor(database, self.clock)

        async def read(principal: Principal, query: str, values: dict[str, Any]) -> Any:
            answer = await executor.execute(principal, Request(query, None, values))
            return orjson.loads(answer.body).get("data")

        async def entered(code: str) -> str | None:
            return self.devices.get(code.upper())

        self.gatehouse = Gatehouse(
            database=database,
            masters=masters,
            read=read,
            clock=self.clock,
            address="http://127.0.0.1",
            passwords=self.passwords,
            providers=self.providers,
            entered=entered,
            plain_http=True,
        )

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            await database.open()
            self._ready.set()
            yield
            await database.close()

        return Starlette(routes=routes(self.gatehouse), lifespan=lifespan)

    def open(self) -> None:
        """Begin to serve."""
        self._thread.start()
        assert self._ready.wait(20)

    def close(self) -> None:
        """Stop."""
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()

    def invite(self, person: Person, name: str | None = None) -> tuple[str, str]:
        """Return a person's log-in name and a link for them, as an operator makes it."""

        async def work() -> tuple[str, str]:
            async with self.house.database.desk() as desk:
                account, secret = await invitations.invite(
                    desk, person.organisation, person.uuid, name=name, by=None, now=self.clock()
                )
            return account.name, f"/account/enrol?invitation={secret}"

        return self.house.run(work)

    def browser(self, **headers: str) -> Browser:
        """Return a browser that has never been here."""
        found = Browser(self, headers)
        self.browsers.append(found)
        return found

    def leave(self) -> list[str]:
        """Close every browser; return what was wrong with the pages that they saw."""
        faults = [fault for browser in self.browsers for fault in browser.faults]
        for browser in self.browsers:
            browser.close()
        self.browsers.clear()
        return faults


@dataclass
class Browser:
    """A browser without a script: it keeps cookies, follows links, sends forms."""

    door: Where
    headers: dict[str, str] = field(default_factory=dict)
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    def __post_init__(self) -> None:
        given = {"accept-language": "en", "user-agent": self.agent, **self.headers}
        # Each browser is on a network of its own, as far as loopback has some.
        self.network = ".".join(["127", *(str(1 + octet % 250) for octet in os.urandom(3))])
        self._http = httpx.Client(
            base_url=self.door.address,
            headers=given,
            transport=httpx.HTTPTransport(local_address=self.network),
        )
        self.response: httpx.Response = httpx.Response(204)
        self.faults: list[str] = []

    @property
    def cookies(self) -> httpx.Cookies:
        return self._http.cookies

    @property
    def token(self) -> str:
        return self._http.cookies.get("alliance") or ""

    @property
    def page(self) -> Page:
        assert self.response.headers["content-type"].startswith("text/html"), self.response
        return Page(self.response.text)

    @property
    def path(self) -> str:
        url = self.response.request.url
        return url.raw_path.decode()

    @property
    def away(self) -> str:
        """Where the last answer leads, off this server."""
        return self.response.headers["location"]

    def get(self, path: str, **headers: str) -> Page:
        """Go somewhere, and on to wherever it leads on this server."""
        return self._on(self._http.get(path, headers=headers))

    def send(
        self,
        form: Form,
        button: str = "",
        headers: Mapping[str, str] | None = None,
        /,
        **values: str | list[str],
    ) -> Page:
        """Fill in a form and send it by one of its buttons."""
        pairs = [(name, value) for name, value in form.values if name and name not in values]
        for name, value in values.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        if button and form.buttons[button][0]:
            pairs.append(form.buttons[button])
        given = {
            "origin": "null",
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        answer = self._http.post(form.action, content=urlencode(pairs), headers=given)
        return self._on(answer)

    def _on(self, answer: httpx.Response) -> Page:
        for _ in range(10):
            self.response = answer
            if answer.status_code != 303:
                found = self.page
                self.faults += [f"{self.path}: {fault}" for fault in found.faults]
                return found
            location = answer.headers["location"]
            if urlsplit(location).scheme and not location.startswith(self.door.address):
                return Page(EMPTY)
            answer = self._http.get(location)
        raise AssertionError("a circle of redirects")

    def press(self, action: str, holding: str = "", **values: str | list[str]) -> Page:
        """Send the form of this page that goes there."""
        return self.send(self.page.form(action, holding), **values)

    def enrol(self, link: str, password: str = PASSWORD) -> Page:
        """Set up an account by a password."""
        self.get(link)
        return self.press("/account/enrol", "password", password=password, again=password)

    def add_app(self) -> tuple[str, list[str]]:
        """Set up an authenticator app from a page that offers it; return its key and the codes."""
        found = self.press("/account/app")
        seed = next(one for one in found.all("code") if one.get("class") == "seed").text
        seed = seed.replace(" ", "")
        now = self.door.clock().timestamp()
        done = self.press("/account/app/confirm", code=pyotp.TOTP(seed).at(int(now)))
        return seed, [one.text for one in done.all("code")]

    def sign_in(self, name: str, password: str = PASSWORD, query: str = "") -> Page:
        """Sign in by name and password."""
        self.get(f"/account/sign-in{query}")
        return self.press("/account/sign-in", "password", name=name, password=password)

    def plant(self, name: str, value: str) -> None:
        """Set a cookie, as who has the browser in hand for a moment could."""
        self._http.cookies.set(name, value, domain="127.0.0.1")

    def close(self) -> None:
        self._http.close()


@contextmanager
def opened(house: House, host: str = "127.0.0.1") -> Iterator[Door]:
    """Serve the pages over a house; passkeys want `localhost`, because an address is no name."""
    found = Door(house, host=host)
    found.open()
    yield found
    found.close()


def out(browser: Browser) -> None:
    """Sign a browser out."""
    browser.get("/account")
    browser.press("/account/sign-out")


EMPTY = (
    "<!doctype html>\n<html lang='en'><title>-</title><a href='#m'>-</a><header></header>"
    "<main id='m'><h1>-</h1></main><footer><nav></nav></footer></html>"
)


def a_client(house: House, organisation: UUID | None, redirect: str, scopes: list[str]) -> str:
    """Register an application; return its id."""
    made = f"app-{uuid4().hex[:12]}"
    house.change(
        "INSERT INTO oauth.clients (id, name, organisation_id, application, method, profile, "
        "grants, redirect_uris, scopes, made_at, made_by) VALUES (%s, 'River Journal', %s, "
        "'native', 'none', 'SMART', '{authorization_code}', %s, %s, now(), 'tests')",
        made,
        organisation,
        [redirect],
        scopes,
    )
    return made


def a_request(
    house: House,
    client: str,
    redirect: str,
    scopes: list[str],
    *,
    organisation: UUID | None = None,
    prompt: list[str] | None = None,
    max_age: int | None = None,
    launch: dict[str, str] | None = None,
    kind: str = "ASKED",
    issuer: str = "https://house.test",
) -> str:
    """Store a validated authorization request; return its id."""
    from alliance_api.oauth.opaque import hashed

    made = uuid4().hex + uuid4().hex[:11]
    device = None
    if kind == "DEVICE":
        device = hashed(f"device-{made}")
        house.change(
            "INSERT INTO oauth.devices (hash, user_code_hash, client_id, scopes, seconds, "
            "expires_at) VALUES (%s, %s, %s, %s, 5, now() + interval '10 minutes')",
            device,
            hashed(f"code-{made}"),
            client,
            scopes,
        )
    house.change(
        "INSERT INTO oauth.requests (hash, kind, client_id, organisation_id, issuer, redirect_uri, "
        "scopes, state, challenge, prompt, max_age, launch, device_hash, expires_at) VALUES "
        "(%s, %s, %s, %s, %s, %s, %s, 'st', 'ch', %s, %s, %s, %s, now() + interval '15 minutes')",
        hashed(made),
        kind,
        client,
        organisation,
        issuer,
        redirect,
        scopes,
        prompt or [],
        max_age,
        json.dumps(launch or {}),
        device,
    )
    return made


def staffed(clinic: Clinic) -> dict[str, Person]:
    """Return who works in a clinic, by how."""
    return {name: clinic.people[name] for name in ("therapist", "supervisor", "manager")}
