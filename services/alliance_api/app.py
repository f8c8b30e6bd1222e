"""The composition root: settings in, one ASGI application out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any
from uuid import UUID

import orjson
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from alliance_api.charter import jurisdictions, notices
from alliance_api.charter.principal import Principal
from alliance_api.graph.execute import Executor, Request
from alliance_api.graph.http import GraphQLHTTP
from alliance_api.graph.page import routes
from alliance_api.graph.watching import EACH, PLACES
from alliance_api.graph.websocket import GraphQLWebSocket
from alliance_api.oauth import house as oauth
from alliance_api.oauth.people.gatehouse import Gatehouse
from alliance_api.oauth.people.opening import NotInvited, gatehouse, invited, pages
from alliance_api.rest import accounts, service
from alliance_api.rest.archive import endpoint as archive
from alliance_api.rest.charts import endpoint as charts
from alliance_api.rest.feed import endpoint as feed
from alliance_api.settings import Settings
from alliance_api.store.sealer import Sealer
from alliance_api.store.transaction import Database
from chassis import exporting, logs, metrics
from chassis.masters import LocalMasters, local_masters
from chassis.places import Places
from chassis.refused import Refused
from chassis.signing import SigningKey
from chassis.tokens import Issuer
from chassis.vault import Vault

# What an application in a browser sends from its own origin: a token, and no cookie. So there is
# nothing here for another site to borrow, and any origin may ask (SMART 2.2, CORS).
_ASKED_BY_SCRIPTS = ("/graphql", "/v1/")
_SCRIPTS: dict[str, Any] = {
    "allow_origins": ["*"],
    "allow_methods": ["GET", "POST", "PUT", "DELETE"],
    "allow_headers": ["authorization", "content-type", "dpop", "idempotency-key", "traceparent"],
    "expose_headers": ["www-authenticate", "dpop-nonce", "retry-after"],
}


class Front:
    """Sends GraphQL straight to its endpoints, past what only other routes need."""

    def __init__(self, graphql: ASGIApp, websocket: ASGIApp, rest: ASGIApp) -> None:
        """Keep all."""
        self._graphql = CORSMiddleware(graphql, **_SCRIPTS)
        self._websocket = websocket
        self._rest = rest
        self._scripted = CORSMiddleware(rest, **_SCRIPTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        is_graphql = scope["type"] == "http" and scope["path"] == "/graphql"
        page = is_graphql and scope["method"] in {"GET", "HEAD"}
        if scope["type"] == "websocket" and scope["path"] == "/graphql":
            await self._websocket(scope, receive, send)
        elif is_graphql and not page:
            await self._graphql(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(_ASKED_BY_SCRIPTS):
            await self._scripted(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def masters_of(settings: Settings) -> LocalMasters:
    """Return the operator's master keys. A key service would stand here."""
    given = settings.master_keys
    text = given.get_secret_value() if given is not None else None
    return local_masters(text, settings.master_keys_file)


def export_key(settings: Settings) -> SigningKey | None:
    """Return the key that signs archives, if there is one. Raises `ValueError` for a bad one."""
    given = settings.export_key
    return SigningKey(orjson.loads(given.get_secret_value())) if given is not None else None


def create_app(
    settings: Settings | None = None, clock: Callable[[], datetime] = utc_now
) -> ASGIApp:
    """Return the application; without settings they come from the environment."""
    settings = settings or Settings()  # type: ignore[call-arg]  # the environment fills them
    if settings.jurisdictions:
        jurisdictions.use(jurisdictions.read_jurisdictions(settings.jurisdictions))
    if settings.notices:
        notices.use(notices.read_notices(settings.notices))
    url = settings.database_url.get_secret_value()
    masters = masters_of(settings)
    database = Database(url, size=settings.pool_size, vault=Vault(masters))
    doors = doors_of(settings, database, clock)
    executor = Executor(database, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        async with sealing(settings, database), doors.running():
            yield
        await database.close()

    # No redirects of its own: behind TLS they would lead out of it, with a token in hand.
    rest = FastAPI(
        title="Alliance", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    tokens = doors.callers

    async def read(principal: Principal, query: str, variables: dict[str, Any]) -> Any:
        answer = await executor.execute(principal, Request(query, None, variables))
        return orjson.loads(answer.body).get("data")

    people = gatehouse(settings, database, masters, read, doors, clock)
    rest.router.routes.extend(
        [
            *service.routes(database),
            *charts.routes(read, tokens),
            *feed.routes(database, tokens, clock),
            *archive.routes(read, tokens, export_key(settings), version("alliance"), clock),
            *doors.routes,
            *pages(people),
            *accounts.routes(inviting(people), tokens),
        ]
    )
    watching = (executor, tokens, Places(PLACES, EACH, metrics.SUBSCRIPTIONS))
    if settings.graphiql:
        rest.router.routes.extend(routes())
    return Front(GraphQLHTTP(*watching), GraphQLWebSocket(*watching), rest)


def doors_of(settings: Settings, database: Database, clock: Callable[[], datetime]) -> oauth.House:
    """Return who lets callers in: this house's own tokens if it has an address, and others'."""
    issuers = [Issuer(**issuer) for issuer in settings.issuers]
    if settings.issuer is None:
        return oauth.without(issuers, settings.audience)
    statements = settings.registration_keys
    return oauth.house(
        settings.issuer,
        issuers,
        settings.audience,
        database,
        settings.database_url.get_secret_value(),
        clock,
        statements=None if statements is None else orjson.loads(statements),
        loopback=settings.jwks_loopback,
    )


def inviting(house: Gatehouse | None) -> accounts.Invite | None:
    """Return how a manager invites somebody, where people sign in here."""
    if house is None:
        return None

    async def invite(principal: Principal, person: UUID) -> accounts.Invited:
        try:
            return accounts.Invited(*await invited(house, principal, person))
        except NotInvited as refused:
            raise Refused(refused.status, refused.code, str(refused), "person") from None

    return invite


@asynccontextmanager
async def sealing(settings: Settings, database: Database) -> AsyncIterator[None]:
    """Seal the read ledger meanwhile, if there is a key to sign with."""
    if settings.ledger_key is None:
        yield
        return
    key = SigningKey(orjson.loads(settings.ledger_key.get_secret_value()))
    async with Sealer(database, key.id, key.sign, settings.ledger_seconds).running():
        yield


def serve_app() -> ASGIApp:
    """Return the application as `alliance serve` runs it: logs as JSON, spans with ids."""
    logs.log_as_json()
    exporting.install("alliance-api")
    return create_app()
