"""Nothing that is malformed opens anything, and nothing that is malformed breaks anything.

First signatures whose answer is known; then a million malformed scopes, tokens, assertions, proofs,
claims and forms, each made from a good one by a mutator that knows its structure, brought to the
functions that read them; then some thousands to the token endpoint of a real server. A refusal of
ours is what is expected: any other exception is a crash, and anything let through is a grant. Good
ones are brought in between, so that a door which is shut for all does not pass.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from random import Random

from evidence.figures import Figure

from . import over_http, vectors
from .doors import Doors, Granted

SEED = 9700
BATCH = 5_000
TARGET = "0 invalid accepted, 0 crashes, 0 grants, every good one let in"


def experiment(small: bool) -> Figure:
    """Try everything; small: twenty thousand malformed ones, and two hundred over HTTP."""
    with warnings.catch_warnings():
        # joserfc warns of EdDSA, which is what is tried.
        warnings.simplefilter("ignore")
        known = vectors.counted(small)
    batches, requests = (4, 200) if small else (200, 5_000)
    doors, faults = _malformed(batches)
    sent, failed = over_http.sent(Random(SEED), requests)
    crashes = [line for line in (*faults, *failed) if not line.startswith("granted")]
    grants = len(faults) + len(failed) - len(crashes)
    for line in [*known.wrong[:20], *faults[:20], *failed[:20]]:
        print(line)
    print(", ".join(f"{count:,} {name.strip('_')}" for name, count in sorted(doors.items())))
    invalid = [line for line in known.wrong if line.startswith("accepted")]
    told = (
        f"{known.vectors:,} vectors, {len(invalid)} invalid accepted, {known.accepted} valid taken; "
        f"{sum(doors.values()):,} malformed and {sent:,} over HTTP, {len(crashes)} crashes, "
        f"{grants} grants"
    )
    met = not (known.wrong or faults or failed) and known.accepted >= vectors.VALID
    return Figure("fuzz-auth", told, TARGET, met=met and len(doors) == over_http.DOORS)


def _malformed(batches: int) -> tuple[Counter[str], list[str]]:
    doors: Counter[str] = Counter()
    faults: list[str] = []
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as processes:
        found: Iterable[tuple[Counter[str], list[str]]] = processes.map(batch, range(batches))
        for counted, wrong in found:
            doors += counted
            faults += wrong
    return doors, faults


def batch(number: int) -> tuple[Counter[str], list[str]]:
    """Bring one batch to the doors: the same for the same number. Good ones come first and last."""
    chance, doors = Random(SEED + number), Doors()
    counted: Counter[str] = Counter()
    faults: list[str] = []
    doors.good()
    for _ in range(BATCH):
        try:
            counted[doors.wrong(chance)] += 1
        except Granted as granted:
            faults.append(f"granted: {granted}")
        except Exception as error:  # noqa: BLE001  (any other exception is what is looked for)
            faults.append(f"crashed: {type(error).__name__}: {error}"[:300])
    doors.good()
    return counted, faults
