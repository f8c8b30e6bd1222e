"""Every octet of an exported ledger is changed in turn, and judged as the offline verifier judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from random import Random

from alliance_api.domain.ledger_lines import NotALine, ledgers_of, line_of, lines_of, read_line
from alliance_api.domain.seals import Checkpoint, Entry, Seal, Verify, leaf, verify

Ledger = tuple[list[Seal], list[Entry]]


def one_byte_edits(ledger: Ledger, is_good: Verify) -> tuple[int, int]:
    """Edit every octet of every line; return how many edits there were, and how many went unseen.

    A line that cannot be read is seen. One that can is another entry or seal, and is compared with
    the seal as `verify` compares: judging the whole ledger for each of millions would take days.
    `whole_files` has that shortcut judged.
    """
    seals, entries = ledger
    organisation, random = seals[0].organisation, Random(20261128)
    sealed = b"".join(each.leaves for each in seals)
    edits = unseen = place = 0
    for entry in entries:
        known = sealed[place : place + len(entry.id) + 32]
        place += len(known)
        for told in _edited(line_of(organisation, entry).encode(), random):
            edits += 1
            # In another organisation's ledger it is missing in its own.
            here = told is not None and told[0] == organisation
            unseen += here and told is not None and _is_known(told[1], known)
    for seal in seals:
        for told in _edited(line_of(organisation, seal).encode(), random):
            edits += 1
            unseen += told is not None and _is_good(told[1], seal, is_good)
    return edits, unseen


def _edited(line: bytes, random: Random) -> Iterator[tuple[str, Seal | Entry] | None]:
    """Yield what is read of a line with one octet changed, for every octet; None: it cannot be."""
    for octet in range(len(line)):
        changed = bytearray(line)
        changed[octet] ^= random.randrange(1, 128)
        try:
            yield read_line(bytes(changed))
        except ValueError:
            yield None


def _is_known(told: Seal | Entry, known: bytes) -> bool:
    return isinstance(told, Entry) and told.id + leaf(told) == known


def _is_good(told: Seal | Entry, seal: Seal, is_good: Verify) -> bool:
    if not isinstance(told, Seal):
        return False
    signed = is_good(told.key_id, told.header, told.signature)
    return signed and told.leaves == seal.leaves


def whole_files(ledger: Ledger, is_good: Verify, point: Checkpoint, count: int) -> int:
    """Change an octet of the whole export so many times and judge all of it; return the unseen."""
    organisation, random = point.organisation, Random(20261128)
    raw = written(ledger).encode()
    unseen = 0
    for _ in range(count):
        changed = bytearray(raw)
        changed[random.randrange(len(raw))] ^= random.randrange(1, 256)
        try:
            found = ledgers_of(BytesIO(changed)).get(organisation)
        except NotALine:
            continue
        unseen += found is not None and verify(*found, is_good, point) is None
    return unseen


def written(ledger: tuple[Sequence[Seal], Sequence[Entry]]) -> str:
    """Return a ledger as its export."""
    seals, entries = ledger
    return "".join(lines_of(seals[0].organisation, seals, entries))
