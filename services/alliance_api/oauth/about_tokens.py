"""Asking about tokens, and ending them: introspection, revocation, and who signed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from chassis.tokens import TokenRefused, Verifier

from .authenticate import authenticated
from .authority import Authority
from .clients import Client
from .dpop import bound_to
from .errors import HEADERS, answer, invalid_client
from .forms import form
from .minting import Grant, about, launched
from .opaque import hashed
from .revoking import revoke

_GRANT: Final = """
SELECT * FROM oauth.grants WHERE id = %(id)s AND revoked_at IS NULL AND expires_at > %(at)s
"""
_BY_REFRESH: Final = """
SELECT g.*, t.expires_at AS token_expires_at FROM oauth.refresh_tokens t
JOIN oauth.grants g ON g.id = t.grant_id
WHERE t.hash = %(hash)s
"""
# Of a token's own claims, what may be told again.
_TOLD: Final = (
    "scope", "client_id", "exp", "iat", "sub", "aud", "iss", "jti", "organisation", "patient",
    "fhirUser", "auth_time", "cnf",
)  # fmt: skip
INACTIVE: Final = {"active": False}


async def introspect(here: Authority, verifier: Verifier, request: Request) -> Response:
    """Tell a client about a token: one of its own, or of its organisation. Raises `OAuthError`."""
    given = await form(request)
    client = await authenticated(here, request, given)
    if client.is_public:
        raise invalid_client("Only a client that proves itself may ask.")
    token = given.need("token")
    found = await _access(here, verifier, client, token)
    return answer(found or await _refresh(here, client, token) or INACTIVE)


def _may_ask(client: Client, grant: Grant) -> bool:
    if client.id == grant.client:
        return True
    # A resource server of the organisation's own, which people do not log in to.
    return client.application == "system" and client.organisation == grant.organisation


async def _access(
    here: Authority, verifier: Verifier, client: Client, token: str
) -> dict[str, Any] | None:
    grant, claims = await of_access(here, verifier, token)
    if grant is None or not _may_ask(client, grant):
        return None
    told = {name: _plain(claims[name]) for name in _TOLD if name in claims}
    kind = "Bearer" if bound_to(claims) is None else "DPoP"
    return {"active": True, "token_type": kind, **told, **launched(grant)}


def _plain(value: Any) -> Any:
    """Return JSON of what the verifier made read-only."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return list(value) if isinstance(value, tuple) else value


async def of_access(
    here: Authority, verifier: Verifier, token: str
) -> tuple[Grant | None, Mapping[str, Any]]:
    """Return the grant of a good access token of ours, as of now, and what the token says."""
    try:
        claims = await verifier.verify(token)
        id_ = UUID(str(claims.get("grant")))
    except (TokenRefused, ValueError):
        return None, {}
    if claims["iss"] != here.issuer:
        return None, {}
    async with here.db.desk() as desk:
        row = await desk.row(_GRANT, id=id_, at=here.clock())
    return (None, {}) if row is None else (Grant.of(row), claims)


async def _refresh(here: Authority, client: Client, token: str) -> dict[str, Any] | None:
    now = here.clock()
    async with here.db.desk() as desk:
        row = await desk.row(
            _BY_REFRESH + " AND t.used_at IS NULL AND t.expires_at > %(at)s "
            "AND g.revoked_at IS NULL AND g.expires_at > %(at)s",
            hash=hashed(token),
            at=now,
        )
    if row is None or row["client_id"] != client.id:
        return None
    grant = Grant.of(row)
    return {
        "active": True,
        "scope": " ".join(grant.scopes),
        "client_id": grant.client,
        "exp": int(row["token_expires_at"].timestamp()),
        "iss": here.issuer,
        **about(grant),
        **launched(grant),
    }


async def end(here: Authority, verifier: Verifier, request: Request) -> Response:
    """Revoke what a token belongs to, if it is the client's own; say nothing else. Raises it."""
    given = await form(request)
    client = await authenticated(here, request, given)
    token = given.need("token")
    grant, _ = await of_access(here, verifier, token)
    async with here.db.desk() as desk:
        if grant is None:
            row = await desk.row(_BY_REFRESH, hash=hashed(token))
            grant = None if row is None else Grant.of(row)
        if grant is not None and grant.client == client.id:
            await revoke(desk, "grant", here.clock(), "REVOKED", grant=grant.id)
    return Response(status_code=200, headers=HEADERS)
