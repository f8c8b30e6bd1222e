"""POST /oauth/token: a code, a refresh token, a client's own standing or a device's patience in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from starlette.requests import Request
from starlette.responses import Response

from alliance_api.store.rows import new_id

from . import dpop, refreshing
from .asking import resources
from .authenticate import authenticated, may
from .authority import Authority
from .clients import CODE, CREDENTIALS, DEVICE, REFRESH, Client
from .devices import redeem
from .errors import OAuthError, answer, invalid, invalid_grant
from .forms import Form, form
from .minting import LASTS, SYSTEM_LASTS, Grant, access_token, id_token
from .opaque import hashed
from .revoking import revoke
from .scopes import allowed, asked_for

_log = logging.getLogger("alliance.oauth")

_VERIFIER: Final = range(43, 128 + 1)

# Every condition in the one statement that uses the code: between a look and a use there is no gap.
_REDEEM: Final = """
UPDATE oauth.codes c SET used_at = %(at)s FROM oauth.grants g
WHERE c.hash = %(hash)s AND g.id = c.grant_id AND c.used_at IS NULL AND c.expires_at > %(at)s
  AND c.client_id = %(client)s AND c.redirect_uri = coalesce(%(redirect_uri)s, c.redirect_uri)
  AND c.challenge = %(challenge)s AND (c.jkt IS NULL OR c.jkt = %(jkt)s)
  AND g.revoked_at IS NULL AND g.expires_at > %(at)s
RETURNING g.*, c.nonce
"""
_USED: Final = """
SELECT grant_id FROM oauth.codes
WHERE hash = %(hash)s AND client_id = %(client)s AND used_at IS NOT NULL
"""
_BIND: Final = "UPDATE oauth.grants SET jkt = %(jkt)s WHERE id = %(id)s"
_SYSTEM: Final = """
INSERT INTO oauth.grants (id, client_id, organisation_id, person_id, scopes, resource, jkt, made_at,
  expires_at)
VALUES (%(id)s, %(client)s, %(organisation)s, %(person)s, %(scopes)s, %(resource)s, %(jkt)s, %(at)s,
  %(until)s)
RETURNING *
"""

Answering = Callable[[Authority, Client, Form, str | None, datetime], Awaitable[dict[str, Any]]]


async def token(here: Authority, request: Request) -> Response:
    """Answer a request for tokens. Raises `OAuthError`."""
    given = await form(request)
    at = here.clock()
    client = await authenticated(here, request, given)
    kind = given.need("grant_type")
    answering = _GRANTS.get(kind)
    if answering is None:
        raise OAuthError("unsupported_grant_type", "The `grant_type` is none of this server's.")
    may(client, kind)
    jkt = await _proof(here, client, request)
    return answer(await answering(here, client, given, jkt, at))


async def _proof(here: Authority, client: Client, request: Request) -> str | None:
    proofs = request.headers.getlist("dpop")
    if not proofs and not client.dpop:
        return None
    return await dpop.proved(here, proofs, "POST", "/oauth/token", nonce=client.is_strict)


async def _by_code(
    here: Authority, client: Client, given: Form, jkt: str | None, at: datetime
) -> dict[str, Any]:
    code, verifier = given.need("code"), given.need("code_verifier")
    if len(verifier) not in _VERIFIER or not verifier.isascii():
        raise invalid_grant()
    found: dict[str, Any] = {
        "hash": hashed(code),
        "client": client.id,
        # OAuth 2.1 leaves it away: PKCE says more. Where it is given it must be the same.
        "redirect_uri": given.get("redirect_uri"),
        "challenge": create_s256_code_challenge(verifier),
        "jkt": jkt,
        "at": at,
    }
    async with here.db.desk() as desk:
        row = await desk.row(_REDEEM, **found)
        if row is not None and jkt is not None:
            await desk.run(_BIND, id=row["id"], jkt=jkt)
    if row is None:
        await _used_again(here, found)
        raise invalid_grant()
    grant = Grant.of(row)
    return await _answered(here, client, grant, jkt, row["nonce"])


async def _used_again(here: Authority, found: dict[str, Any]) -> None:
    """End a grant whose code comes twice: one of the two is a thief (RFC 6749, 4.1.2)."""
    async with here.db.desk() as desk:
        row = await desk.row(_USED, hash=found["hash"], client=found["client"])
        if row is None:
            return
        ended = await revoke(desk, "grant", found["at"], "CODE_REUSED", grant=row["grant_id"])
    if ended:
        _log.warning("oauth.code_reused", extra={"client.application": found["client"]})
        here.ended(ended)


async def _answered(
    here: Authority, client: Client, grant: Grant, jkt: str | None, nonce: str | None
) -> dict[str, Any]:
    """Return the tokens of a grant that is new."""
    found = await access_token(here, grant, jkt, client)
    if REFRESH in client.grants and {"offline_access", "online_access"} & set(grant.scopes):
        found["refresh_token"] = await refreshing.begin(here, grant)
    if "openid" in grant.scopes:
        found["id_token"] = await id_token(here, grant, nonce, found["access_token"])
    return found


async def _by_refresh(
    here: Authority, client: Client, given: Form, jkt: str | None, at: datetime
) -> dict[str, Any]:
    wanted = asked_for(given.get("scope"))
    given_ = given.need("refresh_token")
    # Before anything is spent: a client that asks for too much has still got its token.
    await refreshing.check(here, client, given_, jkt, wanted)
    grant, following = await refreshing.refresh(here, client, given_, jkt, at)
    narrowed = grant.narrowed([one for one in grant.scopes if one in wanted]) if wanted else grant
    found = await access_token(here, narrowed, jkt, client)
    if "openid" in narrowed.scopes:
        found["id_token"] = await id_token(here, narrowed, None, found["access_token"])
    return {**found, "refresh_token": following}


async def _by_credentials(
    here: Authority, client: Client, given: Form, jkt: str | None, at: datetime
) -> dict[str, Any]:
    if client.is_public or client.organisation is None or client.person is None:
        raise OAuthError("unauthorized_client", "The client acts for nobody of its own.")
    scopes = allowed(asked_for(given.need("scope")), client.scopes)
    scopes = tuple(scope for scope in scopes if scope.startswith("system/") or "." in scope)
    if not scopes:
        raise OAuthError("invalid_scope", "None of the scopes can be given to this client.")
    async with here.db.desk() as desk:
        row = await desk.row(
            _SYSTEM,
            id=new_id(),
            client=client.id,
            organisation=client.organisation,
            person=client.person,
            scopes=list(scopes),
            resource=list(resources(here, given)),
            jkt=jkt,
            at=at,
            until=at + LASTS,
        )
    if row is None:
        raise invalid("The grant could not be kept.")
    return await access_token(here, Grant.of(row), jkt, client, SYSTEM_LASTS)


async def _by_device(
    here: Authority, client: Client, given: Form, jkt: str | None, at: datetime
) -> dict[str, Any]:
    grant = await redeem(here, client, given.need("device_code"), jkt, at)
    return await _answered(here, client, grant, jkt, None)


_GRANTS: Final[dict[str, Answering]] = {
    CODE: _by_code,
    REFRESH: _by_refresh,
    CREDENTIALS: _by_credentials,
    DEVICE: _by_device,
}
