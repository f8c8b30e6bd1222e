"""Who asks the resource server: a token that is good, not revoked, and used by whom it is bound to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from alliance_api.charter.principal import NotAPrincipal, Principal, principal_of
from chassis.problems import Unauthorised
from chassis.tokens import TokenRefused, Verifier

from . import dpop
from .authority import Authority
from .clients import STRICT
from .errors import OAuthError
from .revocations import Revocations

DOUBT_SECONDS: Final = 2.0
"""So long a stream goes on that nobody vouches for."""
_KEPT: Final = 10_000
_METADATA: Final = "/.well-known/oauth-protected-resource"
SCHEMES: Final = frozenset({"bearer", "dpop"})


class Callers:
    """Makes the principal of a request, and remembers it as long as its token is good."""

    def __init__(
        self,
        verifier: Verifier,
        here: Authority | None = None,
        revocations: Revocations | None = None,
    ) -> None:
        """Keep the verifier; `here` and `revocations` if this house gives tokens itself."""
        self._verifier = verifier
        self._here, self._revocations = here, revocations
        self._metadata = None if here is None else here.at(_METADATA)
        self._principals: OrderedDict[str, tuple[Mapping[str, Any], Principal]] = OrderedDict()

    async def __call__(self, authorization: str | None, scope: Scope | None = None) -> Principal:
        """Return the principal of a request: its header Authorization, and all of it for DPoP.

        Raises:
            Unauthorised: if there is none.
            psycopg.Error: if a replica that is cut off cannot ask whether a token was revoked.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() not in SCHEMES or not token:
            raise Unauthorised("missing", self._metadata)
        try:
            claims = await self._verifier.verify(token)
            await self._check(claims, scheme.lower(), token, scope)
            known = self._principals.get(token)
            # The verifier hands out the same claims as long as it vouches for them.
            if known is not None and known[0] is claims:
                return known[1]
            return self._keep(token, claims)
        except TokenRefused as refused:
            raise Unauthorised(refused.reason, self._metadata) from None
        except NotAPrincipal as refused:
            raise Unauthorised(str(refused), self._metadata) from None

    async def still(self, authorization: str) -> bool:
        """Say whether a token that was taken is good yet: not run out, its grant not revoked.

        Whose it is was proved when it was taken. Raises `psycopg.Error` if that cannot be asked, and
        `TimeoutError` if nobody says so in time: an issuer that is slow to tell its keys is no reason.
        """
        try:
            claims = await self._verifier.verify(authorization.partition(" ")[2])
            if self._here is not None and claims["iss"] == self._here.issuer:
                with anyio.fail_after(DOUBT_SECONDS):
                    await self._check_grant(claims)
        except (TokenRefused, Unauthorised):
            return False
        return True

    def ended(self, grants: Iterable[UUID]) -> None:
        """Refuse the tokens of grants from now on, before the database has told anybody."""
        if self._revocations is not None:
            self._revocations.note(grants)

    def _keep(self, token: str, claims: Mapping[str, Any]) -> Principal:
        principal = principal_of(claims)
        self._principals[token] = (claims, principal)
        if len(self._principals) > _KEPT:
            self._principals.popitem(last=False)
        return principal

    async def _check(
        self, claims: Mapping[str, Any], scheme: str, token: str, scope: Scope | None
    ) -> None:
        """Raise `Unauthorised` for a token that was revoked, or is used by somebody else."""
        if self._here is not None and claims["iss"] == self._here.issuer:
            await self._check_grant(claims)
        jkt = dpop.bound_to(claims)
        if jkt is None and "cnf" not in claims and scheme == "bearer":
            return
        # Bound to a key, to something else that is not known here, or not bound and called so.
        if jkt is None or scheme != "dpop" or self._here is None or scope is None:
            raise Unauthorised("wrong_binding", self._metadata, "DPoP")
        proofs = Headers(scope=scope).getlist("dpop")
        strict = claims.get("client_profile") == STRICT
        try:
            proved = await dpop.proved(
                self._here, proofs, scope["method"], scope["path"], token=token, nonce=strict
            )
        except OAuthError as refused:
            fresh = refused.headers.get("dpop-nonce")
            raise Unauthorised(refused.error, self._metadata, "DPoP", fresh) from None
        if proved != jkt:
            raise Unauthorised("wrong_binding", self._metadata, "DPoP")

    async def _check_grant(self, claims: Mapping[str, Any]) -> None:
        try:
            grant = UUID(str(claims.get("grant")))
        except ValueError:
            raise Unauthorised("revoked", self._metadata) from None
        if self._revocations is None or await self._revocations.revoked(grant):
            raise Unauthorised("revoked", self._metadata)


async def called(callers: Callers, request: Request) -> Principal:
    """Return who asks an endpoint of the authorization server. Raises `OAuthError`."""
    try:
        return await callers(request.headers.get("authorization"), request.scope)
    except Unauthorised as refused:
        raise OAuthError("invalid_token", refused.message, 401, refused.headers) from None
