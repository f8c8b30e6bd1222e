"""What is told of the means of a release's parts: coarsely, and so that no reader can narrow it.

Every part is told block by block, each block a place of its own (`grids`): the clients of one
therapist, or of several who have few. Readers see the sum of it, and know some clients themselves.
"""

import math
import statistics
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance_api.domain.grids import Grid
from alliance_api.domain.suppression import LEAST_CLIENTS, Clients, Release

LEAST_VALUES = 10
"""So many values, at least, the sum of a few clients can still have, and so can each of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client's value counts beside the organisation; None: in no team's, no therapist's."""

    team: Hashable | None = None
    therapist: Hashable | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a block of clients: from where to where the place of their mean reaches."""

    clients: Clients
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Means:
    """What is told of one scale: every client's value; of every part its mean, and how coarsely."""

    values: Mapping[Any, float]
    told: Sequence[float]
    steps: Sequence[float]
    grid: Grid


@dataclass(frozen=True, slots=True)
class Known:
    """Where every client counts, and which clients each reader knows."""

    places: Mapping[Any, Place]
    views: Sequence[Clients] = ()


def means(values: Mapping[Any, float], grid: Grid, found: Release, known: Known) -> Means:
    """Return what is told of the parts' means: the middles of places, and how wide those are."""
    parts = [told(values, part, grid, known) for part in found.parts]
    middles = [_weighed(blocks, lambda each: (each.low + each.high) / 2) for blocks in parts]
    return Means(
        values, middles, [_weighed(b, lambda each: each.high - each.low) for b in parts], grid
    )


def _weighed(blocks: Sequence[Told], of: Any) -> float:
    n = sum(len(each.clients) for each in blocks)
    return math.fsum(len(each.clients) * of(each) for each in blocks) / n


def added(scales: Sequence[Means]) -> Means:
    """Return the means of a scale that is the sum of others: theirs added up, and nothing new."""
    first = scales[0]
    values = {each: math.fsum(scale.values[each] for scale in scales) for each in first.values}
    middles = [math.fsum(parts) for parts in zip(*(scale.told for scale in scales), strict=True)]
    steps = [math.fsum(parts) for parts in zip(*(scale.steps for scale in scales), strict=True)]
    low = math.fsum(scale.grid.minimum for scale in scales)
    high = math.fsum(scale.grid.maximum for scale in scales)
    return Means(values, middles, steps, Grid(low, high, first.grid.point))


def told(values: Mapping[Any, float], part: Clients, grid: Grid, known: Known) -> list[Told]:
    """Return what is told of a part's blocks.

    A reader who knows all of a block, or nothing of it, is left with what the places allow. For one
    who knows some clients of a block, its place is widened until the others have room.
    """
    found = blocks(part, known.places)
    views = [view for view in known.views if view & part]
    doubled = [0] * len(found)
    while True:
        made = [_place(values, block, grid, n) for block, n in zip(found, doubled, strict=True)]
        narrow = next((v for v in views if not _leaves_room(made, v, values, grid)), None)
        if narrow is None:
            return made
        doubled = [n + (not block <= narrow) for block, n in zip(found, doubled, strict=True)]


def blocks(part: Clients, places: Mapping[Any, Place]) -> list[Clients]:
    """Return the clients of each therapist in a part, those of therapists with few together.

    A therapist knows what their own clients said. Told block by block, what they can work out about
    the others is no nearer to an end of the range than the others' own places allow.
    """
    found: dict[Hashable, set[Hashable]] = {}
    for client in part:
        found.setdefault(places[client].therapist, set()).add(client)
    own = [
        frozenset(each)
        for key, each in found.items()
        if key is not None and len(each) >= LEAST_CLIENTS
    ]
    few = part.difference(*own)
    if few and len(few) < LEAST_CLIENTS:
        smallest = min(own, key=lambda block: (len(block), sorted(map(str, block))))
        own.remove(smallest)
        few |= smallest
    return [*own, few] if few else own


def _place(values: Mapping[Any, float], block: Clients, grid: Grid, doubled: int) -> Told:
    return Told(block, *grid.place(mean_of(values, block), doubled))


def _leaves_room(
    made: Iterable[Told], known: Clients, values: Mapping[Any, float], grid: Grid
) -> bool:
    """Tell whether the clients whom a reader does not know can still have ten values."""
    partly = [each for each in made if not each.clients <= known]
    everybody = frozenset[Hashable]().union(*(each.clients for each in partly))
    own, others = everybody & known, len(everybody - known)
    if not own or not others:
        return True
    sure = math.fsum(values[each] for each in own)
    floor, ceiling = others * grid.minimum, others * grid.maximum
    low = max(floor, math.fsum(len(each.clients) * each.low for each in partly) - sure)
    high = min(ceiling, math.fsum(len(each.clients) * each.high for each in partly) - sure)
    # One of them, if all the others lie at an end of the range.
    one = min(grid.maximum, high - floor + grid.minimum) - max(
        grid.minimum, low - ceiling + grid.maximum
    )
    return min(high - low, one) >= LEAST_VALUES * grid.value


def mean_of(values: Mapping[Any, float], clients: Iterable[Hashable]) -> float:
    """Return the mean of some clients' values."""
    return statistics.fmean(values[each] for each in clients)
