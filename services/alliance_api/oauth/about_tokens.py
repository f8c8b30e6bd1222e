"""Asking about tokens, and ending them: introspection, revocation, and who signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from chassis.tokens import TokenRefused, Verifier

from .authenticate import authenticated
from .authority import Authority
from .caller import SCHEMES, Callers, called
from .dpop import bound_to
from .errors import HEADERS, OAuthError, answer, invalid_client
from .forms import Form, form
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
READ: Final = "tokens.read"
INACTIVE: Final = {"active": False}


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks about tokens: a client about its own, or somebody about an organisation's."""

    client: str | None
    organisation: UUID | None

    def may_know(self, grant: Grant) -> bool:
        return grant.client == self.client or grant.organisation == self.organisation


async def introspect(
    here: Authority, verifier: Verifier, callers: Callers, request: Request
) -> Response:
    """Tell about a token: a client about its own, a back end about its organisation's.

    Who asks proves it as a client, or by a token with the scope `tokens.read` (SMART 2.2, Token
    Introspection). Raises `OAuthError`.
    """
    given = await form(request)
    asker = await _asker(here, callers, request, given)
    token = given.need("token")
    found = await _access(here, verifier, asker, token)
    return answer(found or await _refresh(here, asker, token) or INACTIVE)


async def _asker(here: Authority, callers: Callers, request: Request, given: Form) -> _Asker:
    header = request.headers.get("authorization", "")
    if header.partition(" ")[0].lower() in SCHEMES:
        who = await called(callers, request)
        if READ not in who.writes:
            raise OAuthError("insufficient_scope", f"The token has no scope `{READ}`.", 403)
        return _Asker(None, who.organisation)
    client = await authenticated(here, request, given)
    if client.is_public:
        raise invalid_client("Only a client that proves itself may ask.")
    # A resource server of the organisation's own, which people do not log in to.
    is_back_end = client.application == "system"
    return _Asker(client.id, client.organisation if is_back_end else None)


async def _access(
    here: Authority, verifier: Verifier, asker: _Asker, token: str
) -> dict[str, Any] | None:
    grant, claims = await of_access(here, verifier, token)
    if grant is None or not asker.may_know(grant):
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


async def _refresh(here: Authority, asker: _Asker, token: str) -> dict[str, Any] | None:
    now = here.clock()
    async with here.db.desk() as desk:
        row = await desk.row(
            _BY_REFRESH + " AND t.used_at IS NULL AND t.expires_at > %(at)s "
            "AND g.revoked_at IS NULL AND g.expires_at > %(at)s",
            hash=hashed(token),
            at=now,
        )
    grant = None if row is None else Grant.of(row)
    if row is None or grant is None or not asker.may_know(grant):
        return None
    return {
        "active": True,
        "scope": " ".join(grant.scopes),
        "client_id": grant.client,
        "exp": int(row["token_expires_at"].timestamp()),
        "iss": here.issuer,
        **about(grant),
        **launched(grant),
    }


async def end(
    here: Authority, verifier: Verifier, ended: Callable[[Iterable[UUID]], None], request: Request
) -> Response:
    """Revoke what a token belongs to, if it is the client's own; say nothing else. Raises it.

    `ended` lets this replica know before it answers; the others are about to hear of it.
    """
    given = await form(request)
    client = await authenticated(here, request, given)
    token = given.need("token")
    grant, _ = await of_access(here, verifier, token)
    gone: list[UUID] = []
    async with here.db.desk() as desk:
        if grant is None:
            row = await desk.row(_BY_REFRESH, hash=hashed(token))
            grant = None if row is None else Grant.of(row)
        if grant is not None and grant.client == client.id:
            gone = await revoke(desk, "grant", here.clock(), "REVOKED", grant=grant.id)
    ended(gone)
    return Response(status_code=200, headers=HEADERS)
