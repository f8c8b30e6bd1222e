"""The keys of the issuers whose tokens we take: which there are, and for which algorithm each is."""

import asyncio
import binascii
import ipaddress
import logging
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from chassis import strict_json

Fetch = Callable[[str], Awaitable[bytes]]
Keys = Mapping[str | None, "PublicKey"]

FRESH_SECONDS: Final = 600.0
REFETCH_SECONDS: Final = 30.0
FETCH_TIMEOUT_SECONDS: Final = 5.0
MAX_JWKS_BYTES: Final = 64 * 1024
RSA_BITS: Final = range(2048, 8192 + 1)

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
# What a key is decides what it signs with; a token's header has no say in it.
_ALGORITHMS: Final = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
ALGORITHMS: Final = frozenset(_ALGORITHMS.values())
_MATERIAL: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}

_log = logging.getLogger(__name__)


def octets(text: str) -> bytes:
    """Decode base64url as RFC 7515 spells it: no padding, no spaces, no bits left over.

    Raises:
        ValueError: if there is any other spelling of the same octets, or none.
    """
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    try:
        decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if urlsafe_b64encode(decoded).rstrip(b"=") != text.encode():
        raise ValueError("not canonical base64url")
    return decoded


def algorithm_of(key: Mapping[str, Any]) -> str | None:
    """Name the one algorithm a JWK may be used with, or None if we take no such key."""
    kty, crv = key.get("kty"), key.get("crv")
    if not isinstance(kty, str) or not isinstance(crv, str | None):
        return None
    return _ALGORITHMS.get((kty, crv))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key pinned to its algorithm. Two are equal if their material is."""

    algorithm: str
    material: tuple[str, ...]
    _key: jwk.Key = field(compare=False, repr=False)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Tell whether this key made the signature."""
        # Not joserfc's reader of compact tokens: it would parse again, and warns at every EdDSA.
        model = JWSRegistry.algorithms[self.algorithm]
        try:
            return model.verify(message, signature, self._key)
        except (JoseError, ValueError):
            return False


def public_key(key: Mapping[str, Any]) -> PublicKey | None:
    """Read the public half of a JWK, or return None if it is of no use to verify a token."""
    algorithm = algorithm_of(key)
    if algorithm is None or not _may_verify(key, algorithm):
        return None
    names = _MATERIAL[key["kty"]]
    try:
        material = tuple(_spelling(key.get(name)) for name in names)
        imported = _imported(key, dict(zip(names, material, strict=True)))
    except (JoseError, ValueError):
        return None
    return PublicKey(algorithm, material, imported)


def _imported(key: Mapping[str, Any], material: dict[str, str]) -> jwk.Key:
    # The bare material, so that neither a private half nor a key's own options come along.
    if key["kty"] == "RSA":
        # Measured here, because joserfc only warns of a short key.
        if int.from_bytes(octets(material["n"])).bit_length() not in RSA_BITS:
            raise ValueError("an RSA key too short to trust or too long to compute with")
        return jwk.import_key({"kty": "RSA", **material})
    return jwk.import_key({"kty": key["kty"], "crv": key["crv"], **material})


def _spelling(member: object) -> str:
    if not isinstance(member, str):
        raise ValueError("not a text")  # noqa: TRY004 - what a stranger sent is a value, not a type
    octets(member)
    return member


def _may_verify(key: Mapping[str, Any], algorithm: str) -> bool:
    operations = key.get("key_ops", ["verify"])
    return (
        key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and isinstance(key.get("kid"), str | None)
    )


