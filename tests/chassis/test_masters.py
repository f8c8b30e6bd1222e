"""Master keys: read strictly, replaced while they are at work, and never printed."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.masters import (
    BYTES,
    GRACE,
    BadMasters,
    DoesNotOpen,
    LocalMasters,
    Ring,
    UnknownMaster,
    Wrapped,
    decoded,
    encoded,
    local_masters,
    parse,
)

ONE, TWO = b"\1" * BYTES, b"\2" * BYTES
KEY = b"k" * BYTES


def wrap(masters: LocalMasters, about: bytes = b"about") -> Wrapped:
    return asyncio.run(masters.wrap(KEY, about))


def unwrap(masters: LocalMasters, wrapped: Wrapped, about: bytes = b"about") -> bytes:
    return asyncio.run(masters.unwrap(wrapped, about))


def fixed(ring: Ring) -> LocalMasters:
    return LocalMasters(ring.text)


def spelt(**keys: object) -> str:
    return json.dumps(keys)


GOOD = base64.b64encode(ONE).decode()
BAD = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "a list of lists": "[[1, 2]]",
    "a number": "3",
    "no key": "{}",
    "a short key": spelt(a=base64.b64encode(b"short").decode()),
    "a number for a key": spelt(a=3),
    "not base64": spelt(a="*" * 44),
    "no name": json.dumps({"": GOOD}),
    "a name with a space": json.dumps({"a b": GOOD}),
    "a name with what separates": json.dumps({"a|b": GOOD}),
    "a name twice": f'{{"a": "{GOOD}", "a": "{base64.b64encode(TWO).decode()}"}}',
    "a key twice": spelt(a=GOOD, b=GOOD),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_set_of_keys_is_refused_without_an_echo(text: str) -> None:
    with pytest.raises(BadMasters) as refused:
        parse(text)
    assert GOOD not in str(refused.value)
    assert "***" not in str(refused.value)


def test_what_was_written_is_read_back_and_the_first_is_current(tmp_path: Path) -> None:
    file = tmp_path / "masters.json"
    Ring({"b": TWO, "a": ONE}).write(file)
    found = parse(file.read_text())
    assert (found.names, found.current) == (("b", "a"), "b")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["masters.json"]


def test_nothing_that_is_printed_tells_a_key() -> None:
    ring = Ring({"a": ONE})
    masters = fixed(ring)
    told = repr(ring) + str(ring) + repr(masters) + repr(wrap(masters))
    for secret in (ONE, KEY):
        assert base64.b64encode(secret).decode()[:12] not in told
        assert secret.hex()[:12] not in told
        assert repr(secret)[2:10] not in told


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=64))
def test_a_wrapped_key_comes_back_for_whom_it_was_wrapped_and_nobody_else(
    about: bytes, other: bytes
) -> None:
    masters = fixed(Ring({"a": ONE}))
    wrapped = wrap(masters, about)
    assert unwrap(masters, wrapped, about) == KEY
    if other != about:
        with pytest.raises(DoesNotOpen):
            unwrap(masters, wrapped, other)


@given(st.integers(0, 59), st.integers(1, 255))
def test_a_wrapped_key_that_was_changed_does_not_come_back(place: int, change: int) -> None:
    masters = fixed(Ring({"a": ONE}))
    found = bytearray(decoded(wrap(masters).text))
    found[place] ^= change
    with pytest.raises(DoesNotOpen):
        unwrap(masters, Wrapped("a", encoded(bytes(found))))


@pytest.mark.parametrize("text", ["", "a", "*" * 80, "ü" * 80, "AAAA" * 30])
def test_what_was_never_wrapped_does_not_come_back(text: str) -> None:
    with pytest.raises(DoesNotOpen):
        unwrap(fixed(Ring({"a": ONE})), Wrapped("a", text))


def test_another_master_of_the_same_name_does_not_give_it_back() -> None:
    wrapped = wrap(fixed(Ring({"a": ONE})))
    with pytest.raises(DoesNotOpen):
        unwrap(fixed(Ring({"a": TWO})), wrapped)
    with pytest.raises(UnknownMaster):
        unwrap(fixed(Ring({"b": ONE})), wrapped)
    with pytest.raises(DoesNotOpen):
        unwrap(fixed(Ring({"a": TWO, "b": ONE})), Wrapped("b", wrapped.text))


@given(st.binary(max_size=100))
def test_bytes_are_spelt_without_anything_that_needs_an_escape(data: bytes) -> None:
    text = encoded(data)
    assert decoded(text) == decoded(text.encode()) == data
    assert json.dumps(text) == f'"{text}"'
    assert "|" not in text


# A file that changes


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_new_first_key_wraps_at_once_and_the_old_one_goes_on_unwrapping(tmp_path: Path) -> None:
    file = tmp_path / "masters.json"
    ring = Ring({"a": ONE})
    ring.write(file)
    masters = local_masters(None, file)
    before = wrap(masters)
    ring.with_new("b", TWO).write(file)
    after = wrap(masters)
    assert (before.master, after.master) == ("a", "b")
    assert unwrap(masters, before) == unwrap(masters, after) == KEY


def test_a_master_that_another_process_put_there_is_found_when_it_is_met(tmp_path: Path) -> None:
    file = tmp_path / "masters.json"
    ring = Ring({"a": ONE})
    ring.write(file)
    masters = local_masters(None, file)
    wrapped = wrap(fixed(ring.with_new("b", TWO)))
    with pytest.raises(UnknownMaster):
        unwrap(masters, wrapped)
    ring.with_new("b", TWO).write(file)
    assert unwrap(masters, wrapped) == KEY


def test_a_master_that_was_taken_away_unwraps_for_another_minute() -> None:
    """What was read before it went is still on its way."""
    clock, rings = Clock(), [Ring({"b": TWO, "a": ONE})]
    masters = LocalMasters(
        lambda: rings[-1].text(),  # noqa: PLW0108  (the last one by then)
        lambda: len(rings),
        clock,
    )
    wrapped = wrap(fixed(Ring({"a": ONE})))
    rings.append(Ring({"b": TWO}))
    assert masters.ring().names == ("b",)
    clock.now = GRACE - 1
    assert unwrap(masters, wrapped) == KEY
    clock.now = GRACE + 1
    with pytest.raises(UnknownMaster):
        unwrap(masters, wrapped)


@pytest.mark.parametrize("broken", ["", '{"a": "', None], ids=["empty", "half", "gone"])
def test_a_file_that_cannot_be_read_this_moment_changes_nothing(
    tmp_path: Path, broken: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "masters.json"
    ring = Ring({"a": ONE})
    ring.write(file)
    masters = local_masters(None, file)
    wrapped = wrap(masters)
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    assert unwrap(masters, wrapped) == KEY
    assert wrap(masters).master == "a"
    assert {record.getMessage() for record in caplog.records} == {"masters.unreadable"}
    ring.with_new("b", TWO).write(file)
    assert wrap(masters).master == "b", "and once it can, it is"


def test_a_file_is_not_read_again_while_it_is_the_same(tmp_path: Path) -> None:
    reads: list[int] = []

    def load() -> str:
        reads.append(1)
        return Ring({"a": ONE}).text()

    masters = LocalMasters(load, lambda: "same")
    for _ in range(5):
        unwrap(masters, wrap(masters))
    assert len(reads) == 1


def test_a_code_is_one_masters_own() -> None:
    ring = Ring({"a": ONE, "b": TWO})
    assert ring.mac("a", b"x") == Ring({"a": ONE}).mac("a", b"x")
    assert len({ring.mac("a", b"x"), ring.mac("b", b"x"), ring.mac("a", b"y")}) == 3


def test_without_any_there_is_no_vault(tmp_path: Path) -> None:
    with pytest.raises(BadMasters):
        local_masters(None, None)
    with pytest.raises(OSError, match="none"):
        local_masters(None, tmp_path / "none")
