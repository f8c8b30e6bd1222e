"""A signature has one spelling, as the octets that are signed have."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.signing import key_at, verifier

pytestmark = pytest.mark.ground


def test_a_signature_that_was_touched_anywhere_is_not_good(tmp_path: Path) -> None:
    key = key_at(tmp_path / "key")
    is_good, signature = verifier({"keys": [key.public]}), key.sign(b"octets")
    assert is_good(key.id, b"octets", signature)
    for place, letter in enumerate(signature):
        for other in {chr(ord(letter) ^ 1), chr(ord(letter) ^ 2), "=", "-", "A", "\n", "é"} - {
            letter
        }:
            touched = signature[:place] + other + signature[place + 1 :]
            assert not is_good(key.id, b"octets", touched), (place, other)
    for longer in (signature + "=", signature + "\n", " " + signature, signature.rstrip("=")):
        assert not is_good(key.id, b"octets", longer)


def test_octets_and_keys_that_were_not_signed_are_not_good(tmp_path: Path) -> None:
    key, other = key_at(tmp_path / "key"), key_at(tmp_path / "other")
    is_good = verifier({"keys": [key.public]})
    assert not is_good(key.id, b"other octets", key.sign(b"octets"))
    assert not is_good(other.id, b"octets", other.sign(b"octets"))
    assert not is_good(key.id, b"octets", other.sign(b"octets"))
