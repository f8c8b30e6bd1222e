"""Processes die by SIGKILL at chosen points, and no fact is lost, doubled or made up.

Every crash is a process of its own: forked with all of it loaded, it opens real connections, does the
real thing, and kills itself where the experiment says. What was committed is read from above the law,
and compared with what a client of the feed has in the end, who deals with each event in one transaction
with its cursor; and the notifier's ledger with what a provider got.

The databases run without fsync: it is processes that die here, and never the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from evidence.figures import Figure

FULL, SMALL = 10_000, 12
# The points at which a fact could get lost on its way die in full; the others a tenth as often.
FEWER, LEAST = 10, 3
IN_FULL = 3


def few(crashes: int) -> int:
    """Return how often the other points die."""
    return max(LEAST, crashes // FEWER)


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
    from evidence import crash_notifier

    return crash_notifier.half(crashes)


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
    counts = sorted(total.crashes.values(), reverse=True)
    enough = len(counts) >= 8 and counts[IN_FULL - 1] >= wanted and min(counts) >= few(wanted)
    good = not (total.lost or total.doubled or total.made_up)
    target = (
        f"0, 0 and 0, at least {wanted:,} crashes between commit and feed, claim and send, send and "
        f"mark, and {few(wanted):,} of each other kind"
    )
    return Figure("crash-points", figure, target, enough and good and total.facts >= wanted)
