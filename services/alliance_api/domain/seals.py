"""The chain over the read ledger: what makes an altered, removed or inserted entry show.

Entries are hashed one by one, and each batch of them by a Merkle tree (RFC 6962: leaves and nodes
are told apart by their first octet). A seal carries the root, names the seal before it, and is
signed with a key that is not where the ledger is. Whoever can write the database can rewrite all
of it, but not sign; and who can only go back in time is caught by the last seal known elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

ID, HASH = 16, 32
LEAF = ID + HASH
FIRST = "0" * 64
"""What the first seal names as the one before it."""

Verify = Callable[[str, bytes, str], bool]
"""Whether a signature by the key of this id is good for these octets."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger: its id, its place, and its values as text, in a fixed order."""

    id: bytes
    place: tuple[int, int]
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """One link: the batch it covers, after which place up to which, and the link before it."""

    organisation: str
    number: int
    after: tuple[int, int]
    last: tuple[int, int]
    entries: int
    total: int
    root: str
    previous: str
    sealed_at: str
    key_id: str
    leaves: bytes = b""
    signature: str = ""

    @property
    def header(self) -> bytes:
        """The octets that are signed: everything but the leaves, whose root is among it."""
        parts = (
            "alliance-ledger-1",
            self.organisation,
            *map(str, (self.number, *self.after, *self.last, self.entries, self.total)),
            self.root,
            self.previous,
            self.sealed_at,
            self.key_id,
        )
        return _framed(parts)

    @property
    def head(self) -> str:
        """What the next seal names, in hex."""
        return hashlib.sha256(self.header).hexdigest()


class Broken(StrEnum):
    """What a verifier can find."""

    ALTERED = "ALTERED"
    REMOVED = "REMOVED"
    INSERTED = "INSERTED"
    FORGED_SEAL = "FORGED_SEAL"
    FORGED_LEAVES = "FORGED_LEAVES"
    BROKEN_CHAIN = "BROKEN_CHAIN"
    ROLLED_BACK = "ROLLED_BACK"
    OUT_OF_ORDER = "OUT_OF_ORDER"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: what, in which seal, and which entry if one can be named."""

    kind: Broken
    seal: int
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The last seal somebody elsewhere has seen."""

    organisation: str
    number: int
    head: str


def leaf(entry: Entry) -> bytes:
    """Return the hash of an entry."""
    values = ("\0" if value is None else f"\1{value}" for value in entry.values)
    place = (str(entry.place[0]), str(entry.place[1]))
    return hashlib.sha256(b"\0" + entry.id + _framed((*place, *values))).digest()


