"""A clinic's own identity provider: OpenID Connect with code, PKCE, state and nonce.

Whom it vouches for was linked to a person beforehand. Nobody is made here by signing in.
"""

from __future__ import annotations

import hashlib
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
import orjson

from alliance_api.domain.ids import Kind, parse_id
from chassis.keys import Issuer, is_safe
from chassis.tokens import TokenRefused, Verifier

from .chance import new_secret, same

SECONDS: Final = 10.0
LARGEST: Final = 256 * 1024
FRESH_SECONDS: Final = 600.0


class Refused(Exception):  # noqa: N818  (an expected outcome, not an error)
    """Somebody could not be signed in upstream; `reason` is a code for the log."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's code."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Provider:
    """One organisation's identity provider, as the operator wrote it down."""

    name: str
    title: str
    organisation: UUID
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scope: str = "openid"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider does what, as its discovery document says."""

    authorize: str
    token: str
    names_itself: bool
    verifier: Verifier


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: where to send the browser, and what to keep of it."""

    location: str
    kept: dict[str, str]


Call = Callable[[str, str, Mapping[str, str] | None, tuple[str, str] | None], Awaitable[bytes]]


def read_providers(text: str) -> dict[str, Provider]:
    """Read providers from JSON. Raises `ValueError`, naming the member that is wrong."""
    found = [_provider(one) for one in json.loads(text)]
    named = {one.name: one for one in found}
    if len(named) < len(found):
        raise ValueError("each identity provider has a name of its own")
    return named


_MEMBERS: Final = frozenset(Provider.__dataclass_fields__)
_REQUIRED: Final = ("name", "title", "organisation", "issuer", "client_id")


def _provider(given: Mapping[str, Any]) -> Provider:
    if unknown := set(given) - _MEMBERS:
        raise ValueError(f"an identity provider has no {', '.join(sorted(unknown))}")
    for name in (*_REQUIRED, *(set(given) & {"client_secret", "scope"})):
        if not isinstance(given.get(name), str) or not given[name]:
            raise ValueError(f"an identity provider needs a {name}")
    if not given["name"].isascii() or not given["name"].replace("-", "").isalnum():
        raise ValueError("the name of an identity provider has letters, digits and hyphens")
    organisation = parse_id(given["organisation"])
    if organisation is None or organisation[0] != Kind.ORGANISATION:
        raise ValueError("organisation: the id of an organisation")
    if not is_safe(httpx.URL(given["issuer"])):
        raise ValueError("issuer: over https, or on this machine")
    return Provider(**{**given, "organisation": organisation[1]})


async def over_http(
    method: str, url: str, data: Mapping[str, str] | None, auth: tuple[str, str] | None
) -> bytes:
    """Ask a provider: no redirects, no proxies, no compression, and at most 256 KiB."""
    given = {"accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=httpx.Timeout(SECONDS), trust_env=False) as client,
        client.stream(method, url, data=data, auth=auth, headers=given) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise Refused("upstream_answer")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LARGEST:
                raise Refused("upstream_answer")
    return bytes(body)


class Upstream:
    """Signs people in by identity providers, and remembers for ten minutes what those say of themselves."""

    def __init__(self, call: Call = over_http, clock: Callable[[], float] = time.time) -> None:
        """Keep how to ask, and the clock that id tokens are judged by."""
        self._call = call
        self._clock = clock
        self._known: dict[str, tuple[float, Metadata]] = {}

    async def begin(self, provider: Provider, back: str) -> Begun:
        """Begin a sign-in whose answer comes to the address `back`. Raises `Refused`."""
        found = await self._metadata(provider)
        state, nonce, verifier = (new_secret() for _ in range(3))
        hashed = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": back,
            "scope": provider.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(hashed).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        sign = "&" if "?" in found.authorize else "?"
        kept = {"provider": provider.name, "state": state, "nonce": nonce, "verifier": verifier}
        return Begun(f"{found.authorize}{sign}{urlencode(asked)}", kept)

    async def subject(
        self, provider: Provider, kept: Mapping[str, str], answer: Mapping[str, str], back: str
    ) -> str:
        """Return whom the provider vouches for, by an answer to what was begun. Raises `Refused`."""
        if not same(answer.get("state", ""), kept["state"]):
            raise Refused("state")
        found = await self._metadata(provider)
        # RFC 9207: an answer of another issuer than the one that was asked is a mix-up.
        named = answer.get("iss")
        if (named is None and found.names_itself) or named not in (None, provider.issuer):
            raise Refused("mix_up")
        if not answer.get("code"):
            raise Refused("declined")
        token = await self._id_token(provider, found, answer["code"], kept["verifier"], back)
        return await self._vouched(provider, found, token, kept["nonce"])

    async def _id_token(
        self, provider: Provider, found: Metadata, code: str, verifier: str, back: str
    ) -> str:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
            "client_id": provider.client_id,
        }
        secret = provider.client_secret
        # RFC 6749, 2.3.1: both are form-encoded before they are put together.
        auth = None if secret is None else (quote(provider.client_id, ""), quote(secret, ""))
        answer = _object(await self._asked("POST", found.token, given, auth))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Refused("no_id_token")
        return token

    async def _vouched(self, provider: Provider, found: Metadata, token: str, nonce: str) -> str:
        try:
            claims = await found.verifier.verify(token)
        except TokenRefused as refused:
            raise Refused(refused.reason) from None
        if not same(str(claims.get("nonce", "")), nonce):
            raise Refused("nonce")
        several = not isinstance(claims.get("aud"), str) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else provider.client_id) != provider.client_id:
            raise Refused("azp")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise Refused("sub")
        return subject

    async def _metadata(self, provider: Provider) -> Metadata:
        until, known = self._known.get(provider.name, (0.0, None))
        if known is not None and self._clock() < until:
            return known
        url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _metadata(provider, _object(await self._asked("GET", url, None, None)), self._clock)
        self._known[provider.name] = (self._clock() + FRESH_SECONDS, found)
        return found

    async def _asked(
        self,
        method: str,
        url: str,
        data: Mapping[str, str] | None,
        auth: tuple[str, str] | None,
    ) -> bytes:
        try:
            return await self._call(method, url, data, auth)
        except httpx.HTTPError:
            raise Refused("upstream_unreachable") from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused("upstream_answer") from None
    if not isinstance(found, dict):
        raise Refused("upstream_answer")
    return found


def _metadata(provider: Provider, found: Mapping[str, Any], clock: Callable[[], float]) -> Metadata:
    if found.get("issuer") != provider.issuer:
        raise Refused("mix_up")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorize, token, jwks = (_address(found.get(name), provider.issuer) for name in names)
    # `Verifier` takes a signature only by the algorithm that the key is for; `none` has no key.
    verifier = Verifier([Issuer(provider.issuer, jwks)], provider.client_id, clock=clock)
    names_itself = found.get("authorization_response_iss_parameter_supported") is True
    return Metadata(authorize, token, names_itself, verifier)


def _address(value: object, issuer: str) -> str:
    # A provider on the net has no business with addresses of this machine.
    scheme = httpx.URL(issuer).scheme
    if not isinstance(value, str) or not is_safe(httpx.URL(value)):
        raise Refused("upstream_answer")
    if scheme == "https" and httpx.URL(value).scheme != "https":
        raise Refused("upstream_answer")
    return value
