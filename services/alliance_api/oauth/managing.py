"""Clients and launches by API: a manager registers applications, an EHR launches one.

Also RFC 7591, for those who bring a statement of somebody whom the operator trusts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from alliance_api.charter.principal import Principal
from chassis import strict_json

from . import launches, once, registering
from .authority import Authority
from .caller import Callers, called
from .clients import CODE, CREDENTIALS, find
from .errors import OAuthError, answer, invalid
from .forms import body
from .jws import BadJws, is_signed, read, usable
from .registering import wrong

CLIENTS, LAUNCHES = "clients.write", "launches.write"
# How many applications one network may register in an hour.
IN_AN_HOUR: Final = 20
_JSON: Final = "application/json"
# Members that a statement alone may say: nobody makes them up for themselves.
_NOT_BY_ONESELF: Final = frozenset({"profile", "launch_url"})

_HOLDS: Final = text(
    "SELECT 1 FROM staff WHERE role = :office AND starts_at <= now() "
    "AND (ends_at IS NULL OR ends_at > now())"
)


async def clients(here: Authority, callers: Callers, request: Request) -> Response:
    """List a manager's applications, or register one. Raises `OAuthError`."""
    who = await _caller(here, callers, request, CLIENTS, "MANAGER")
    now = here.clock()
    if request.method == "GET":
        async with here.db.desk() as desk:
            rows = await registering.listed(desk, now, who.organisation)
        return answer({"clients": [registering.shown(row) for row in rows]})
    given = await _object(request)
    wanted = registering.checked(given)
    if CREDENTIALS in wanted.grants:
        raise wrong("A `system` client is registered by the operator: `alliance client add`.")
    async with here.db.desk() as desk:
        made = await registering.add(
            desk, wanted, here.random, now, str(who.person), organisation=who.organisation
        )
    return answer(_registered(given, wanted, made, now), 201)


async def client(here: Authority, callers: Callers, request: Request) -> Response:
    """Revoke an application of a manager's, or give it another secret. Raises `OAuthError`."""
    who = await _caller(here, callers, request, CLIENTS, "MANAGER")
    id_, now = request.path_params["id"], here.clock()
    async with here.db.desk() as desk:
        if request.method == "DELETE":
            if await registering.end(desk, id_, now, who.organisation):
                return Response(status_code=204)
        else:
            secret = await registering.rotate(desk, id_, here.random, now, who.organisation)
            if secret is not None:
                return answer({"client_id": id_, "client_secret": secret})
    raise OAuthError("invalid_request", "There is no such client with a secret.", 404)


async def launch(here: Authority, callers: Callers, request: Request) -> Response:
    """Keep what an EHR says about its screen; answer with the word for it. Raises `OAuthError`."""
    who = await _caller(here, callers, request, LAUNCHES, "EHR")
    given = await _object(request)
    context = launches.context_of(given)
    id_ = given.get("client_id")
    async with here.db.desk() as desk:
        found = await find(desk, id_) if isinstance(id_, str) else None
        ours = found is not None and found.organisation in {None, who.organisation}
        if found is None or not ours or not {"launch"} <= set(found.scopes):
            raise invalid("The member `client_id` names no client that can be launched.")
        word = await launches.add(
            desk, here.random, found.id, who.organisation, who.application, context, here.clock()
        )
    told: dict[str, Any] = {"launch": word, "expires_in": int(launches.LASTS.total_seconds())}
    if found.launch_url is not None:
        query = urlencode({"iss": here.fhir, "launch": word})
        mark = "&" if "?" in found.launch_url else "?"
        told["url"] = f"{found.launch_url}{mark}{query}"
    return answer(told, 201)


async def register(here: Authority, request: Request) -> Response:
    """Let an application register itself with a software statement (RFC 7591). Raises it."""
    network = request.client.host if request.client else ""
    if not await once.within(here.db, "register", network, IN_AN_HOUR, 3600, here.clock()):
        raise OAuthError("temporarily_unavailable", "Too many came from there. Wait.", 429)
    given = await _object(request)
    stated = _stated(here, given.get("software_statement"))
    # What the statement says counts; what stands beside it may add, and not contradict.
    asked = {name: value for name, value in given.items() if name not in _NOT_BY_ONESELF}
    wanted = registering.checked({**asked, **stated})
    if CREDENTIALS in wanted.grants or CODE not in wanted.grants:
        raise wrong("An application that registers itself asks people: authorization_code.")
    now = here.clock()
    async with here.db.desk() as desk:
        made = await registering.add(desk, wanted, here.random, now, f"statement {stated['iss']}")
    return answer(_registered(given, wanted, made, now), 201)


def _stated(here: Authority, statement: object) -> Mapping[str, Any]:
    refused = OAuthError("invalid_software_statement", "The software statement is not accepted.")
    if here.statements is None:
        raise OAuthError("invalid_request", "Nobody may register themselves here.", 403)
    try:
        found = read(statement if isinstance(statement, str) else "")
        keys = usable(here.statements)
    except (BadJws, ValueError):
        raise refused from None
    kid = found.header.get("kid")
    if not any(is_signed(found, key) for key in keys if kid in {None, key.get("kid")}):
        raise refused
    expires = found.claims.get("exp")
    now = here.clock().astimezone(UTC)
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise refused
    if expires <= now.timestamp() or not isinstance(found.claims.get("iss"), str):
        raise refused
    return found.claims


def _registered(
    given: Mapping[str, Any],
    wanted: registering.Wanted,
    made: registering.Registered,
    now: datetime,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "client_id": made.id,
        "client_id_issued_at": int(now.timestamp()),
        "client_name": wanted.name,
        "application_type": wanted.application,
        "token_endpoint_auth_method": wanted.method,
        "grant_types": list(wanted.grants),
        "response_types": ["code"] if CODE in wanted.grants else [],
        "redirect_uris": list(wanted.redirect_uris),
        "scope": " ".join(wanted.scopes),
        "dpop_bound_access_tokens": wanted.dpop,
    }
    if made.secret is not None:
        told |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    for name in ("jwks", "jwks_uri", "software_statement"):
        if given.get(name) is not None:
            told[name] = given[name]
    return told


async def _caller(
    here: Authority, callers: Callers, request: Request, scope: str, office: str
) -> Principal:
    """Return who asks, if the scope and the office are theirs. Raises `OAuthError`."""
    who = await called(callers, request)
    if scope not in who.writes or not await _holds(here, who, office):
        raise OAuthError("insufficient_scope", "The token may not do this.", 403)
    return who


async def _holds(here: Authority, who: Principal, office: str) -> bool:
    async with here.db.write(who) as transaction:
        return (await transaction.run(_HOLDS, {"office": office})).first() is not None


async def _object(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise invalid(f"Send {_JSON}.")
    try:
        found = strict_json.parse(await body(request))
    except strict_json.BadJson:
        raise invalid("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise invalid("The body is an object.")
    return found
