"""Who asks: the person of an access token that may change contacts. Nobody acts for another."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from chassis.problems import Unauthorised
from chassis.refused import Refused
from chassis.tokens import TokenRefused, Verifier

SCOPE = "contacts.write"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ORGANISATION, _PERSON = re.compile(f"organisation-{_UUID}"), re.compile(f"person-{_UUID}")


@dataclass(frozen=True, slots=True)
class Caller:
    """A person of an organisation, verified."""

    organisation: str
    person: str


Authenticate = Callable[[Request], Awaitable[Caller]]


async def _current(request: Request) -> Caller:
    authenticate: Authenticate = request.app.state.callers
    return await authenticate(request)


# What a route asks for; the composition root puts `callers` in the app's state.
Who = Annotated[Caller, Depends(_current)]


def callers(verifier: Verifier) -> Authenticate:
    """Return what makes the caller of a request. Raises `Refused`."""

    async def caller(request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthenticated(Unauthorised("missing"))
        try:
            claims = await verifier.verify(token)
        except TokenRefused as refused:
            raise _unauthenticated(Unauthorised(refused.reason)) from None
        organisation, person = claims.get("organisation"), claims.get("sub")
        if not _is(_ORGANISATION, organisation) or not _is(_PERSON, person):
            raise _unauthenticated(Unauthorised("not_a_person"))
        scope = claims.get("scope", "")
        if not isinstance(scope, str) or SCOPE not in scope.split():
            raise Refused(403, "SCOPE_MISSING", f"This needs the scope {SCOPE}.")
        return Caller(str(organisation), str(person))

    return caller


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and bool(pattern.fullmatch(value))


def _unauthenticated(refused: Unauthorised) -> Refused:
    more = {"www-authenticate": refused.challenge}
    return Refused(401, "UNAUTHENTICATED", refused.message, headers=more)
