"""Known signatures against our own verifiers: Wycheproof's, RFC 7520's, and attacks made here.

`vectors.json` has a selection of Wycheproof's JWS file, with its numbers, and the signatures of RFC
7520. The 260 vectors that Wycheproof has for modified paddings are of one kind: those are made here, in
the same ways, with the private key that it publishes. `WYCHEPROOF=json_web_signature_test.json`
names the whole file, if it is at hand.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alliance_api.oauth import jws
from chassis.keys import octets, public_keys
from tests.applications import spelt

from . import paddings
from .attacks import Signer, attacks, signers

FILE = Path(__file__).with_name("vectors.json")
# How many of those whose algorithm we take are right: the others are all wrong.
VALID = 13
CLAIMS = {"iss": "somebody", "sub": "somebody"}
# The payload of a vector is any text, and ours is an object: this one stands in while it is read.
_OBJECT = spelt(b"{}")
_NONE = spelt(b'{"alg":"none"}')


@dataclass
class Counted:
    """How many there were, and what was wrong."""

    vectors: int = 0
    accepted: int = 0
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, token: str, key: Mapping[str, Any], *, valid: bool) -> None:
        """Ask both verifiers."""
        self.vectors += 1
        taken = [verify(token, key) for verify in (by_client_keys, by_issuer_keys)]
        if not valid and any(taken):
            self.wrong.append(f"accepted, and is invalid: {name}")
        self.accepted += valid and any(taken)
        kind = (key.get("kty"), key.get("crv"))
        if valid and not taken[0] and kind in jws.KINDS.values():
            self.wrong.append(f"refused, and is valid: {name}")


def _read(token: str) -> jws.Jws | None:
    """Read a token as ours does, whatever its payload says."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = jws.read(f"{parts[0]}.{_OBJECT}.{parts[2]}")
        octets(parts[1])
    except ValueError:
        return None
    return replace(found, signed=f"{parts[0]}.{parts[1]}".encode())


def by_client_keys(token: str, key: Mapping[str, Any]) -> bool:
    """Tell whether the verifier of assertions and proofs takes a token."""
    found = _read(token)
    named = found is not None and found.header.get("kid") in (None, key.get("kid"))
    return found is not None and named and jws.is_signed(found, key)


def by_issuer_keys(token: str, key: Mapping[str, Any]) -> bool:
    """Tell whether the verifier of access tokens takes a signature."""
    found = _read(token)
    if found is None:
        return False
    kept = public_keys({"keys": [dict(key)]}).get(found.header.get("kid"))
    return (
        kept is not None
        and kept.algorithm == found.algorithm
        and kept.signed(found.signed, found.signature)
    )


def counted(small: bool) -> Counted:
    """Try every vector; small: one in four of the paddings, which are slow to sign."""
    found = Counted()
    padded = _padded(4 if small else 1)
    for name, token, key, valid in [*_published(FILE), *_whole(), *padded, *_attacks()]:
        found.note(name, token, key, valid=valid)
    return found


Vector = tuple[str, str, Mapping[str, Any], bool]


def _groups(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["testGroups"]
    return found


def _published(file: Path) -> Iterator[Vector]:
    for group in _groups(file):
        key = group.get("public") or group["private"]
        for one in group["tests"]:
            name = f"{group.get('source', 'wycheproof')} {group['comment']}: {one['comment']}"
            yield name, one["jws"], key, one["result"] == "valid"
            if group.get("source") == "rfc7520":
                yield from _changed(name, one["jws"], key)


def _changed(name: str, good: str, key: Mapping[str, Any]) -> Iterator[Vector]:
    head, body, signature = good.split(".")
    other = "B" if signature[0] == "A" else "A"
    for token in (
        f"{head}.{body}.",
        f"{head}.{_OBJECT}.{signature}",
        f"{head}.{body}.{other}{signature[1:]}",
        f"{_NONE}.{body}.{signature}",
        f"{head}.{body}.{signature}=",
    ):
        yield f"{name}, changed", token, key, False


def _whole() -> Iterator[Vector]:
    named = os.environ.get("WYCHEPROOF")
    if named is None:
        return
    for name, token, key, valid in _published(Path(named)):
        # Two of its valid ones are spelled in a way that RFC 7515 does not have.
        if not valid or _read(token) is not None:
            yield name, token, key, valid


def _padded(step: int) -> Iterator[Vector]:
    [group] = [one for one in _groups(FILE) if one["comment"] == "rs256"]
    key = group["public"]
    modulus, exponent = (int.from_bytes(octets(text)) for text in (key["n"], group["private"]["d"]))
    good = group["tests"][0]["jws"]
    signed = good.rpartition(".")[0]
    for name, signature in paddings.signatures(signed.encode(), modulus, exponent, step):
        token = f"{signed}.{spelt(signature)}"
        # The right one is Wycheproof's own, to the last bit.
        assert (token == good) == (name == "right"), name
        yield f"padding: {name}", token, key, name == "right"


def _attacks() -> Iterator[Vector]:
    for signer in signers():
        yield f"{signer.algorithm}: good", signer.token(CLAIMS), signer.public, True
        for name, token in attacks(signer, CLAIMS):
            yield f"{signer.algorithm}: {name}", token, signer.public, False
        yield from _keys(signer)


def _keys(signer: Signer) -> Iterator[Vector]:
    """Yield good tokens beside keys that may not verify them."""
    good = signer.token(CLAIMS)
    for name, more in {
        "for encryption": {"use": "enc"},
        "of another algorithm": {"alg": "ES512"},
        "of another kind": {"kty": "oct", "k": "AAAA"},
        "of another name": {"kid": "two"},
    }.items():
        yield f"{signer.algorithm}: a key {name}", good, {**signer.public, **more}, False
