"""The read ledger under attack: every byte, ten thousand structural changes, and time set back.

The ledger is the product's own: written by requests under the law, sealed by the product with a
key kept in a file, exported, and judged by `alliance ledger verify`, which then sees no database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from alliance_api.charter.principal import SETTINGS, house_of
from alliance_api.domain.seals import LEAF, Checkpoint, Entry, Seal, leaf, next_seal, verify
from alliance_api.store.seals import entries_of, seal, seals_of
from chassis.signing import SigningKey, key_at, verifier
from evidence.figures import Figure
from tests.house import House, new_house
from tests.people import Clinic, a_clinic

QUESTION = "query Mine($id: ID!) { case(id: $id) { status careTeam { relation } } }"
_COPY = """
INSERT INTO read_ledger (organisation_id, person_id, application, purpose, operation,
  document_hash, facets, cases)
SELECT organisation_id, person_id, application, purpose, operation, document_hash || n, facets, cases
FROM (SELECT * FROM read_ledger WHERE organisation_id = %s AND outcome = 'ALLOWED' LIMIT 1) r,
  generate_series(1, %s) n
"""


def write(house: House, clinic: Clinic, entries: int, key: SigningKey, batches: int) -> None:
    """Leave entries in the ledger, under the law, and seal them in batches."""
    clinic.client.reads(QUESTION, id=clinic.case_id)
    clinic.stranger.asks(QUESTION, id=clinic.case_id)
    per_batch = entries // batches
    for batch in range(batches):
        count = per_batch - (2 if batch == 0 else 0)
        with house.engine.begin() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("SET LOCAL ROLE alliance_api")
            for name, value in zip(SETTINGS, clinic.client.principal.settings, strict=True):
                raw.execute("SELECT set_config(%s, %s, true)", [name, value])
            raw.execute(_COPY.encode(), [clinic.organisation, count])
        house.run(_sealed, house, clinic, key)


async def _sealed(house: House, clinic: Clinic, key: SigningKey) -> None:
    async with house.database.write(house_of(clinic.organisation)) as tx:
        assert await seal(tx, key.id, key.sign) > 0


def command(house: House, folder: Path, *arguments: str, database: bool = True) -> int:
    """Run a verb of `alliance ledger` as a program of its own; return its exit code."""
    known = {"LEDGER_KEY_FILE": str(folder / "key")}
    if database:
        known["DATABASE_ADMIN_URL"] = house.admin_url
    done = subprocess.run(
        [sys.executable, "-m", "alliance_api", "ledger", *arguments],
        env={**os.environ, **known, "PYTHONPATH": "services"},
        capture_output=True,
        text=True,
    )
    return done.returncode


def one_byte_edits(seals: Sequence[Seal], entries: Sequence[Entry]) -> tuple[int, int]:
    """Edit every octet of every entry in turn; return how many edits, and how many went unseen."""
    sealed = b"".join(each.leaves for each in seals)
    edits = unseen = 0
    for index, entry in enumerate(entries):
        known = sealed[index * LEAF : (index + 1) * LEAF]
        for edited in _edited(entry):
            edits += 1
            unseen += edited.id + leaf(edited) == known
    return edits, unseen


def _edited(entry: Entry) -> Iterator[Entry]:
    for octet in range(len(entry.id)):
        changed = bytearray(entry.id)
        changed[octet] ^= 1
        yield replace(entry, id=bytes(changed))
    for number in (0, 1):
        place = list(entry.place)
        place[number] ^= 1
        yield replace(entry, place=(place[0], place[1]))
    for number, value in enumerate(entry.values):
        for octet in range(len(value or "")):
            assert value is not None
            text = value[:octet] + chr(ord(value[octet]) ^ 1) + value[octet + 1 :]
            yield replace(entry, values=(*entry.values[:number], text, *entry.values[number + 1 :]))


Ledger = tuple[list[Seal], list[Entry]]
Attack = Callable[[Random, list[Seal], list[Entry]], Ledger]


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
    return _anew(seals, entries, lambda old, _: old.signature), entries


def _fork(random: Random, seals: list[Seal], entries: list[Entry]) -> Ledger:
    """Write another history from some link on, signed with a key of one's own."""
    at = random.randrange(len(entries))
    del entries[at]
    key = SigningKey(_OWN)
    kept = [each for each in seals if each.total <= at]
    rest = [each for each in seals if each.total > at]
    return [*kept, *_anew(rest, entries, lambda _, new: key.sign(new.header), kept)], entries


