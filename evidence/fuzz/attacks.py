"""Signatures by keys of our own, each wrong in one way: what a forger would try first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwk
from joserfc.jws import JWSRegistry

from chassis.keys import octets as decoded
from tests.applications import sign, spelt

# The orders of the groups: what a signature's numbers are smaller than.
ORDERS = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": int(
        "ffffffffffffffffffffffffffffffffffffffffffffffff"
        "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        16,
    ),
    "Ed25519": 2**252 + 27742317777372353535851937790883648493,
}


@dataclass(frozen=True)
class Signer:
    """A key and the algorithm that it signs with here."""

    algorithm: str
    key: jwk.Key

    @property
    def public(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": "one"}

    def token(self, claims: dict[str, Any], key: jwk.Key | bytes | None = None, **more: Any) -> str:
        header = {"alg": self.algorithm, "kid": "one", **more}
        return sign(self.key if key is None else key, header, claims)


def signers() -> list[Signer]:
    """Make a key for each algorithm that is taken from a client."""
    rsa = jwk.RSAKey.generate_key(2048)
    found = [Signer(name, rsa) for name in ("RS256", "RS384", "PS256", "PS384")]
    curves = {"ES256": "P-256", "ES384": "P-384"}
    found += [Signer(name, jwk.ECKey.generate_key(curve)) for name, curve in curves.items()]
    return [*found, Signer("EdDSA", jwk.OKPKey.generate_key("Ed25519"))]


def attacks(signer: Signer, claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and the token that is."""
    yield from _algorithms(signer, claims)
    yield from _headers(signer, claims)
    yield from _spellings(signer.token(claims))
    yield from _numbers(signer, claims)


