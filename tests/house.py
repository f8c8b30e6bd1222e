"""The house as tests and evidence live in it: PostgreSQL, a migrated database, the app, people.

One embedded server per run, shared by every worker; one template, migrated once; each worker works
in its own copy, and each test in its own organisation. `ALLIANCE_TEST_DATABASE_URL`, the URL of a
superuser of any PostgreSQL 18, takes the embedded server's place.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import psycopg
import sqlalchemy
from anyio.from_thread import BlockingPortal, start_blocking_portal
from psycopg import sql
from starlette.types import ASGIApp

from alliance_api.app import Front, create_app, masters_of
from alliance_api.settings import Settings
from alliance_api.store import migrate
from alliance_api.store.transaction import Database
from chassis import embedded
from chassis.database import address
from chassis.masters import BYTES, Ring
from chassis.migrating import ensure_database
from chassis.tokens import mint, new_key
from chassis.vault import Vault

T = TypeVar("T")

RUN = "ALLIANCE_TEST_RUN"
GIVEN = "ALLIANCE_TEST_DATABASE_URL"
ISSUER = "https://issuer.test"
# Where the house itself is, which gives tokens of its own besides.
ORIGIN = "https://house.test"
EVERYTHING = "user/*.cruds"


class Server:
    """The PostgreSQL of one run; whoever comes first starts it and makes the template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def url(self) -> str:
        """Return the superuser's URL of the template, which is migrated when this returns."""
        with self._alone():
            if not self._template.exists():
                self._template.write_text(self._made())
            return self._template.read_text()

    def _made(self) -> str:
        given = os.environ.get(GIVEN)
        admin = given or embedded.start(self._folder / "pg", throwaway=True)
        # A server that is not ours may hold the templates of other runs, or of a run that broke.
        url = ensure_database(admin, f"alliance_template_{uuid4().hex[:12]}")
        migrate.ensure_roles(url)
        migrate.migrate(url)
        return url

    def copy(self) -> str:
        """Return the superuser's URL of a new database, a copy of the template."""
        template = self.url()
        name = f"alliance_test_{uuid4().hex[:12]}"
        # PostgreSQL refuses to copy a database from which somebody else copies at this moment.
        with self._alone(), psycopg.connect(maintenance(template), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(_name(template))
                )
            )
        return address(template, database=name)

    def stop(self) -> None:
        """Stop the server if it is ours; else take away what we made in it."""
        if self._template.exists():
            if os.environ.get(GIVEN):
                drop(self._template.read_text())
            else:
                embedded.stop(self._folder / "pg")
        shutil.rmtree(self._folder, ignore_errors=True)


def _name(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def maintenance(url: str) -> str:
    """Return the URL of the database that is always there."""
    return address(url, database="postgres")


def drop(url: str) -> None:
    """Drop a database, whoever is still connected to it."""
    with psycopg.connect(maintenance(url), autocommit=True) as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(_name(url))))


def begin_run() -> tuple[Server, bool]:
    """Return the server of this run, and whether this process began the run and must end it."""
    folder = os.environ.get(RUN)
    if folder:
        return Server(Path(folder)), False
    # A short path: a Unix socket's address has at most 107 characters.
    os.environ[RUN] = tempfile.mkdtemp(prefix="alliance-")
    return Server(Path(os.environ[RUN])), True


def end_run(server: Server) -> None:
    """Stop what `begin_run` began."""
    os.environ.pop(RUN, None)
    server.stop()


class Reply:
    """An answer of the API, with shortcuts for what tests ask of it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.text

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the body."""
        found: dict[str, Any] = self.response.json()
        return found

    @property
    def data(self) -> dict[str, Any]:
        """The data of an answer without errors."""
        assert self.status == 200, (self.status, self.text)
        assert "errors" not in self.body, self.text
        found: dict[str, Any] = self.body["data"]
        return found

    @property
    def error(self) -> str:
        """The code of the first error."""
        found: str = self.body["errors"][0]["extensions"]["code"]
        return found

    @property
    def comparable(self) -> tuple[int, str]:
        """Status and body: what two answers must share to be alike byte for byte."""
        return self.status, self.text


