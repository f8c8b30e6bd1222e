"""Processes die by SIGKILL at chosen points, and no fact is lost, doubled or made up.

Every crash is a process of its own: forked with the API loaded, it opens real connections, does the real
thing, and kills itself where the experiment says. What was committed is read from above the law, and
compared with what a client of the feed has in the end, who deals with each event in one transaction
with its cursor.

`HALVES` holds who crashes what: the API here, the notifier in a module of its own once it is there.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from evidence.figures import Figure

FULL, SMALL = 10_000, 12


@dataclass
class Half:
    """How many crashes of each kind there were, and what was found wrong after them."""

    crashes: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    lost: int = 0
    doubled: int = 0
    made_up: int = 0

    def add(self, other: Half) -> None:
        """Add another's figures."""
        self.crashes.update(other.crashes)
        self.facts += other.facts
        self.lost += other.lost
        self.doubled += other.doubled
        self.made_up += other.made_up


def _api(crashes: int) -> Half:
    from evidence import crash_api

    return crash_api.half(crashes)


def _notifier(crashes: int) -> Half:
    # Its module is the notifier's own: `half(crashes)` as here.
    if importlib.util.find_spec("evidence.crash_notifier") is None:
        return Half()
    module = importlib.import_module("evidence.crash_notifier")
    found: Half = module.half(crashes)
    return found


HALVES: tuple[Callable[[int], Half], ...] = (_api, _notifier)


def experiment(small: bool) -> Figure:
    """Crash, and compare."""
    wanted = SMALL if small else FULL
    total = Half()
    for half in HALVES:
        total.add(half(wanted))
    for kind, count in sorted(total.crashes.items()):
        print(f"{count:>7,} {kind}")
    figure = (
        f"{total.crashes.total():,} crashes of {len(total.crashes)} kinds around {total.facts:,} "
        f"facts: {total.lost} lost, {total.doubled} doubled, {total.made_up} made up"
    )
    enough = len(total.crashes) >= 4 and min(total.crashes.values()) >= wanted
    good = not (total.lost or total.doubled or total.made_up)
    target = f"0, 0 and 0, at least {wanted:,} crashes of each kind"
    return Figure("crash-points", figure, target, enough and good and total.facts >= wanted)