def _framed(parts: Iterable[str]) -> bytes:
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def merkle_root(leaves: Sequence[bytes]) -> str:
    """Return the root over leaf hashes, in hex (RFC 6962, 2.1); of none, the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    level = list(leaves)
    while len(level) > 1:
        # A last one without a sibling goes up as it is: the tree of RFC 6962, level by level.
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def next_seal(
    organisation: str, before: Seal | None, entries: Sequence[Entry], sealed_at: str, key_id: str
) -> Seal:
    """Return the seal over a batch, still to be signed. Entries are in order of their places.

    Raises:
        ValueError: for an empty batch.
    """
    if not entries:
        raise ValueError("a seal covers at least one entry")
    hashed = [(entry.id, leaf(entry)) for entry in entries]
    return Seal(
        organisation=organisation,
        number=before.number + 1 if before else 1,
        after=before.last if before else (0, 0),
        last=entries[-1].place,
        entries=len(entries),
        total=(before.total if before else 0) + len(entries),
        root=merkle_root([each for _, each in hashed]),
        previous=before.head if before else FIRST,
        sealed_at=sealed_at,
        key_id=key_id,
        leaves=b"".join(id_ + each for id_, each in hashed),
    )


def verify(
    seals: Sequence[Seal],
    entries: Iterable[Entry],
    is_signed: Verify,
    checkpoint: Checkpoint | None = None,
) -> Fault | None:
    """Return the first fault of one organisation's ledger, or None.

    `seals` by number, `entries` by place; those after the last seal are not covered yet. Without a
    checkpoint a ledger that was set back to an older state of its own is not found out.
    """
    found = _chain(seals, is_signed, checkpoint)
    if found is not None:
        return found
    waiting = iter(entries)
    rest = next(waiting, None)
    for seal in seals:
        batch: list[Entry] = []
        while rest is not None and rest.place <= seal.last:
            batch.append(rest)
            rest = next(waiting, None)
        fault = _batch(seal, batch)
        if fault is not None:
            return fault
    return _newcomers(seals[-1], chain([rest] if rest else [], waiting)) if seals else None


def _newcomers(last: Seal, rest: Iterable[Entry]) -> Fault | None:
    """Find what stands after everything sealed and says that it is older."""
    for entry in rest:
        if entry.place <= last.last:
            return Fault(Broken.INSERTED, last.number, entry.id.hex())
    return None


def _chain(seals: Sequence[Seal], is_signed: Verify, checkpoint: Checkpoint | None) -> Fault | None:
    before: Seal | None = None
    for seal in seals:
        if not is_signed(seal.key_id, seal.header, seal.signature):
            return Fault(Broken.FORGED_SEAL, seal.number)
        if not _follows(before, seal):
            return Fault(Broken.BROKEN_CHAIN, seal.number)
        before = seal
    if checkpoint is None:
        return None
    known = {seal.number: seal for seal in seals}.get(checkpoint.number)
    if known is None:
        return Fault(Broken.ROLLED_BACK, checkpoint.number)
    if (known.head, known.organisation) != (checkpoint.head, checkpoint.organisation):
        return Fault(Broken.FORGED_SEAL, checkpoint.number)
    return None


def _follows(before: Seal | None, seal: Seal) -> bool:
    number, place, total, head = (
        (before.number, before.last, before.total, before.head) if before else (0, (0, 0), 0, FIRST)
    )
    return (
        (before is None or before.organisation == seal.organisation)
        and seal.number == number + 1
        and seal.after == place
        and seal.last > seal.after
        and seal.entries > 0
        and seal.total == total + seal.entries
        and seal.previous == head
    )


def _batch(seal: Seal, batch: Sequence[Entry]) -> Fault | None:
    sealed = [seal.leaves[i : i + LEAF] for i in range(0, len(seal.leaves), LEAF)]
    hashes = [each[ID:] for each in sealed]
    if len(seal.leaves) != seal.entries * LEAF or merkle_root(hashes) != seal.root:
        # Then the leaves cannot say which entry it was. The root still tells whether it was one.
        whole = merkle_root([leaf(entry) for entry in batch]) == seal.root
        return Fault(Broken.FORGED_LEAVES, seal.number, None if not whole else "leaves only")
    present = [entry.id + leaf(entry) for entry in batch]
    return None if present == sealed else _first_difference(seal, batch, sealed, present)


def _first_difference(
    seal: Seal, batch: Sequence[Entry], sealed: Sequence[bytes], present: Sequence[bytes]
) -> Fault:
    index = next(
        (i for i, (a, b) in enumerate(zip(sealed, present, strict=False)) if a != b),
        min(len(sealed), len(present)),
    )
    known: Mapping[bytes, bytes] = {each[:ID]: each for each in sealed}
    here: Mapping[bytes, bytes] = {each[:ID]: each for each in present}
    if index < len(present):
        entry = present[index][:ID]
        if entry not in known:
            return Fault(Broken.INSERTED, seal.number, entry.hex())
        if present[index] != known[entry]:
            return Fault(Broken.ALTERED, seal.number, entry.hex())
    if index < len(sealed) and sealed[index][:ID] not in here:
        return Fault(Broken.REMOVED, seal.number, sealed[index][:ID].hex())
    culprit = batch[index].id.hex() if index < len(batch) else None
    return Fault(Broken.OUT_OF_ORDER, seal.number, culprit)
