"""The read ledger under attack: every octet, ten thousand structural changes, and time set back.

The ledger is the product's own: written by requests under the law, sealed by the product with a
key kept in a file, exported, and judged by `alliance ledger verify`, which then sees no database.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from alliance_api.charter.principal import SETTINGS, house_of
from alliance_api.domain.seals import Checkpoint, Verify, verify
from alliance_api.store.seals import entries_of, seal, seals_of
from chassis.signing import SigningKey, key_at, verifier
from evidence.figures import Figure
from evidence.ledger_attacks import ATTACKS, own_key, rehashed, structural
from evidence.ledger_edits import Ledger, one_byte_edits, whole_files, written
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


@dataclass(frozen=True)
class Size:
    """How much of everything; `heavy`: how many of the attacks are on the big ledger."""

    entries: int
    batches: int
    attacks: int
    heavy: int
    files: int
    many: int
    erased: int


FULL = Size(10_000, 100, 10_000, 1_000, 200, 100_000, 1_000)
SMALL = Size(160, 4, 400, 90, 20, 2_000, 5)


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
        _seal_whole(house, clinic, key, per_batch)


def _seal_whole(house: House, clinic: Clinic, key: SigningKey, entries: int) -> None:
    """Seal what was just written. Somebody else's open transaction may hold some of it back."""
    until = time.monotonic() + 60
    while entries > 0 and time.monotonic() < until:
        entries -= house.run(sealed, house, clinic, key)
    assert entries == 0


async def sealed(house: House, clinic: Clinic, key: SigningKey) -> int:
    """Seal the next batch of a clinic; return how many entries it has."""
    async with house.database.write(house_of(clinic.organisation)) as tx:
        return await seal(tx, key.id, key.sign)


class Program:
    """`alliance ledger` as a program of its own; to verify it is given files and no database."""

    def __init__(self, house: House, folder: Path) -> None:
        self._house, self._folder = house, folder
        self.judged = self.agreed = 0

    def writes(self, verb: str, name: str) -> Path:
        """Let a verb write a file."""
        path = self._folder / name
        admin = {"DATABASE_ADMIN_URL": self._house.admin_url}
        assert self._run(admin, verb, "--out", str(path)) == 0
        return path

    def judges(self, file: Path, point: Path, *, whole: bool) -> None:
        """Note whether an export is judged as it should be."""
        keys = self._folder / "keys.json"
        given = ("--file", str(file), "--keys", str(keys), "--checkpoint", str(point))
        self.judged += 1
        self.agreed += self._run({}, "verify", *given) == (0 if whole else 1)

    def judges_text(self, text: str, point: Path, *, whole: bool) -> None:
        """Note whether a text is judged as it should be."""
        file = self._folder / "attacked.jsonl"
        file.write_text(text, encoding="utf-8")
        self.judges(file, point, whole=whole)

    def _run(self, known: dict[str, str], *arguments: str) -> int:
        environment = {**os.environ, "PYTHONPATH": "services", **known}
        environment["LEDGER_KEY_FILE"] = str(self._folder / "key")
        command = [sys.executable, "-m", "alliance_api", "ledger", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True).returncode


def read(house: House, clinic: Clinic) -> Ledger:
    """Return a clinic's ledger as it stands in the database."""
    with house.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        return seals_of(raw, clinic.organisation), list(entries_of(raw, clinic.organisation))


def checkpoint(ledger: Ledger) -> Checkpoint:
    """Return the last seal, as it is kept elsewhere."""
    last = ledger[0][-1]
    return Checkpoint(last.organisation, last.number, last.head)


def timed(ledger: Ledger, is_good: Verify) -> float:
    """Return the seconds it takes to verify a ledger."""
    began = time.perf_counter()
    assert verify(*ledger, is_good, checkpoint(ledger)) is None
    return time.perf_counter() - began


def by_program(program: Program, ledger: Ledger) -> None:
    """Let the program judge an export: whole, touched in a sealed value, and under every attack."""
    older = program.writes("export", "older.jsonl")
    point = program.writes("checkpoint", "point.json")
    program.judges(older, point, whole=True)
    text = written(ledger)
    for touched in (text.replace("TREAT", "TREAZ", 1), text.replace(' "', '"', 1), text[:-1]):
        assert touched != text
        program.judges_text(touched, point, whole=False)
    for attack in ATTACKS.values():
        attacked = attack(Random(5), list(ledger[0]), list(ledger[1]))
        program.judges_text(written(attacked) if attacked[0] else "", point, whole=False)


