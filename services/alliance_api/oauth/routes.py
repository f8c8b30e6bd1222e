"""The endpoints of the authorization server, and what becomes of an error there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.database import CANNOT
from chassis.tokens import Verifier

from . import about_tokens, devices, managing, metadata
from .authority import Authority
from .authorize import authorize, push
from .caller import Callers, called
from .errors import HEADERS, OAuthError, answer
from .minting import about
from .token import token

Answer = Callable[[Request], Awaitable[Response]]

# What a browser's application may send from another origin: no cookie, so nobody's standing.
_CORS: Final = {
    **HEADERS,
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, dpop",
    "access-control-max-age": "600",
}
# Keys and metadata say nothing about anybody, and are asked for often.
_KEPT: Final = {"cache-control": "public, max-age=300"}

JSON: Final = "application/json"

_log = logging.getLogger("alliance.oauth")


def answering(make: Answer) -> Answer:
    """Answer errors as OAuth does, and tell a log no more of one than its type."""

    async def answer_(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS)
        try:
            return await make(request)
        except OAuthError as refused:
            return refused.response()
        except (*CANNOT, TimeoutError) as error:
            _note("oauth.unavailable", error)
            later = OAuthError("temporarily_unavailable", "Try again.", 503, {"retry-after": "1"})
            return later.response()
        except Exception as error:  # noqa: BLE001  (what is not foreseen must not tell what it saw)
            _note("oauth.failed", error)
            return OAuthError("server_error", "Something went wrong here.", 500).response()

    return answer_


def _note(event: str, error: Exception) -> None:
    _log.error(event, extra={"exception.type": type(error).__name__})


def routes(here: Authority, verifier: Verifier, callers: Callers) -> list[BaseRoute]:
    """Return the endpoints."""

    def post(path: str, make: Answer) -> Route:
        return Route(path, answering(make), methods=["POST", "OPTIONS"])

    def get(path: str, make: Answer) -> Route:
        return Route(path, answering(make), methods=["GET", "OPTIONS"])

    async def userinfo(request: Request) -> Response:
        return await _userinfo(here, verifier, callers, request)

    async def asked(request: Request) -> Response:
        return await authorize(here, request)

    return [
        Route("/oauth/authorize", answering(asked), methods=["GET", "POST"]),
        post("/oauth/par", lambda request: push(here, request)),
        post("/oauth/token", lambda request: token(here, request)),
        post("/oauth/device_authorization", lambda request: devices.begin(here, request)),
        post("/oauth/introspect", lambda r: about_tokens.introspect(here, verifier, callers, r)),
        post("/oauth/revoke", lambda r: about_tokens.end(here, verifier, callers.ended, r)),
        *_managed(here, callers),
        Route("/oauth/userinfo", answering(userinfo), methods=["GET", "POST", "OPTIONS"]),
        *_told(here, get),
    ]


def _managed(here: Authority, callers: Callers) -> list[Route]:
    """Return what managers, EHRs and applications themselves do about applications."""

    async def clients(request: Request) -> Response:
        return await managing.clients(here, callers, request)

    async def client(request: Request) -> Response:
        return await managing.client(here, callers, request)

    async def launch(request: Request) -> Response:
        return await managing.launch(here, callers, request)

    async def register(request: Request) -> Response:
        return await managing.register(here, request)

    return [
        Route("/oauth/clients", answering(clients), methods=["GET", "POST"]),
        Route("/oauth/clients/{id}", answering(client), methods=["DELETE"]),
        Route("/oauth/clients/{id}/secret", answering(client), methods=["POST"]),
        Route("/oauth/launches", answering(launch), methods=["POST"]),
        Route("/oauth/register", answering(register), methods=["POST"]),
    ]


def _told(here: Authority, get: Callable[[str, Answer], Route]) -> list[Route]:
    """Return what anybody may know."""

    async def keys(_: Request) -> Response:
        return answer({"keys": await here.keys.public()}, headers=_KEPT)

    def say(make: Callable[[Authority], dict[str, Any]], media: str = JSON) -> Answer:
        async def said(_: Request) -> Response:
            return answer(make(here), headers={**_KEPT, "content-type": media})

        return said

    async def resource(request: Request) -> Response:
        path = request.path_params.get("path", "")
        known = {"": "", "graphql": "/graphql", "fhir": "/fhir"}
        if path not in known:
            return Response(status_code=404, headers=HEADERS)
        return answer(metadata.resource(here, known[path]), headers=_KEPT)

    return [
        get("/oauth/jwks", keys),
        get("/.well-known/oauth-authorization-server", say(metadata.openid)),
        get("/.well-known/openid-configuration", say(metadata.openid)),
        get("/.well-known/smart-configuration", say(metadata.smart)),
        get("/fhir/.well-known/smart-configuration", say(metadata.smart)),
        get("/fhir/metadata", say(metadata.capability, "application/fhir+json")),
        get("/.well-known/oauth-protected-resource", resource),
        get("/.well-known/oauth-protected-resource/{path}", resource),
    ]


async def _userinfo(
    here: Authority, verifier: Verifier, callers: Callers, request: Request
) -> Response:
    """Tell an application who signed in (OpenID Connect Core, 5.3)."""
    await called(callers, request)
    given = request.headers["authorization"].partition(" ")[2]
    grant, claims = await about_tokens.of_access(here, verifier, given)
    if grant is None or "openid" not in str(claims["scope"]).split():
        raise OAuthError("insufficient_scope", "The token has no scope `openid`.", 403)
    return answer(about(grant.narrowed(str(claims["scope"]).split())))