class House:
    """A running app over one database, its issuer, and a way above the law for seeding."""

    def __init__(self, admin_url: str, portal: BlockingPortal, stack: ExitStack) -> None:
        self.admin_url = admin_url
        self.url = address(admin_url, user="alliance_api")
        self._portal = portal
        self._private, self._public = new_key()
        self._tokens: dict[str, str] = {}
        self.engine = sqlalchemy.create_engine(
            admin_url.replace("postgresql://", "postgresql+psycopg://", 1)
        )
        stack.callback(self.engine.dispose)
        self.admin = stack.enter_context(psycopg.connect(admin_url, autocommit=True))
        # The product's own transactions, to tell stories that began long ago: time is an argument.
        self.masters = stack.enter_context(new_masters())
        self.database = Database(self.url, size=4, vault=Vault(masters_of(self.settings())))
        self._now: datetime | None = None
        self.app = create_app(self.settings(), clock=self._clock)
        assert isinstance(self.app, Front)
        rest: Any = self.app._rest
        stack.enter_context(portal.wrap_async_context_manager(rest.router.lifespan_context(rest)))
        transport = httpx.ASGITransport(app=self.app)
        self._http = stack.enter_context(
            portal.wrap_async_context_manager(
                httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=60)
            )
        )
        self.run(self.database.open)
        stack.callback(self.run, self.database.close)

    def _clock(self) -> datetime:
        return self._now or datetime.now(UTC)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let verbs run at another time: what is done inside was done then."""
        self._now = moment
        yield
        self._now = None

    def settings(self, **values: Any) -> Settings:
        """Return settings that trust this house's issuer."""
        issuers = [{"name": ISSUER, "keys": {"keys": [self._public]}}]
        given = {
            "database_url": self.url,
            "master_keys_file": self.masters,
            "trusted_issuers": json.dumps(issuers),
            "issuer": ORIGIN,
            # Several houses share one server, and it has a hundred connections.
            "pool_size": 8,
        }
        return Settings(**{**given, **values})

    def run(self, work: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function where the app lives, and wait for it."""
        return self._portal.call(work, *arguments)

    def token(self, claims: Mapping[str, Any]) -> str:
        """Sign an access token."""
        key = json.dumps(claims, sort_keys=True)
        if key not in self._tokens:
            full = {"iss": ISSUER, "aud": "alliance", "exp": int(time.time()) + 36_000, **claims}
            self._tokens[key] = mint(self._private, full, self._public["kid"])
        return self._tokens[key]

    def post(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Send raw bytes to /graphql."""

        async def send() -> httpx.Response:
            return await self._http.post("/graphql", content=content, headers=dict(headers))

        return Reply(self.run(send))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Get a path; without headers of somebody's, without a token."""

        async def send() -> httpx.Response:
            return await self._http.get(path, headers=dict(headers or {}))

        return self.run(send)

    def http(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send anything; redirects are not followed."""

        async def send() -> httpx.Response:
            return await self._http.request(method, path, **given)

        return self.run(send)

    def at_once(self, requests: Iterable[Mapping[str, Any]]) -> list[httpx.Response]:
        """Send anything at the same time: the arguments of `http` by name."""

        async def send() -> list[httpx.Response]:
            return await asyncio.gather(
                *(
                    self._http.request(one["method"], one["path"], **one.get("given", {}))
                    for one in requests
                )
            )

        return self.run(send)

    def together(self, requests: Iterable[tuple[bytes, Mapping[str, str]]]) -> list[Reply]:
        """Send requests at the same time."""

        async def send() -> list[httpx.Response]:
            posts = [
                self._http.post("/graphql", content=content, headers=dict(headers))
                for content, headers in requests
            ]
            return await asyncio.gather(*posts)

        return [Reply(response) for response in self.run(send)]

    def first_events(
        self, requests: Iterable[tuple[bytes, Mapping[str, str]]]
    ) -> list[tuple[int, dict[str, Any]]]:
        """Watch at the same time, each until the first event; return statuses and events."""

        async def send() -> list[tuple[int, dict[str, Any]]]:
            return await asyncio.gather(*(first_event(self.app, *each) for each in requests))

        return self.run(send)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database from above the law."""
        return self.admin.execute(statement.encode(), parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> int:
        """Change the database from above the law; return how many rows."""
        return self.admin.execute(statement.encode(), parameters).rowcount

    def tables(self) -> list[str]:
        """Return the names of all tables but Alembic's own."""
        found = self.rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' ORDER BY 1"
        )
        return [name for (name,) in found]

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has: what "nothing was written" means.

        That an attempt was refused is noted in the ledger, and is no change.
        """
        only = {"read_ledger": " WHERE outcome = 'ALLOWED'"}
        parts = " UNION ALL ".join(
            f"SELECT '{t}', count(*) FROM {t}{only.get(t, '')}" for t in self.tables()
        )
        return dict(self.rows(parts))


async def first_event(
    app: ASGIApp, content: bytes, headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    """POST to /graphql for events, and hang up after the first; or return the answer that came."""
    told: list[Any] = []
    heard, given_away = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not given_away.is_set():
            given_away.set()
            return {"type": "http.request", "body": content, "more_body": False}
        await heard.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)
        if message.get("body"):
            heard.set()

    given = {**headers, "accept": "text/event-stream"}
    await app(
        {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        },
        receive,
        send,
    )
    status: int = told[0]["status"]
    body: bytes = told[1]["body"]
    _, is_event, event = body.partition(b"data: ")
    found: dict[str, Any] = json.loads(event if is_event else body)
    return status, found


@contextmanager
def new_masters() -> Iterator[Path]:
    """Make a file with a master key of one house's own."""
    with tempfile.TemporaryDirectory(prefix="masters-") as folder:
        found = Path(folder) / "masters.json"
        Ring({"first": os.urandom(BYTES)}).write(found)
        yield found


@contextmanager
def open_house(admin_url: str) -> Iterator[House]:
    """Start the app over a database."""
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        yield House(admin_url, portal, stack)


@contextmanager
def new_house() -> Iterator[House]:
    """Start a server if there is none, copy the template, and start the app over the copy."""
    server, mine = begin_run()
    try:
        url = server.copy()
        with open_house(url) as house:
            yield house
        drop(url)
    finally:
        if mine:
            end_run(server)
