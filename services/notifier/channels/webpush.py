"""Web push: a message for one browser, encrypted for it alone (RFC 8291) and signed by us (RFC 8292)."""

from __future__ import annotations

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import addresses
from .http import Pool, post
from .message import ChannelError, Message

RECORD = 4096
LONGEST = RECORD - 17 - 86
LASTS_SECONDS = 12 * 3600
TTL_SECONDS = 6 * 3600
_CURVE = ec.SECP256R1()


class BadSubscription(ValueError):  # noqa: N818  (it says what was wrong)
    """Not what a browser's `PushSubscription` looks like."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser takes messages, and the keys it reads them with."""

    endpoint: str
    public: bytes
    auth: bytes


def subscription(text: str, *, loopback: bool = False) -> Subscription:
    """Read the JSON of a browser's subscription. Raises `BadSubscription`."""
    try:
        found = json.loads(text)
        keys = found["keys"]
        endpoint = addresses.https(str(found["endpoint"]), loopback=loopback)
        public, auth = _octets(keys["p256dh"]), _octets(keys["auth"])
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public)
    except (ValueError, KeyError, TypeError):
        raise BadSubscription("a subscription has an https endpoint and keys") from None
    if len(auth) != 16:  # noqa: PLR2004  (RFC 8291)
        raise BadSubscription("the secret of a subscription has 16 octets")
    return Subscription(endpoint, public, auth)


def encrypted(
    text: bytes, to: Subscription, *, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """Return one aes128gcm record (RFC 8188) that only the subscription's browser can read."""
    if len(text) > LONGEST:
        raise ValueError(f"a message has at most {LONGEST} octets")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, to.public)
    ours = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), theirs)
    material = _derived(shared, to.auth, b"WebPush: info\0" + to.public + ours, 32)
    secret = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours
    # 2 marks the last record; there is no padding.
    return header + AESGCM(secret).encrypt(nonce, text + b"\2", None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class Vapid:
    """Says who sends: a token for a push service, signed with ES256."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, contact: str) -> None:
        """Keep the key, and where the service's people can reach ours (`mailto:` or https)."""
        self._key, self._contact = key, contact
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = _spelled(point)

    def header(self, endpoint: str, now: float) -> str:
        """Return the Authorization header for an endpoint."""
        split = urlsplit(endpoint)
        claims = {
            "aud": f"{split.scheme}://{split.netloc}",
            "exp": int(now) + LASTS_SECONDS,
            "sub": self._contact,
        }
        parts = [{"typ": "JWT", "alg": "ES256"}, claims]
        signing = ".".join(_spelled(json.dumps(part).encode()) for part in parts)
        r, s = decode_dss_signature(self._key.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
        signature = _spelled(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={signing}.{signature}, k={self.public}"


class WebPushChannel:
    """Messages to browsers; `pool` must be a guarded one, since endpoints come from strangers."""

    def __init__(
        self,
        pool: Pool,
        vapid: Vapid,
        *,
        loopback: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep what is needed to send."""
        self._pool, self._vapid, self._loopback, self._clock = pool, vapid, loopback, clock

    async def send(self, message: Message, address: str) -> str:
        """Send one. The topic is made of the key: one that waits is replaced by its repetition."""
        try:
            to = subscription(address, loopback=self._loopback)
        except BadSubscription:
            raise ChannelError("BAD_ADDRESS", gone=True) from None
        text = json.dumps({"title": message.subject, "body": message.short}).encode()[:LONGEST]
        content = encrypted(text, to, key=ec.generate_private_key(_CURVE), salt=os.urandom(16))
        headers = {
            "authorization": self._vapid.header(to.endpoint, self._clock()),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(TTL_SECONDS),
            "topic": _topic(message.key),
        }
        try:
            answer = await post(self._pool, to.endpoint, content, headers, message.fence)
        except ChannelError as error:
            gone = error.gone or error.code == "HTTP_404"
            raise ChannelError(error.code, gone=gone, after=error.after) from None
        return answer.headers.get("location", message.key)[:200]

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()


def _topic(key: str) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.encode())
    return _spelled(digest.finalize())[:32]


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _spelled(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
