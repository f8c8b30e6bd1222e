"""What can be done to a ledger as a whole by whoever holds the database, or an export of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from random import Random

from alliance_api.domain.seals import Checkpoint, Entry, Seal, Verify, next_seal, verify
from chassis.signing import SigningKey
from chassis.tokens import new_key

Ledger = tuple[list[Seal], list[Entry]]
Attack = Callable[[Random, list[Seal], list[Entry]], Ledger]


@cache
def own_key(name: str) -> SigningKey:
    """Return a thief's own key, which may carry the name of the real one."""
    return SigningKey({**new_key()[0], "kid": name})


def _delete(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    del entries[random.randrange(len(entries))]
    return seals, entries


def _insert(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    at = random.randrange(len(entries))
    extra = replace(entries[at], id=random.randbytes(16))
    return seals, [*entries[:at], extra, *entries[at:]]


def _swap(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    one, other = random.sample(range(len(entries)), 2)
    first, second = entries[one], entries[other]
    entries[one] = replace(second, place=first.place)
    entries[other] = replace(first, place=second.place)
    return seals, entries


def _truncate(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    kept = random.randrange(len(seals))
    return seals[:kept], entries[: seals[kept - 1].total if kept else 0]


def _roll_back(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    kept = random.randrange(1, len(seals))
    return seals[:kept], entries[: seals[kept - 1].total]


def _late(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    """Insert an entry of an older place behind all that is sealed, as if it had just been made."""
    extra = replace(entries[random.randrange(len(entries))], id=random.randbytes(16))
    return seals, [*entries, extra]


def _cut_a_link(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    at = random.randrange(len(seals))
    first = seals[at].total - seals[at].entries
    return [*seals[:at], *seals[at + 1 :]], [*entries[:first], *entries[seals[at].total :]]


def _rewrite(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    """Change an entry, and compute every hash anew as the database's owner could."""
    at = random.randrange(len(entries))
    entries[at] = replace(
        entries[at], values=(*entries[at].values[:1], "x", *entries[at].values[2:])
    )
    return rehashed(seals, entries, lambda old, _: old.signature), entries


def _fork(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    """Write another history from some link on, signed with a key of one's own."""
    at = random.randrange(len(entries))
    del entries[at]
    key = own_key(seals[0].key_id)
    kept = [each for each in seals if each.total <= at]
    rest = [each for each in seals if each.total > at]
    return [*kept, *rehashed(rest, entries, lambda _, new: key.sign(new.header), kept)], entries


def rehashed(
    seals: Sequence[Seal],
    entries: Sequence[Entry],
    signature: Callable[[Seal, Seal], str],
    kept: Sequence[Seal] = (),
) -> list[Seal]:
    made: list[Seal] = []
    for old in seals:
        before = made[-1] if made else (kept[-1] if kept else None)
        batch = [e for e in entries if old.after < e.place <= old.last]
        if not batch:
            continue
        new = next_seal(old.organisation, before, batch, old.sealed_at, old.key_id)
        made.append(replace(new, signature=signature(old, new)))
    return made


ATTACKS: dict[str, Attack] = {
    "delete": _delete,
    "insert": _insert,
    "insert late": _late,
    "swap": _swap,
    "truncate": _truncate,
    "roll back": _roll_back,
    "cut a link": _cut_a_link,
    "rewrite and re-hash": _rewrite,
    "fork": _fork,
}


def structural(ledger: Ledger, is_good: Verify, point: Checkpoint, count: int) -> Counter[str]:
    """Attack so many times, one way after the other; return how often each went unseen."""
    random, unseen = Random(20261123), Counter[str]()
    ways = list(ATTACKS.items())
    for number in range(count):
        name, attack = ways[number % len(ways)]
        attacked = attack(random, list(ledger[0]), list(ledger[1]))
        unseen[name] += verify(*attacked, is_good, point) is None
    return unseen
