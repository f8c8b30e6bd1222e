"""Access tokens: signed JWTs of known issuers, checked before anything else in a request is read.

RFC 7519 as RFC 8725 and RFC 9068 narrow it down. A refusal is one word of a closed list, so that an
answer and a log line may carry it; nothing of the token leaves this module but verified claims.
"""

import hashlib
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, NoReturn

import orjson
from joserfc import jwk
from joserfc.jws import JWSRegistry

from chassis import strict_json
from chassis.keys import ALGORITHMS, Fetch, Issuer, Keyring, algorithm_of, octets, over_http

__all__ = ["Claims", "Issuer", "Reason", "TokenRefused", "Verifier", "mint", "new_key"]

Claims = Mapping[str, Any]
Reason = Literal[
    "malformed",
    "unknown_issuer",
    "unknown_key",
    "bad_signature",
    "expired",
    "not_yet_valid",
    "wrong_audience",
    "wrong_type",
    "too_large",
]

MAX_TOKEN_BYTES: Final = 8 * 1024
MAX_REMEMBERED: Final = 10_000
LEEWAY_SECONDS: Final = 30

_PARTS: Final = 3
_TYPES: Final = frozenset({"jwt", "at+jwt"})
# Each would let a token say how, or by whose key, it wants to be verified.
_FORBIDDEN: Final = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c"})


class TokenRefused(Exception):  # noqa: N818 - a refusal is an expected outcome, not an error
    """A token we do not take, and in one word why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class _Unverified:
    """A token in its right shape. Nothing in it may be believed yet."""

    algorithm: str
    kid: str | None
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


class Verifier:
    """The API as an OAuth resource server: which tokens are good, as of now, for this audience.

    Args:
        issuers: whose tokens are taken, each verified with that issuer's own keys only.
        audience: what a token's `aud` must be or contain.
        fetch: gets the bytes at an issuer's `jwks_url`; by default over HTTP.
        clock: seconds since 1970.
        leeway: seconds by which an issuer's clock may differ from ours.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        audience: str,
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.time,
        leeway: int = LEEWAY_SECONDS,
    ) -> None:
        if not audience or len({issuer.name for issuer in issuers}) < len(issuers):
            raise ValueError("a verifier has an audience, and its issuers have different names")
        self._audience = audience
        self._clock = clock
        self._leeway = leeway
        self._verified = _Verified()
        self._keyrings = {
            issuer.name: Keyring(issuer, fetch or over_http, clock, self.forget)
            for issuer in issuers
        }

    async def verify(self, token: str) -> Claims:
        """Return the claims of a good token, read-only all through: their lists are tuples.

        Raises:
            TokenRefused: if it is not one.
        """
        digest = _digest(token)
        claims = self._verified.recall(digest, self._clock())
        return claims if claims is not None else await self._verify(token, digest)

    def forget(self) -> None:
        """Verify every token anew, as when an issuer's keys have changed."""
        self._verified.clear()

    def look_again(self, issuer: str) -> None:
        """Fetch an issuer's keys before its next token is verified, as when one was taken away."""
        self._keyrings[issuer].due = float("-inf")
        self.forget()

    async def _verify(self, token: str, digest: bytes) -> Claims:
        unverified = _read(token)
        keyring = self._keyring(unverified.claims.get("iss"))
        key = await keyring.key(unverified.kid)
        # No `await` from here on: what is remembered was verified with keys not yet changed.
        if key is None:
            raise TokenRefused("unknown_key")
        if key.algorithm != unverified.algorithm or not key.signed(
            unverified.signed, unverified.signature
        ):
            raise TokenRefused("bad_signature")
        until = self._good_until(unverified.claims)
        claims: Claims = _frozen(unverified.claims)
        self._verified.keep(digest, claims, min(until, keyring.due))
        return claims

    def _keyring(self, issuer: object) -> Keyring:
        keyring = self._keyrings.get(issuer) if isinstance(issuer, str) else None
        if keyring is None:
            raise TokenRefused("unknown_issuer")
        return keyring

    def _good_until(self, claims: Claims) -> float:
        now = self._clock()
        until = _instant(claims, "exp") + self._leeway
        since = max(_instant(claims, name, now) for name in ("nbf", "iat")) - self._leeway
        audience = claims.get("aud")
        if now >= until:
            raise TokenRefused("expired")
        if now < since:
            raise TokenRefused("not_yet_valid")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise TokenRefused("wrong_audience")
        return until


