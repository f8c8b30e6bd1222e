"""POST /v1/accounts: a manager invites somebody to set up their account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from alliance_api.charter.principal import Principal
from alliance_api.domain.ids import Kind, parse_id
from chassis import strict_json
from chassis.problems import ALWAYS
from chassis.refused import Refused

from .answering import Authenticate, answering, principal_of

SCOPE: Final = "accounts.write"
LARGEST: Final = 4096
_UNAVAILABLE: Final = "Nobody could be invited now. Try again."


@dataclass(frozen=True, slots=True)
class Invited:
    """What to hand to the person: what they type to sign in, and a link that is good once."""

    name: str
    link: str
    expires: datetime


# Invites as a principal; raises `Refused`. Given by the composition root.
Invite = Callable[[Principal, UUID], Awaitable[Invited]]


def routes(invite: Invite | None, authenticate: Authenticate) -> list[BaseRoute]:
    """Return the route; none where people do not sign in here."""
    if invite is None:
        return []

    async def made(request: Request) -> Response:
        principal = await principal_of(authenticate, request)
        if SCOPE not in principal.writes:
            raise Refused(403, "SCOPE_MISSING", f"The token has no scope `{SCOPE}`.")
        found = await invite(principal, await _person(request))
        body = {
            "signInName": found.name,
            "link": found.link,
            "expiresAt": found.expires.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        always = {name.decode(): value.decode() for name, value in ALWAYS}
        return Response(orjson.dumps(body), 201, always, "application/json")

    return [Route("/v1/accounts", answering(made, "accounts", _UNAVAILABLE), methods=["POST"])]


async def _person(request: Request) -> UUID:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused(413, "TOO_LARGE", "The body is too large.")
    try:
        given = strict_json.parse(bytes(body))
    except strict_json.BadJson:
        raise Refused(400, "BAD_JSON", "The body is not JSON.") from None
    person = given.get("person") if isinstance(given, dict) and set(given) == {"person"} else None
    parsed = parse_id(person) if isinstance(person, str) else None
    if parsed is None or parsed[0] != Kind.PERSON:
        raise Refused(422, "BAD_ID", "Send the id of a person, and nothing else.", "person")
    return parsed[1]