def public_keys(jwks: object) -> dict[str | None, PublicKey]:
    """Read a JWK set by `kid`, passing over keys that are of no use to us.

    A `kid` given to two keys names neither. A key without one is for tokens without one.

    Raises:
        ValueError: if this is no JWK set.
    """
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list) or not all(isinstance(key, dict) for key in listed):
        raise ValueError("not a JWK set")
    usable = [(key.get("kid"), read) for key in listed if (read := public_key(key))]
    names = [kid for kid, _ in usable]
    return {kid: key for kid, key in usable if names.count(kid) == 1}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody whose tokens we take, and where the public keys are.

    Args:
        name: the exact `iss` of the tokens.
        jwks_url: where the JWK set is served; https, or http on this machine.
        keys: the JWK set itself, where it is not served.
    """

    name: str
    jwks_url: str | None = None
    keys: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse, when the service starts, an issuer no token could ever be verified for."""
        if (self.jwks_url is None) == (self.keys is None):
            raise ValueError("an issuer has either an address for its keys or the keys")
        if self.jwks_url is not None and not is_safe(httpx.URL(self.jwks_url)):
            raise ValueError("keys are fetched over https, or from this machine")
        if self.keys is not None and not public_keys(self.keys):
            raise ValueError("none of an issuer's keys can verify a token")


def is_safe(url: httpx.URL) -> bool:
    """Tell whether what an address serves came from there: https, or http on this machine."""
    if url.scheme == "https":
        return bool(url.host)
    return url.scheme == "http" and _is_here(url.host)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def over_http(url: str) -> bytes:
    """Get a JWK set by HTTP: no redirects, no proxies, no compression, at most 64 KiB.

    Raises:
        httpx.HTTPError: if it cannot be had.
        ValueError: if it is too large.
    """
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    patience = httpx.Timeout(FETCH_TIMEOUT_SECONDS)
    async with (
        httpx.AsyncClient(timeout=patience, trust_env=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        _check_answer(response)
        return await _at_most(response, MAX_JWKS_BYTES)


def _check_answer(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        raise ValueError("the keys were not served")


async def _at_most(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    # Raw, because a few compressed bytes could unpack to gigabytes.
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise ValueError("too many keys")
    return bytes(body)


class Keyring:
    """One issuer's keys: kept ten minutes, fetched once for all who wait, and kept on if that fails."""

    def __init__(
        self,
        issuer: Issuer,
        fetch: Fetch,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._url = issuer.jwks_url
        self._fetch = fetch
        self._clock = clock
        self._changed = changed
        self._keys: Keys = public_keys(issuer.keys) if issuer.keys is not None else {}
        # When to fetch next even if nobody asks for a key we have not got.
        self.due = float("-inf") if issuer.jwks_url else float("inf")
        self._asked = float("-inf")
        self._flight: asyncio.Task[None] | None = None

    async def key(self, kid: str | None) -> PublicKey | None:
        """Return the key of that name, fetching when the keys are old or the name is new."""
        if self._url is not None and self._wants(kid):
            await self._refreshed(self._url)
        return self._keys.get(kid)

    def _wants(self, kid: str | None) -> bool:
        now = self._clock()
        if now >= self.due:
            # After a failure `due` is half a minute ahead, so an outage costs no storm either.
            return True
        waited = self._flight is not None or now >= self._asked + REFETCH_SECONDS
        return kid not in self._keys and waited

    async def _refreshed(self, url: str) -> None:
        if self._flight is None:
            self._flight = asyncio.create_task(self._refresh(url))
        # Shielded: who gives up waiting must not take the answer from the others.
        await asyncio.shield(self._flight)

    async def _refresh(self, url: str) -> None:
        self._asked = self._clock()
        try:
            keys = await self._read(url)
        except Exception:  # noqa: BLE001 - however it failed, the old keys are what we have
            _log.warning("jwks.fetch_failed", exc_info=True)
            self.due = max(self.due, self._asked + REFETCH_SECONDS)
        else:
            self._take(keys)
        finally:
            self._flight = None

    async def _read(self, url: str) -> Keys:
        async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
            body = await self._fetch(url)
        if len(body) > MAX_JWKS_BYTES:
            raise ValueError("too many keys")
        return public_keys(strict_json.parse(body))

    def _take(self, keys: Keys) -> None:
        self.due = self._asked + FRESH_SECONDS
        if keys != self._keys:
            self._keys = keys
            self._changed()
