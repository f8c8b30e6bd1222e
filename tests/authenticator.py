"""A passkey in software: what a browser and its authenticator answer, for tests over plain HTTP."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def spelled(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One authenticator with at most one passkey; it counts, and verifies its user unless told not to."""

    origin: str
    verifies: bool = True
    count: int = 0
    credential: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    handle: str = ""

    def _flags(self) -> int:
        return PRESENT | (VERIFIED if self.verifies else 0)

    def _data(self, host: str, flags: int) -> bytes:
        self.count += 1
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _cose(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )

    def create(self, options: str) -> str:
        """Make the passkey, as `navigator.credentials.create` does."""
        asked = json.loads(options)
        assert asked["authenticatorSelection"]["residentKey"] == "required"
        assert asked["authenticatorSelection"]["userVerification"] == "required"
        self.handle = asked["user"]["id"]
        data = self._data(asked["rp"]["id"], self._flags() | ATTESTED)
        data += bytes(16) + len(self.credential).to_bytes(2) + self.credential + self._cose()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer(
            {"clientDataJSON": spelled(client), "attestationObject": spelled(attestation)}
        )

    def get(self, options: str) -> str:
        """Prove the passkey, as `navigator.credentials.get` does."""
        asked = json.loads(options)
        assert asked["userVerification"] == "required"
        data = self._data(asked["rpId"], self._flags())
        client = self._client("webauthn.get", asked["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": spelled(client),
                "authenticatorData": spelled(data),
                "signature": spelled(signed),
                "userHandle": self.handle,
            }
        )

    def _answer(self, response: dict[str, Any]) -> str:
        name = spelled(self.credential)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
