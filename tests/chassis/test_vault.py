"""Words under a key per owner: they open at their place, for their owner, unchanged; or not at all."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.masters import (
    BYTES,
    DoesNotOpen,
    LocalMasters,
    Ring,
    UnknownMaster,
    Wrapped,
    decoded,
    encoded,
)
from chassis.vault import LASTS, PREFIX, Key, NoMasters, Sealed, Vault

RING = Ring({"a": b"\1" * BYTES})
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.binary(min_size=1, max_size=40)
KEY = Key(b"k" * BYTES, b"owner")
NONCE = b"n" * 12


class Counting(LocalMasters):
    """Masters that count how often they are asked."""

    unwrapped = 0

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        self.unwrapped += 1
        return await super().unwrap(wrapped, about)


def vault(**options: Any) -> tuple[Vault, Counting]:
    masters = Counting(RING.text)
    return Vault(masters, **options), masters


@given(TEXTS, NAMES)
def test_a_text_opens_at_its_place(text: str, about: bytes) -> None:
    sealed = KEY.seal(text, about, NONCE)
    assert sealed.startswith(PREFIX)
    assert KEY.open(sealed.encode(), about) == text


@given(TEXTS, NAMES, NAMES)
def test_a_text_that_was_moved_does_not_open(text: str, about: bytes, other: bytes) -> None:
    sealed = KEY.seal(text, about, NONCE).encode()
    if other != about:
        with pytest.raises(DoesNotOpen):
            KEY.open(sealed, other)
    with pytest.raises(DoesNotOpen):
        Key(b"k" * BYTES, b"another owner").open(sealed, about)
    with pytest.raises(DoesNotOpen):
        Key(b"K" * BYTES, b"owner").open(sealed, about)


@given(TEXTS, st.data())
def test_a_text_that_was_changed_does_not_open(text: str, data: st.DataObject) -> None:
    found = bytearray(decoded(KEY.seal(text, b"here", NONCE)[len(PREFIX) :]))
    found[data.draw(st.integers(0, len(found) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DoesNotOpen):
        KEY.open((PREFIX + encoded(bytes(found))).encode(), b"here")


@given(TEXTS)
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    for found in (text, PREFIX + text):
        with pytest.raises(DoesNotOpen):
            KEY.open(found.encode(), b"here")


def test_the_same_text_is_sealed_differently_each_time() -> None:
    one, _ = vault()
    assert one.seal(KEY, "text", b"here") != one.seal(KEY, "text", b"here")


def test_what_is_sealed_needs_no_escaping_and_tells_nothing_but_its_length() -> None:
    sealed = KEY.seal('Say "no" \\ é', b"here", NONCE)
    assert json.dumps(sealed) == f'"{sealed}"'
    assert "no" not in decoded(sealed.removeprefix(PREFIX)).decode(errors="replace")


def test_a_code_tells_nothing_of_the_key_that_seals() -> None:
    assert KEY.mac(b"x") == Key(b"k" * BYTES, b"anybody").mac(b"x")
    assert KEY.mac(b"x") != KEY.mac(b"y")
    assert b"k" * 8 not in repr(vars(KEY)).encode()
    assert ("k" * 8) not in repr(KEY)


# Keys


def sealed_by(found: Vault, owner: bytes, text: str = "text") -> Sealed:
    async def run() -> Sealed:
        wrapped = await found.new_key(owner)
        key = await found.key(wrapped, owner)
        sealed = found.seal(key, text, b"here").encode()
        return owner, wrapped.master.encode(), wrapped.text.encode(), b"here", sealed

    return asyncio.run(run())


def opened(found: Vault, *sealed: Sealed) -> list[str | None]:
    return asyncio.run(found.open(sealed))


def test_texts_of_many_owners_open_together_and_each_key_is_unwrapped_once() -> None:
    one, masters = vault()
    sealed = [sealed_by(one, f"owner {n}".encode(), f"text {n}") for n in range(20)]
    fresh, masters = vault()
    assert opened(fresh, *sealed, *sealed) == [f"text {n}" for n in range(20)] * 2
    assert masters.unwrapped == 20
    assert opened(fresh, *sealed) == [f"text {n}" for n in range(20)]
    assert masters.unwrapped == 20


def test_a_key_that_is_known_for_one_owner_is_not_found_for_another() -> None:
    one, _ = vault()
    mine = sealed_by(one, b"me")
    assert opened(one, mine) == ["text"]
    assert opened(one, (b"you", *mine[1:])) == [None]


def test_a_key_is_unwrapped_again_after_a_while() -> None:
    now = [0.0]
    one, masters = vault(clock=lambda: now[0])
    sealed = sealed_by(one, b"me")
    before = masters.unwrapped
    now[0] = LASTS - 1
    assert opened(one, sealed) == ["text"]
    assert masters.unwrapped == before
    now[0] = LASTS + 1
    assert opened(one, sealed) == ["text"]
    assert masters.unwrapped == before + 1


def test_only_so_many_keys_are_kept() -> None:
    one, masters = vault(capacity=3)
    sealed = [sealed_by(one, f"owner {n}".encode()) for n in range(5)]
    before = masters.unwrapped
    assert opened(one, *sealed[-3:]) == ["text"] * 3
    assert masters.unwrapped == before
    assert opened(one, sealed[0]) == ["text"]
    assert masters.unwrapped == before + 1


def test_one_that_does_not_open_leaves_the_others_alone_and_is_logged_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    one, _ = vault()
    good = sealed_by(one, b"me", "a secret")
    owner, master, wrapped, about, text = good
    lost = (owner, b"gone", wrapped, about, text)
    moved = (owner, master, wrapped, b"there", text)
    with caplog.at_level(logging.ERROR):
        assert opened(one, good, lost, moved, moved) == ["a secret", None, None, None]
    told = {(record.__dict__["error.type"], record.__dict__["rows"]) for record in caplog.records}
    assert told == {("UnknownMaster", 1), ("DoesNotOpen", 2)}
    assert "secret" not in caplog.text


def test_without_master_keys_nothing_is_sealed_and_nothing_opens() -> None:
    empty = Vault(NoMasters())
    with pytest.raises(UnknownMaster):
        asyncio.run(empty.new_key(b"me"))
    one, _ = vault()
    assert opened(empty, sealed_by(one, b"me")) == [None]


class Service:
    """A key service: all a vault needs of one."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, bytes]] = {}

    async def wrap(self, key: bytes, about: bytes) -> Wrapped:
        await asyncio.sleep(0)
        name = f"key {len(self.kept)}"
        self.kept[name] = (key, about)
        return Wrapped("service", name)

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        await asyncio.sleep(0)
        key, whose = self.kept[wrapped.text]
        if whose != about:
            raise DoesNotOpen
        return key


def test_a_key_service_may_stand_where_local_masters_do() -> None:
    one = Vault(Service())
    assert opened(one, sealed_by(one, b"me"), sealed_by(one, b"you")) == ["text", "text"]