def _algorithms(signer: Signer, claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    good = signer.token(claims)
    _, body, signature = good.split(".")
    for name in ("none", "None", "NONE", "nOnE", "", "HS256", "HS512", signer.algorithm.lower()):
        head = spelt(json.dumps({"alg": name, "kid": "one"}).encode())
        yield f"alg {name}, no signature", f"{head}.{body}."
        yield f"alg {name}, the signature of another header", f"{head}.{body}.{signature}"
    for other in ("RS256", "RS384", "RS512", "PS256", "PS512", "ES256", "ES384", "EdDSA"):
        if other != signer.algorithm:
            head = spelt(json.dumps({"alg": other, "kid": "one"}).encode())
            yield f"alg {other} over {signer.algorithm}", f"{head}.{body}.{signature}"
    for name, secret in _publicly_known(signer):
        for algorithm in ("HS256", "HS384", "HS512"):
            yield f"{algorithm} by {name}", sign(secret, {"alg": algorithm, "kid": "one"}, claims)
    stranger = type(signer.key).generate_key(_size(signer.key))
    yield "another key of the same name", signer.token(claims, stranger)
    embedded = stranger.as_dict(private=False)
    yield "another key, which comes along", signer.token(claims, stranger, jwk=embedded)


def _size(key: jwk.Key) -> Any:
    return key.as_dict(private=False).get("crv", 2048)


def _publicly_known(signer: Signer) -> Iterator[tuple[str, bytes]]:
    """Yield spellings of the public key, which a confused verifier takes for an HMAC's secret."""
    public: Any = signer.key.public_key
    for name, encoding in (
        ("PEM", serialization.Encoding.PEM),
        ("DER", serialization.Encoding.DER),
    ):
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        yield name, public.public_bytes(encoding, kind)
    yield "JWK", json.dumps(signer.public).encode()
    yield "nothing", b""


def _headers(signer: Signer, claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    wrong: dict[str, Any] = {
        "crit": ["exp"],
        "b64": False,
        "x5u": "https://keys.example",
        "x5c": ["MIIB"],
        "jwk": signer.public,
    }
    for name, value in wrong.items():
        yield f"header {name}", signer.token(claims, **{name: value})
    for value in (7, None, [signer.algorithm], {"alg": signer.algorithm}, True):
        head = spelt(json.dumps({"alg": value, "kid": "one"}).encode())
        yield f"alg is {value}", _signed_as(signer, head, claims)
    for kid in (7, ["one"], "../one", "one\0", "one' OR 1=1", "two"):
        head = spelt(json.dumps({"alg": signer.algorithm, "kid": kid}).encode())
        yield f"kid {kid!r}", _signed_as(signer, head, claims)
    twice = f'{{"alg":"none","alg":"{signer.algorithm}","kid":"one"}}'.encode()
    yield "alg twice", _signed_as(signer, spelt(twice), claims)
    for text in (b"[]", b"7", b"null", b'"alg"', b"", b"{", b"\xff", b"\xef\xbb\xbf{}"):
        yield f"a header of {text!r}", _signed_as(signer, spelt(text), claims)


def _signed_as(signer: Signer, head: str, claims: dict[str, Any]) -> str:
    signed = f"{head}.{spelt(json.dumps(claims).encode())}"
    model: Any = JWSRegistry.algorithms[signer.algorithm]
    return f"{signed}.{spelt(model.sign(signed.encode(), signer.key))}"


def _spellings(good: str) -> Iterator[tuple[str, str]]:
    """Yield other spellings of the same octets, and what is cut off or added."""
    for index in range(3):
        for name, change in _CHANGES.items():
            parts = good.split(".")
            parts[index] = change(parts[index])
            if (text := ".".join(parts)) != good:
                yield f"part {index}: {name}", text
    head, body, signature = good.split(".")
    yield "no signature", f"{head}.{body}."
    yield "no separator", f"{head}.{body}"
    yield "four parts", f"{good}."
    yield "five parts", f"{head}.{body}.{signature}.{head}.{body}"
    yield "JSON", json.dumps({"protected": head, "payload": body, "signature": signature})
    yield "a separator more", f".{good}"


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CHANGES: dict[str, Callable[[str], str]] = {
    "padded": lambda part: part + "=" * (-len(part) % 4 or 4),
    "a space": lambda part: f"{part[:3]} {part[3:]}",
    "a line's end": lambda part: f"{part}\n",
    "the other alphabet": lambda part: part.replace("-", "+").replace("_", "/"),
    "unused bits": lambda part: part[:-1] + _next(part) if len(part) % 4 else part,
    "percent": lambda part: f"%{ord(part[0]):02x}{part[1:]}",
    "one off": lambda part: part[:-1],
    "one more": lambda part: f"{part}A",
    "nothing": lambda _: "",
    "not ASCII": lambda part: f"{part}\N{CYRILLIC SMALL LETTER A}",
}


def _next(part: str) -> str:
    return _ALPHABET[_ALPHABET.index(part[-1]) ^ 1]


def _numbers(signer: Signer, claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield signatures that are other numbers than they should be."""
    good = signer.token(claims)
    signed, _, text = good.rpartition(".")
    octets = decoded(text)
    order = ORDERS.get(str(signer.public.get("crv")))
    found = {
        "a zero in front": b"\0" + octets,
        "a zero behind": octets + b"\0",
        "all zero": bytes(len(octets)),
        "all one": b"\xff" * len(octets),
        "its first bit": bytes([octets[0] ^ 0x80]) + octets[1:],
        "its last bit": octets[:-1] + bytes([octets[-1] ^ 1]),
        "half of it": octets[: len(octets) // 2],
        "twice": octets + octets,
        "one octet": b"\1",
    }
    if order is not None:
        found |= _of_two(octets, order, little=signer.algorithm == "EdDSA")
    for name, changed in found.items():
        yield f"signature: {name}", f"{signed}.{spelt(changed)}"


def _of_two(octets: bytes, order: int, *, little: bool) -> dict[str, bytes]:
    size = len(octets) // 2
    ending: Literal["little", "big"] = "little" if little else "big"
    first, second = octets[:size], int.from_bytes(octets[size:], ending)
    found = {"swapped": octets[size:] + first}
    for name, value in (("zero", 0), ("the order", order), ("one", 1)):
        found[f"the second is {name}"] = first + value.to_bytes(size, ending)
        found[f"the first is {name}"] = value.to_bytes(size, ending) + octets[size:]
    if second + order < 256**size:
        # The same number to who does not look how large it is.
        found["the second and the order"] = first + (second + order).to_bytes(size, ending)
    if not little:
        found["as DER"] = encode_dss_signature(int.from_bytes(first), second)
    return found