def erase(house: House, clinic: Clinic, people: int, key: SigningKey) -> None:
    """Let so many clients read, seal that, erase every one of them, and go on reading and sealing."""
    clinic.with_offices()
    clients = [clinic.another_person(f"reader {number}") for number in range(people)]
    for client in clients:
        client.reads(QUESTION, id=f"case-{clinic.another_case(client)}")
    assert house.run(sealed, house, clinic, key) >= people
    for client in clients:
        assert clinic.officer.done("erasePerson", "erasedAt", person=client.id)["erasedAt"]
    clinic.therapist.reads(QUESTION, id=clinic.case_id)
    assert house.run(sealed, house, clinic, key) > 0
    counted = "SELECT count(DISTINCT person_id) FROM read_ledger WHERE person_id = ANY (%s)"
    assert house.rows(counted, [client.uuid for client in clients]) == [(people,)]


def rewrite_as_the_owner(house: House, clinic: Clinic) -> None:
    """With a stolen role, change an entry in the database, and make every seal anew over it."""
    changed = "UPDATE read_ledger SET purpose = 'HMARKT' WHERE id = %s"
    seals, entries = read(house, clinic)
    assert house.change(changed, entries[0].id.hex()) == 1
    seals, entries = read(house, clinic)
    forged = rehashed(seals, entries, lambda _, new: own_key(new.key_id).sign(new.header))
    for each in forged:
        values = (each.root, each.previous, each.leaves, each.signature)
        place = (clinic.organisation, each.number)
        asked = "UPDATE ledger_seals SET root = %s, previous = %s, leaves = %s, signature = %s"
        where = " WHERE organisation_id = %s AND number = %s"
        assert house.change(asked + where, *values, *place) == 1
    assert verify(*read(house, clinic), lambda *_: True) is None, "but for the key it would pass"


def experiment(small: bool) -> Figure:
    """Attack a sealed ledger; everything must be seen."""
    size = SMALL if small else FULL
    with new_house() as house, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key, program = key_at(folder / "key"), Program(house, folder)
        big, little, huge = a_clinic(house), a_clinic(house), a_clinic(house)
        write(house, big, size.entries, key, size.batches)
        write(house, little, 160, key, 8)
        write(house, huge, size.many, key, 10)
        is_good = verifier({"keys": [key.public]})
        program.writes("keys", "keys.json")
        by_program(program, read(house, little))
        point, seconds = folder / "point.json", timed(read(house, huge), is_good)
        edits, missed = _in_memory(read(house, big), read(house, little), is_good, size)
        erase(house, little, size.erased, key)
        program.judges(program.writes("export", "erased.jsonl"), point, whole=True)
        later = program.writes("checkpoint", "later.json")
        program.judges(folder / "older.jsonl", later, whole=False)
        rewrite_as_the_owner(house, little)
        program.judges(program.writes("export", "stolen.jsonl"), later, whole=False)
    figure = (
        f"{edits:,} one-byte edits of {size.entries:,} entries and {size.attacks:,} structural "
        f"attacks, {missed} unseen; {size.many:,} entries verified in {seconds:.1f} s; the program "
        f"judged {program.agreed} of {program.judged} exports rightly, one after {size.erased:,} "
        "erasures"
    )
    met = missed == 0 and program.agreed == program.judged and (small or seconds < 5)
    return Figure("ledger", figure, "0 unseen, under 5 s, all", met)


def _in_memory(big: Ledger, little: Ledger, is_good: Verify, size: Size) -> tuple[int, int]:
    """Edit and attack; return how many edits there were, and how much of anything went unseen."""
    edits, unseen = one_byte_edits(big, is_good)
    print(f"one-byte edits: {unseen} of {edits} unseen")
    files = whole_files(little, is_good, checkpoint(little), size.files * 10)
    files += whole_files(big, is_good, checkpoint(big), size.files)
    print(f"judged as a whole file: {files} of {size.files * 11} unseen")
    missed = structural(big, is_good, checkpoint(big), size.heavy)
    missed += structural(little, is_good, checkpoint(little), size.attacks - size.heavy)
    for attack in ATTACKS:
        print(f"{attack}: {missed[attack]} unseen")
    return edits, unseen + files + sum(missed.values())
