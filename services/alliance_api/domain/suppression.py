"""Which cells of figures about clients may be shown, so that no subtraction finds fewer than five.

A cell is a set of clients, and what is shown of it tells the sum of their values. Whoever reads may
subtract cells from each other, from those of earlier releases, and from what they know themselves.
So a release is built from `parts`: disjoint sets of clients, of which every cell shown is made up.
Cutting a part in two is allowed only while both halves hold. Nothing here looks at a value: what is
withheld, and why, tells of numbers of clients and of nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from alliance_api.domain.methods import Method
from alliance_api.domain.statistics import MINIMUM_N

METHOD = Method("complementary-suppression", "1")
LEAST_CLIENTS = MINIMUM_N
"""So few clients may any figure rest on, k in k-anonymity. [D]"""

LEAST_DIFFERENT = 2 * LEAST_CLIENTS
"""By so many clients must a figure differ from all that was released earlier. [D]"""

Clients = frozenset[Hashable]


class Reason(StrEnum):
    """Why a cell is not shown."""

    SMALL_CELL = "SMALL_CELL"
    """It has fewer than five clients."""
    COMPLEMENTARY = "COMPLEMENTARY"
    """With it, a group of fewer than five could be worked out."""
    TOO_FEW_GROUPS = "TOO_FEW_GROUPS"
    """Too few of its kind could be shown to compare it with."""
    TOO_LITTLE_CHANGE = "TOO_LITTLE_CHANGE"
    """It differs by fewer than ten clients from what was shown of an earlier period."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that might be shown: its clients, and how deep it lies below the whole, from 0.

    `showable` is False for one that must not even be derivable.
    """

    key: Hashable
    clients: Clients
    depth: int = 0
    showable: bool = True


@dataclass(frozen=True, slots=True)
class Release:
    """What may be shown: the disjoint parts, of which parts each cell is made, and why not.

    From what is shown only unions of parts can be worked out. They are to be kept for the releases
    that follow.
    """

    parts: tuple[Clients, ...]
    shown: Mapping[Hashable, tuple[int, ...]]
    withheld: Mapping[Hashable, Reason]


@dataclass(frozen=True)
class Readers:
    """What readers hold already: clients whom one of them knows, and the parts of each release."""

    known: Sequence[Clients] = ()
    earlier: Sequence[Sequence[Clients]] = ()

    def permit(self, clients: Clients) -> bool:
        """Tell whether the sum of these clients isolates a few of them for no reader."""
        return not self.isolate(clients) and not self.repeat(clients)

    def isolate(self, clients: Clients) -> bool:
        """Tell whether some reader knows all of these clients but a few."""
        return len(clients) < LEAST_CLIENTS or any(
            0 < len(clients - known) < LEAST_CLIENTS for known in self.known if known & clients
        )

    def repeat(self, clients: Clients) -> bool:
        """Tell whether, for some reader, something released earlier differs by a few clients only.

        What differs in nobody tells nothing new.
        """
        return any(
            0 < difference < LEAST_DIFFERENT
            for then in self._earlier
            for difference in then.differences(clients, self.known)
        )

    @cached_property
    def _earlier(self) -> list[_Then]:
        return [_Then(parts) for parts in self.earlier]


class _Then:
    """An earlier release: in which part everybody was, and how large the parts were."""

    def __init__(self, parts: Sequence[Clients]) -> None:
        self._part = {client: n for n, part in enumerate(parts) for client in part}
        self._sizes = dict(enumerate(map(len, parts)))

    def differences(self, clients: Clients, known: Iterable[Clients]) -> Iterator[int]:
        """Yield by how many clients the nearest union of parts differs, for every reader.

        A part is in the nearest union if more of it is among the clients than is not. 0 where no
        part has anybody in common with them.
        """
        shared = Counter(self._part[each] for each in clients if each in self._part)
        yield self._nearest(len(clients), shared, self._sizes)
        for view in known:
            mine = [self._part[each] for each in view if each in self._part]
            ours = view & clients
            if shared and (mine or ours):
                left = shared - Counter(self._part[each] for each in ours if each in self._part)
                sizes = {**self._sizes, **{n: self._sizes[n] - k for n, k in Counter(mine).items()}}
                yield self._nearest(len(clients) - len(ours), left, sizes)

    @staticmethod
    def _nearest(count: int, shared: Mapping[int, int], sizes: Mapping[int, int]) -> int:
        gains = [2 * n - sizes[part] for part, n in shared.items()]
        return count - (sum(gain for gain in gains if gain > 0) or max(gains)) if gains else 0


def release(cells: Sequence[Cell], readers: Readers) -> Release:
    """Return what may be shown of nested cells: from the whole to its parts, larger ones first.

    A cell that is withheld is never a union of parts, or its sum could be worked out. Larger cells
    go first, so that what is sacrificed for a small one is the smallest that will do.
    """
    order = sorted(cells, key=lambda cell: (cell.depth, -len(cell.clients), str(cell.key)))
    parts: list[Clients] = []
    for cell in order:
        trial = _cut(parts, cell.clients) if cell.showable else None
        if trial is not None and _holds(trial, set(parts), cells, readers):
            parts = trial
    shown = {cell.key: made for cell in cells if (made := _made_of(cell.clients, parts))}
    withheld = {cell.key: _why(cell, readers) for cell in cells if cell.key not in shown}
    return Release(tuple(parts), shown, withheld)


def _cut(parts: Sequence[Clients], clients: Clients) -> list[Clients] | None:
    """Return the parts once the sum of `clients` is told as well; None if it made no new part.

    Its sum less those of the parts that lie within it is the sum of what is left: of the one part
    that it cuts through, or of clients of whom nothing was told yet.
    """
    inside = [part for part in parts if part <= clients]
    through = [part for part in parts if part & clients and not part <= clients]
    left = clients.difference(*inside)
    if not through:
        return [*parts, left] if left else list(parts)
    if len(through) > 1 or not left <= through[0]:
        return None
    others = [part for part in parts if part is not through[0]]
    return [*others, left, through[0] - left]


def _holds(
    trial: Sequence[Clients], before: set[Clients], cells: Iterable[Cell], readers: Readers
) -> bool:
    """Tell whether nothing that could be worked out from parts is something that must not be."""
    new = [part for part in trial if part not in before]
    touched = frozenset[Hashable]().union(*new)
    derivable = [cell for cell in cells if cell.clients & touched and _made_of(cell.clients, trial)]
    return all(cell.showable for cell in derivable) and all(
        readers.permit(clients) for clients in {*new, *(cell.clients for cell in derivable)}
    )


def _made_of(clients: Clients, parts: Sequence[Clients]) -> tuple[int, ...]:
    """Return of which parts a set is the union; none if it is not."""
    inside = [index for index, part in enumerate(parts) if part <= clients]
    return tuple(inside) if sum(len(parts[i]) for i in inside) == len(clients) else ()


def _why(cell: Cell, readers: Readers) -> Reason:
    if len(cell.clients) < LEAST_CLIENTS:
        return Reason.SMALL_CELL
    if not cell.showable:
        return Reason.TOO_FEW_GROUPS
    if readers.repeat(cell.clients):
        return Reason.TOO_LITTLE_CHANGE
    return Reason.COMPLEMENTARY
