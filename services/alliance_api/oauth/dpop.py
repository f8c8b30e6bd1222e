"""Proofs that whoever uses a token has its key (RFC 9449)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from . import once
from .authority import Authority
from .errors import OAuthError
from .jws import BadJws, Jws, is_signed, read, thumbprint
from .opaque import spelled

ALGORITHMS: Final = ("ES256", "ES384", "EdDSA", "PS256", "RS256")
SECONDS: Final = 60
NONCE_SECONDS: Final = 300
_LONGEST: Final = 255
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def refused(description: str = "The proof of possession was not accepted.") -> OAuthError:
    """Return the refusal of a proof."""
    return OAuthError("invalid_dpop_proof", description)


async def proved(  # noqa: PLR0913  (what the proof has to be about)
    here: Authority,
    proofs: Sequence[str],
    method: str,
    path: str,
    *,
    token: str | None = None,
    nonce: bool = False,
) -> str:
    """Return the thumbprint of the key that a request proved. Raises `OAuthError`.

    `proofs` are the request's DPoP headers, `token` the access token it came with; with `nonce`
    the proof must carry one of ours.
    """
    if len(proofs) != 1:
        raise refused("Send one DPoP proof.")
    try:
        proof = read(proofs[0], carries=frozenset({"jwk"}))
        key = proof.header["jwk"]
        print_ = thumbprint(key)
    except (BadJws, ValueError, KeyError, TypeError, AttributeError):
        raise refused() from None
    if proof.header.get("typ") != "dpop+jwt" or proof.algorithm not in ALGORITHMS:
        raise refused()
    if not is_signed(proof, key):
        raise refused()
    now = here.clock()
    _check(here, proof, method, path, token, now)
    if nonce or "nonce" in proof.claims:
        await _check_nonce(here, proof, now)
    until = now + timedelta(seconds=2 * SECONDS)
    if not await once.first(here.db, "dpop", f"{print_}\0{proof.claims['jti']}", until):
        raise refused("The proof was used before.")
    return print_


def _check(  # noqa: PLR0913  (what the proof has to be about)
    here: Authority, proof: Jws, method: str, path: str, token: str | None, now: datetime
) -> None:
    claims = proof.claims
    jti, issued = claims.get("jti"), claims.get("iat")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST:
        raise refused()
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise refused()
    if abs(now.timestamp() - issued) > SECONDS:
        raise refused("The proof is too old, or from the future.")
    if claims.get("htm") != method or not _same(claims.get("htu"), here.at(path)):
        raise refused("The proof is for another request.")
    if token is not None:
        ours = spelled(hashlib.sha256(token.encode()).digest())
        if claims.get("ath") != ours:
            raise refused("The proof is for another token.")


def _same(given: object, address: str) -> bool:
    """Compare addresses without query and fragment (RFC 9449, 4.3), case and port normalised."""
    if not isinstance(given, str):
        return False
    try:
        return _normal(given) == _normal(address)
    except ValueError:
        return False


def _normal(address: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise ValueError("an address with a user's name")
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port, parts.path or "/"


async def _check_nonce(here: Authority, proof: Jws, now: datetime) -> None:
    given = proof.claims.get("nonce")
    good = [await nonce(here, now - timedelta(seconds=ago)) for ago in (0, NONCE_SECONDS)]
    if not isinstance(given, str) or not any(
        hmac.compare_digest(given.encode(errors="replace"), one.encode()) for one in good
    ):
        fresh = {"dpop-nonce": good[0]}
        raise OAuthError("use_dpop_nonce", "Use the nonce of the header DPoP-Nonce.", 400, fresh)


async def nonce(here: Authority, now: datetime) -> str:
    """Return the nonce of now: the same on every replica, and in no database."""
    private = await here.keys.signing("ES256")
    secret = hashlib.sha256(b"dpop-nonce|" + str(private["d"]).encode()).digest()
    stretch = int(now.astimezone(UTC).timestamp()) // NONCE_SECONDS
    return spelled(hmac.digest(secret, str(stretch).encode(), "sha256"))


def bound_to(claims: Mapping[str, object]) -> str | None:
    """Return the thumbprint that a token is bound to, if it is."""
    confirmation = claims.get("cnf")
    found = confirmation.get("jkt") if isinstance(confirmation, Mapping) else None
    return found if isinstance(found, str) else None