def _anew(
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
    "swap": _swap,
    "truncate": _truncate,
    "roll back": _roll_back,
    "cut a link": _cut_a_link,
    "rewrite and re-hash": _rewrite,
    "fork": _fork,
}
_OWN: dict[str, Any] = {}


def structural(
    seals: list[Seal], entries: list[Entry], is_good: Any, point: Checkpoint, count: int
) -> Counter[str]:
    """Attack so many times; return how often each attack went unseen."""
    from chassis.tokens import new_key

    _OWN.update(new_key()[0])
    # The thief's key may carry the name of the real one.
    _OWN["kid"] = seals[0].key_id
    random, unseen = Random(20261123), Counter[str]()
    names = list(ATTACKS)
    for number in range(count):
        name = names[number % len(names)]
        attacked = ATTACKS[name](random, list(seals), list(entries))
        unseen[name] += verify(*attacked, is_good, point) is None
    return unseen


def experiment(small: bool) -> Figure:
    """Attack a sealed ledger; everything must be seen."""
    entries, attacks, many = (600, 400, 2_000) if small else (10_000, 10_000, 100_000)
    with new_house() as house, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = key_at(folder / "key")
        big, little, huge = a_clinic(house), a_clinic(house), a_clinic(house)
        write(house, big, entries, key, 8)
        write(house, little, 160, key, 8)
        write(house, huge, many, key, 10)
        exits = _by_program(house, folder)
        is_good = verifier({"keys": [key.public]})
        edits, unseen = one_byte_edits(*_read(house, big))
        seals, rows = _read(house, little)
        assert verify(seals, rows, is_good) is None
        point = Checkpoint(seals[-1].organisation, seals[-1].number, seals[-1].head)
        missed = structural(seals, rows, is_good, point, attacks)
        seconds = _timed(house, huge, is_good)
    for attack, count in missed.items():
        print(f"{attack}: {count} unseen")
    print(f"{many} entries verified in {seconds:.2f} s")
    total = unseen + sum(missed.values())
    figure = (
        f"{edits} one-byte edits of {entries} entries and {attacks} structural attacks, {total} "
        f"unseen; {many} entries verified in {seconds:.1f} s; the offline verifier agreed {exits}"
    )
    met = total == 0 and exits == "4 of 4 times" and (small or seconds < 5)
    return Figure("ledger", figure, "0 unseen, under 5 s", met)


def _read(house: House, clinic: Clinic) -> Ledger:
    with house.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        return seals_of(raw, clinic.organisation), list(entries_of(raw, clinic.organisation))


def _timed(house: House, clinic: Clinic, is_good: Any) -> float:
    ledger = _read(house, clinic)
    began = time.perf_counter()
    assert verify(*ledger, is_good) is None
    return time.perf_counter() - began


def _by_program(house: House, folder: Path) -> str:
    """Export, and let the verifier judge without a database: whole, touched, older, unsigned."""
    out, keys, point = folder / "ledger.jsonl", folder / "keys.json", folder / "point.json"
    for verb, path in (("checkpoint", point), ("export", out), ("keys", keys)):
        assert command(house, folder, verb, "--out", str(path)) == 0
    judge = ("verify", "--file", str(out), "--keys", str(keys), "--checkpoint", str(point))
    lines = out.read_text(encoding="utf-8").splitlines()
    agreed = int(command(house, folder, *judge, database=False) == 0)
    first = next(i for i, line in enumerate(lines) if '"entry"' in line)
    for changed in (
        [*lines[:first], lines[first].replace("TREAT", "TREAZ"), *lines[first + 1 :]],
        [*lines[:first], *lines[first + 1 :]],
        [line for line in lines if not _is_last_seal(line)],
    ):
        out.write_text("\n".join(changed), encoding="utf-8")
        agreed += command(house, folder, *judge, database=False) == 1
    return f"{agreed} of 4 times"


def _is_last_seal(line: str) -> bool:
    found = json.loads(line).get("seal")
    return bool(found and found["number"] >= 8)
