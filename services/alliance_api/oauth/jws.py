"""Compact JWS of clients: their assertions, their proofs, statements about them. Read strictly.

What a key is and the algorithm of the header have to fit each other, so that neither `none`, nor an
HMAC over a public key, nor any other confusion of the two is ever tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from chassis import strict_json
from chassis.keys import RSA_BITS, octets

KINDS: Final = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "EdDSA": ("OKP", "Ed25519"),
}
LARGEST: Final = 8 * 1024
_PARTS: Final = 3
_MATERIAL: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# Each would let a token say how, or by whose key, it wants to be verified.
_FORBIDDEN: Final = frozenset({"crit", "b64", "x5u", "x5c"})


class BadJws(ValueError):  # noqa: N818  (it says what was wrong)
    """Not a JWS that we take."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A JWS in its right shape. Nothing in it may be believed before `is_signed`."""

    algorithm: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def read(text: str, *, carries: frozenset[str] = frozenset()) -> Jws:
    """Read a JWS; of `jwk` and `jku` its header may have what `carries` names. Raises `BadJws`."""
    parts = text.split(".")
    if len(text) > LARGEST or not text.isascii() or len(parts) != _PARTS:
        raise BadJws
    try:
        header, claims, signature = (octets(part) for part in parts)
        head, body = strict_json.parse(header), strict_json.parse(claims)
    except (ValueError, strict_json.BadJson):
        raise BadJws from None
    if not isinstance(head, dict) or not isinstance(body, dict):
        raise BadJws
    algorithm = head.get("alg")
    refused = _FORBIDDEN | ({"jwk", "jku"} - carries)
    if not isinstance(algorithm, str) or algorithm not in KINDS:
        raise BadJws
    if not head.keys().isdisjoint(refused):
        raise BadJws
    if not isinstance(head.get("kid"), str | None) or not isinstance(head.get("typ"), str | None):
        raise BadJws
    return Jws(algorithm, head, body, text.rpartition(".")[0].encode(), signature)


def is_signed(found: Jws, key: Mapping[str, Any]) -> bool:
    """Tell whether a public JWK made the signature, by the algorithm of the header."""
    if (key.get("kty"), key.get("crv")) != KINDS[found.algorithm]:
        return False
    if key.get("alg", found.algorithm) != found.algorithm or key.get("use", "sig") != "sig":
        return False
    try:
        imported = jwk.import_key(material(key))
        return JWSRegistry.algorithms[found.algorithm].verify(
            found.signed, found.signature, imported
        )
    except (JoseError, ValueError, TypeError):
        return False


def material(key: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Return the bare public material of a JWK. Raises `ValueError` if it is not one we take."""
    kind = (key.get("kty"), key.get("crv"))
    if kind not in KINDS.values() or not _PRIVATE.isdisjoint(key):
        raise ValueError("not a public key that we take")
    names = _MATERIAL[str(kind[0])]
    found = {name: key[name] for name in names if isinstance(key.get(name), str)}
    if len(found) < len(names):
        raise ValueError("a key without its material")
    for value in found.values():
        octets(value)
    # Measured here, because joserfc only warns of a short key.
    if kind[0] == "RSA" and int.from_bytes(octets(found["n"])).bit_length() not in RSA_BITS:
        raise ValueError("an RSA key too short to trust or too long to compute with")
    return {"kty": str(kind[0]), **({"crv": str(kind[1])} if kind[1] else {}), **found}


def thumbprint(key: Mapping[str, Any]) -> str:
    """Return the thumbprint of a public JWK (RFC 7638). Raises `ValueError`."""
    try:
        return str(jwk.import_key(material(key)).thumbprint())
    except JoseError:
        raise ValueError("not a key") from None


def usable(keys: object) -> list[dict[str, Any]]:
    """Return the keys of a JWK set that can verify something. Raises `ValueError` for no set."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JWK set")  # noqa: TRY004 - what a stranger sent is a value
    return [key for key in listed if isinstance(key, dict) and _is_usable(key)]


def _is_usable(key: dict[str, Any]) -> bool:
    try:
        jwk.import_key(material(key))
    except (JoseError, ValueError, TypeError):
        return False
    return isinstance(key.get("kid"), str | None)