class _Verified:
    """The tokens verified last, by their hash, each until it has to be verified again."""

    def __init__(self) -> None:
        self._claims: OrderedDict[bytes, tuple[float, Claims]] = OrderedDict()
        self.clear = self._claims.clear

    def recall(self, digest: bytes, now: float) -> Claims | None:
        until, claims = self._claims.get(digest, (0.0, None))
        if claims is None:
            return None
        if now >= until:
            del self._claims[digest]
            return None
        self._claims.move_to_end(digest)
        return claims

    def keep(self, digest: bytes, claims: Claims, until: float) -> None:
        self._claims[digest] = until, claims
        if len(self._claims) > MAX_REMEMBERED:
            self._claims.popitem(last=False)


def _digest(token: str) -> bytes:
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenRefused("too_large")
    if not token.isascii():
        raise TokenRefused("malformed")
    return hashlib.sha256(token.encode()).digest()


def _read(token: str) -> _Unverified:
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise TokenRefused("malformed")
    header, claims, signature = (_octets(part) for part in parts)
    algorithm, kid = _read_header(_object(header))
    signed = token.rpartition(".")[0].encode()
    return _Unverified(algorithm, kid, _object(claims), signed, signature)


def _octets(part: str) -> bytes:
    try:
        return octets(part)
    except ValueError:
        raise TokenRefused("malformed") from None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = strict_json.parse(text)
    except strict_json.BadJson:
        raise TokenRefused("malformed") from None
    return value if isinstance(value, dict) else _malformed()


def _malformed() -> NoReturn:
    raise TokenRefused("malformed")


def _read_header(header: Mapping[str, Any]) -> tuple[str, str | None]:
    algorithm, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused("malformed")
    if not isinstance(kid, str | None) or not header.keys().isdisjoint(_FORBIDDEN):
        raise TokenRefused("malformed")
    if not isinstance(typ, str) or typ.lower() not in _TYPES:
        raise TokenRefused("wrong_type")
    return algorithm, kid


def _instant(claims: Claims, name: str, absent: float | None = None) -> float:
    value = claims.get(name, absent)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused("malformed")
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(member) for name, member in value.items()})
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def mint(private_key: Mapping[str, Any], claims: Claims, kid: str, typ: str = "at+jwt") -> str:
    """Sign a token with a private JWK: an access token, unless `typ` says something else.

    Raises:
        ValueError: if it is a key of a kind we do not take.
    """
    algorithm = algorithm_of(private_key)
    if algorithm is None:
        raise ValueError("not a key for RS256, ES256 or EdDSA")
    header = {"alg": algorithm, "kid": kid, "typ": typ}
    signed = b".".join(_spell(orjson.dumps(part)) for part in (header, dict(claims)))
    model = JWSRegistry.algorithms[algorithm]
    signature = model.sign(signed, jwk.import_key(dict(private_key)))
    return b".".join((signed, _spell(signature))).decode()


def _spell(part: bytes) -> bytes:
    return urlsafe_b64encode(part).rstrip(b"=")


def new_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """Make an Ed25519 key: the private JWK and the public one, whose `kid` is its thumbprint."""
    key = jwk.OKPKey.generate_key("Ed25519")
    about = {"kid": key.thumbprint(), "alg": "EdDSA", "use": "sig"}
    return {**key.as_dict(private=True), **about}, {**key.as_dict(private=False), **about}
