"""The authorization server put together: settings in, what the composition root needs out."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.routing import BaseRoute

from alliance_api.store.transaction import Database
from chassis import outside
from chassis.keys import MAX_JWKS_BYTES, Fetch, Issuer, over_http
from chassis.tokens import Verifier

from . import once
from .authority import Authority
from .caller import Callers
from .client_keys import ClientKeys
from .opaque import Random
from .revocations import Revocations
from .routes import routes
from .signing_keys import SigningKeys


@dataclass(frozen=True, slots=True)
class House:
    """An authorization server, and the resource server that takes its tokens."""

    here: Authority | None
    callers: Callers
    routes: list[BaseRoute]
    revocations: Revocations | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear of revocations meanwhile, and tidy, if this house gives tokens."""
        if self.revocations is None or self.here is None:
            yield
            return
        here = self.here
        async with self.revocations.running(), once.tidying(here.db, here.clock):
            yield


JWKS: Final = "/oauth/jwks"


def without(issuers: list[Issuer], audience: str) -> House:
    """Return a house that gives no tokens, and takes those of others."""
    return House(None, Callers(Verifier(issuers, audience)), [], None)


def house(  # noqa: PLR0913  (what the composition root knows)
    issuer: str,
    issuers: list[Issuer],
    audience: str,
    db: Database,
    url: str,
    clock: Callable[[], datetime],
    *,
    statements: dict[str, Any] | None = None,
    loopback: bool = False,
    random: Random = os.urandom,
) -> House:
    """Return a house that gives tokens, and takes those of others besides."""
    keys = SigningKeys(db, clock, time.monotonic)

    async def fetch(address: str) -> outside.Got:
        return await outside.get(address, MAX_JWKS_BYTES, loopback=loopback)

    client_keys = ClientKeys(fetch, time.monotonic)

    def changed() -> None:
        keys.forget()
        verifier.look_again(issuer)

    revocations = Revocations(url, db, clock, time.monotonic, changed)
    here = Authority(
        issuer,
        audience,
        db,
        keys,
        client_keys,
        statements,
        clock,
        random,
        ended=revocations.note,
    )
    own = Issuer(issuer, jwks_url=here.at(JWKS))
    verifier = Verifier([own, *issuers], audience, fetch=_fetching(here))
    callers = Callers(verifier, here, revocations)
    return House(here, callers, routes(here, verifier, callers), revocations)


def _fetching(here: Authority) -> Fetch:
    """Return what gets our own keys without asking ourselves by HTTP."""

    async def fetch(address: str) -> bytes:
        if address != here.at(JWKS):
            return await over_http(address)
        # Not those of id tokens: they name who signed in, and open nothing.
        keys = [key for key in await here.keys.public() if key["alg"] == "ES256"]
        return orjson.dumps({"keys": keys})

    return fetch
