"""The chain over the read ledger: whatever is done to it without the key is found."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.seals import (
    FIRST,
    Broken,
    Checkpoint,
    Entry,
    Fault,
    Seal,
    leaf,
    merkle_root,
    next_seal,
    verify,
)

pytestmark = pytest.mark.ground
KEY = "key"


def sign(header: bytes) -> str:
    """Sign as nobody without the secret could."""
    return hashlib.sha256(b"secret" + header).hexdigest()


def is_signed(key_id: str, header: bytes, signature: str) -> bool:
    return key_id == KEY and signature == sign(header)


def entry(number: int, *values: str | None) -> Entry:
    return Entry(number.to_bytes(16, "big"), (100 + number // 3, number), (*values, f"v{number}"))


def a_ledger(batches: list[int]) -> tuple[list[Seal], list[Entry]]:
    seals: list[Seal] = []
    entries: list[Entry] = []
    for size in batches:
        batch = [entry(len(entries) + i + 1, None) for i in range(size)]
        made = next_seal("org", seals[-1] if seals else None, batch, "2026-11-23T00:00:00Z", KEY)
        seals.append(replace(made, signature=sign(made.header)))
        entries += batch
    return seals, entries


def faulty(seals: list[Seal], entries: list[Entry], point: Checkpoint | None = None) -> Any:
    found = verify(seals, entries, is_signed, point)
    return found and (found.kind, found.seal)


def test_an_untouched_ledger_is_intact() -> None:
    seals, entries = a_ledger([3, 1, 5])
    assert faulty(seals, entries) is None
    assert seals[0].previous == FIRST
    assert [seal.total for seal in seals] == [3, 4, 9]


def test_what_came_after_the_last_seal_is_not_judged() -> None:
    seals, entries = a_ledger([3])
    assert faulty(seals, [*entries, entry(9)]) is None


def test_what_claims_to_be_older_than_the_last_seal_is_no_newcomer() -> None:
    """An export lists entries in any order: one with an older place would pass for a later one."""
    seals, entries = a_ledger([3, 2])
    late = replace(entry(77), place=entries[1].place)
    found = verify(seals, [*entries, late], is_signed)
    assert found is not None
    assert (found.kind, found.seal, found.entry) == (Broken.INSERTED, 2, late.id.hex())
    found = verify(seals, [*entries, entry(9), late], is_signed)
    assert found is not None
    assert (found.kind, found.entry) == (Broken.INSERTED, late.id.hex())


def test_the_root_is_that_of_rfc_6962() -> None:
    """RFC 6962, section 2.1.3: the tree over seven leaves, put together by hand."""
    leaves = [bytes([i]) * 32 for i in range(7)]

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    ab, cd, ef = (node(leaves[i], leaves[i + 1]) for i in (0, 2, 4))
    assert merkle_root(leaves) == node(node(ab, cd), node(ef, leaves[6])).hex()
    assert merkle_root([]) == hashlib.sha256().hexdigest()


def test_null_and_the_empty_text_are_different_entries() -> None:
    assert leaf(entry(1, None)) != leaf(entry(1, ""))
    assert leaf(entry(1, "ab", "c")) != leaf(entry(1, "a", "bc"))


def framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_what_is_hashed_of_an_entry_is_written_down() -> None:
    """Whoever verifies with a program of their own needs the very octets, for ever."""
    one = Entry(b"0123456789abcdef", (7, 12), ("zoë", None, ""))
    octets = framed(b"7", b"12", "\1zoë".encode(), b"\0", b"\1")

    assert leaf(one) == hashlib.sha256(b"\0" + one.id + octets).digest()


def test_what_is_signed_of_a_seal_is_written_down() -> None:
    seal = Seal("org", 3, (1, 2), (4, 5), 6, 17, "r" * 64, "p" * 64, "2026-11-23T00:00:00Z", KEY)
    numbers = (b"3", b"1", b"2", b"4", b"5", b"6", b"17")
    texts = (b"r" * 64, b"p" * 64, b"2026-11-23T00:00:00Z", b"key")

    assert seal.header == framed(b"alliance-ledger-1", b"org", *numbers, *texts)
    assert seal.head == hashlib.sha256(seal.header).hexdigest()


@pytest.mark.parametrize("place", [(102, 4), (101, 5)])
def test_an_entry_that_claims_another_place_is_altered(place: tuple[int, int]) -> None:
    seals, entries = a_ledger([3, 1, 3])
    assert entries[3].place == (101, 4)
    alone = [replace(seals[1], last=(102, 5)), seals[2]]
    signed = [replace(seal, signature=sign(seal.header)) for seal in alone]
    moved = [*entries[:3], replace(entries[3], place=place)]
    found = verify([seals[0], signed[0]], moved, is_signed)

    assert found == Fault(Broken.ALTERED, 2, entries[3].id.hex())


def test_entries_in_another_order_or_twice_are_named() -> None:
    seals, entries = a_ledger([3, 2])
    first, second, third, *rest = entries

    turned = verify(seals, [first, third, second, *rest], is_signed)
    twice = verify(seals, [first, second, third, third, *rest], is_signed)
    assert turned == twice == Fault(Broken.OUT_OF_ORDER, 1, third.id.hex())


def test_a_newcomer_has_a_place_after_the_last_that_is_sealed() -> None:
    seals, entries = a_ledger([3, 2])
    same = replace(entry(77), place=seals[-1].last)

    found = verify(seals, [*entries, entry(9), same], is_signed)
    assert found == Fault(Broken.INSERTED, 2, same.id.hex())
    assert verify([], entries, is_signed) is verify([], [], is_signed) is None


def test_forged_leaves_tell_whether_the_entries_themselves_are_whole() -> None:
    seals, entries = a_ledger([3])
    bad = [replace(seals[0], leaves=seals[0].leaves[:-1] + b"\0")]
    altered = [replace(entries[0], values=("x",)), *entries[1:]]

    assert verify(bad, entries, is_signed) == Fault(Broken.FORGED_LEAVES, 1, "leaves only")
    assert verify(bad, altered, is_signed) == Fault(Broken.FORGED_LEAVES, 1)


def test_a_signed_seal_that_covers_nothing_is_no_link() -> None:
    seals, entries = a_ledger([2, 2])
    empty = replace(seals[1], entries=0, total=2, root=merkle_root([]), leaves=b"")
    nowhere = replace(seals[1], last=seals[1].after)

    for made in (empty, nowhere):
        link = replace(made, signature=sign(made.header))
        assert faulty([seals[0], link], entries[:2]) == (Broken.BROKEN_CHAIN, 2)


def test_an_altered_entry_is_named() -> None:
    seals, entries = a_ledger([3, 4])
    entries[4] = replace(entries[4], values=("somebody else",))
    found = verify(seals, entries, is_signed)
    assert found is not None
    assert (found.kind, found.seal, found.entry) == (Broken.ALTERED, 2, entries[4].id.hex())


def test_a_removed_entry_is_named() -> None:
    seals, entries = a_ledger([3, 4])
    gone = entries.pop(3)
    found = verify(seals, entries, is_signed)
    assert found is not None
    assert (found.kind, found.seal, found.entry) == (Broken.REMOVED, 2, gone.id.hex())


def test_an_inserted_entry_is_named() -> None:
    seals, entries = a_ledger([3, 4])
    extra = replace(entry(77), place=entries[5].place)
    entries.insert(5, extra)
    found = verify(seals, entries, is_signed)
    assert found is not None
    assert (found.kind, found.seal, found.entry) == (Broken.INSERTED, 2, extra.id.hex())


def test_swapped_entries_are_noticed() -> None:
    seals, entries = a_ledger([4])
    first, second = entries[0], entries[1]
    entries[0] = replace(second, place=first.place)
    entries[1] = replace(first, place=second.place)
    assert faulty(seals, entries) is not None


def test_a_seal_that_nobody_signed_is_forged() -> None:
    seals, entries = a_ledger([3, 4])
    entries[0] = replace(entries[0], values=("x",))
    forged = next_seal("org", None, entries[:3], seals[0].sealed_at, KEY)
    assert faulty([replace(forged, signature=seals[0].signature), seals[1]], entries) == (
        Broken.FORGED_SEAL,
        1,
    )


def test_a_link_taken_out_breaks_the_chain() -> None:
    seals, entries = a_ledger([2, 2, 2])
    assert faulty([seals[0], seals[2]], entries) == (Broken.BROKEN_CHAIN, 3)
    assert faulty(seals[1:], entries) == (Broken.BROKEN_CHAIN, 2)


def test_leaves_that_do_not_make_the_root_are_forged() -> None:
    seals, entries = a_ledger([3])
    bad = replace(seals[0], leaves=seals[0].leaves[:-1] + b"\0")
    assert faulty([bad], entries) == (Broken.FORGED_LEAVES, 1)


def test_an_older_state_is_found_by_what_was_kept_elsewhere() -> None:
    seals, entries = a_ledger([2, 2, 2])
    point = Checkpoint("org", 3, seals[2].head)
    assert faulty(seals, entries, point) is None
    assert faulty(seals[:2], entries[:4], point) == (Broken.ROLLED_BACK, 3)


def test_a_fork_signed_by_the_key_itself_is_found_by_what_was_kept_elsewhere() -> None:
    seals, entries = a_ledger([2, 2])
    point = Checkpoint("org", 2, seals[1].head)
    other = [*entries[:2], entry(3, "another past"), entry(4)]
    made = next_seal("org", seals[0], other[2:], "2026-11-24T00:00:00Z", KEY)
    fork = replace(made, signature=sign(made.header))
    assert faulty([seals[0], fork], other) is None
    assert faulty([seals[0], fork], other, point) == (Broken.FORGED_SEAL, 2)


def test_another_organisations_seals_are_no_continuation() -> None:
    seals, entries = a_ledger([2])
    made = next_seal("other", seals[0], [entry(8)], "2026-11-24T00:00:00Z", KEY)
    assert faulty([seals[0], replace(made, signature=sign(made.header))], entries) == (
        Broken.BROKEN_CHAIN,
        2,
    )


def test_a_seal_covers_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        next_seal("org", None, [], "", KEY)


@given(
    batches=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    data=st.data(),
)
def test_any_change_of_any_value_is_found(batches: list[int], data: st.DataObject) -> None:
    seals, entries = a_ledger(batches)
    index = data.draw(st.integers(0, len(entries) - 1))
    value = data.draw(st.text(max_size=5))
    changed = replace(entries[index], values=(value, *entries[index].values[1:]))
    found = verify(seals, [*entries[:index], changed, *entries[index + 1 :]], is_signed)
    assert found is not None
    assert (found.kind, found.entry) == (Broken.ALTERED, entries[index].id.hex())
