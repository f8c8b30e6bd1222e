"""Signatures over octets that leave the house: seals of the ledger, checkpoints, archives.

Ed25519, a key in a file as JWK; `kid` is its thumbprint. The private key belongs where the
database is not.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from .tokens import new_key

Sign = Callable[[bytes], str]
Verify = Callable[[str, bytes, str], bool]


class SigningKey:
    """A private key that never shows itself."""

    __slots__ = ("_key", "id", "public")

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        """Take an Ed25519 private JWK. Raises `ValueError` for anything else."""
        try:
            if (jwk["kty"], jwk["crv"]) != ("OKP", "Ed25519"):
                raise ValueError("the signing key must be an Ed25519 JWK")
            self._key = Ed25519PrivateKey.from_private_bytes(_octets(jwk["d"]))
            self.id = str(jwk["kid"])
        except KeyError as missing:
            raise ValueError(f"the signing key lacks {missing}") from None
        self.public = {name: jwk[name] for name in ("kty", "crv", "x", "kid")}

    def sign(self, octets: bytes) -> str:
        """Return a signature, in base64url."""
        return _spelled(self._key.sign(octets))


def verifier(keys: Mapping[str, Any]) -> Verify:
    """Return what checks signatures by the keys of a JWK Set; an unknown key is never good."""
    known = {
        str(key["kid"]): Ed25519PublicKey.from_public_bytes(_octets(key["x"]))
        for key in keys["keys"]
        if key.get("kty") == "OKP"
    }

    def is_good(key_id: str, octets: bytes, signature: str) -> bool:
        key = known.get(key_id)
        if key is None:
            return False
        try:
            spelled = _octets(signature)
            key.verify(spelled, octets)
        except (InvalidSignature, ValueError):
            return False
        # Base64 has several spellings of the same octets; of what is signed nothing may be touched.
        return _spelled(spelled) == signature

    return is_good


def key_at(path: Path) -> SigningKey:
    """Return the key of a file, made on the spot the first time; nobody else may read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        private, _ = new_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(private, file)
    return SigningKey(json.loads(path.read_text(encoding="utf-8")))


def _spelled(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode()


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
