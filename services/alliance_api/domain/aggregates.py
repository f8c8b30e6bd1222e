"""Figures about many clients: what is told of the cells of a release, and of how they differ.

A client has one value. Whatever is told follows from the coarse means of a release's parts
(`grids`), their numbers in fives, and one coarse SD: nothing else of the values goes out.
"""

import math
import statistics
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from alliance_api.domain.grids import Grid
from alliance_api.domain.intervals import Estimate
from alliance_api.domain.methods import Method
from alliance_api.domain.pooling import (
    FUNNEL_WIDTHS,
    Components,
    components_of,
    funnel,
    shrink,
)
from alliance_api.domain.statistics import Z95
from alliance_api.domain.suppression import Cell, Clients, Readers, Reason, Release, release

METHOD = Method("aggregate", "1")
LEAST_GROUPS = 5
"""Fewer groups say too little about how groups differ. Source: Gelman & Hill 2007, ch. 11 [M]."""
LEAST_FREEDOM = 15
"""Fewer degrees of freedom make no SD that we would tell. [D]"""
FIVES = 5


class Measure(StrEnum):
    """What a figure is about; of sessions and promises the party is told beside it."""

    SCORE = "SCORE"
    KEPT = "KEPT"
    PUNCTUAL = "PUNCTUAL"
    FOLLOW_THROUGH = "FOLLOW_THROUGH"
    AGREED_GOALS = "AGREED_GOALS"
    AGREEMENT_ICC = "AGREEMENT_ICC"


class Level(StrEnum):
    """What a cell is a cell of; from the whole to its parts."""

    ORGANISATION = "ORGANISATION"
    TEAM = "TEAM"
    THERAPIST = "THERAPIST"


Unit = tuple[Level, Hashable]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client's value counts beside the organisation; None: in no team's, no therapist's."""

    team: Hashable | None = None
    therapist: Hashable | None = None


@dataclass(frozen=True, slots=True)
class Means:
    """What is told of one scale: every client's value, the told mean of every part, its grid.

    `step` is how far told means lie apart; of a scale that is the sum of others, theirs together.
    """

    values: Mapping[Any, float]
    told: Sequence[float]
    grid: Grid
    step: float


@dataclass(frozen=True, slots=True)
class Figure:
    """What is told of one cell; of a withheld one only why.

    `n` is a number of clients in fives: there are at least so many. `interval` is where the mean of
    such clients would lie in 95 of 100 cases, None where too few clients tell of their spread. For
    therapists, `pooled` is the mean drawn towards the grand mean with `weight` for the own, and
    `unusual` says that it lies outside the 99.8 % limits (`funnel`); inside them nobody differs.
    """

    n: int | None = None
    value: float | None = None
    interval: tuple[float, float] | None = None
    pooled: Estimate | None = None
    weight: float | None = None
    funnel: tuple[float, float] | None = None
    unusual: bool | None = None
    components: Components | None = None
    reason: Reason | None = None


def released(places: Mapping[Any, Place], organisation: Hashable, readers: Readers) -> Release:
    """Return what may be shown of an organisation, its teams and therapists.

    Therapists are shown beside at least five others' kind, or none of them is.
    """
    cells = _cells(places, organisation)
    found = release(cells, readers)
    if len(_groups(found)) >= LEAST_GROUPS:
        return found
    hidden = [replace(cell, showable=cell.depth < len(Level) - 1) for cell in cells]
    return release(hidden, readers)


def means(values: Mapping[Any, float], grid: Grid, found: Release) -> Means:
    """Return what is told of the parts' means."""
    told = [grid.tell(statistics.fmean(values[each] for each in part)) for part in found.parts]
    return Means(values, told, grid, grid.step)


def added(scales: Sequence[Means]) -> Means:
    """Return the means of a scale that is the sum of others: theirs added up, and nothing new."""
    first = scales[0]
    values = {each: math.fsum(scale.values[each] for scale in scales) for each in first.values}
    told = [math.fsum(parts) for parts in zip(*(scale.told for scale in scales), strict=True)]
    ends = [(scale.grid.minimum, scale.grid.maximum) for scale in scales]
    low, high = (math.fsum(end) for end in zip(*ends, strict=True))
    return Means(values, told, Grid(low, high), math.fsum(scale.step for scale in scales))


def figures(found: Release, scale: Means) -> dict[Hashable, Figure]:
    """Return what is told of every cell of a release."""
    sizes = [len(part) for part in found.parts]
    cells = {
        key: (_fives(sum(sizes[i] for i in made)), _mean(scale.told, sizes, made))
        for key, made in found.shown.items()
    }
    groups = _groups(found)
    sd = _sd(scale, [_union(found, found.shown[key]) for key in groups] or found.parts)
    pooling = components_of([cells[key] for key in groups], sd**2) if sd and groups else None
    told = {
        key: _figure(n, value, sd, scale, pooling if key in groups else None)
        for key, (n, value) in cells.items()
    }
    return {**told, **{key: Figure(reason=why) for key, why in found.withheld.items()}}


def _cells(places: Mapping[Any, Place], organisation: Hashable) -> list[Cell]:
    members: dict[Unit, set[Hashable]] = {}
    for client, place in places.items():
        units = zip(Level, (organisation, place.team, place.therapist), strict=True)
        for unit in units:
            if unit[1] is not None:
                members.setdefault(unit, set()).add(client)
    depths = {level: depth for depth, level in enumerate(Level)}
    return [Cell(unit, frozenset(found), depths[unit[0]]) for unit, found in members.items()]


def _groups(found: Release) -> list[Unit]:
    return [key for key in found.shown if isinstance(key, tuple) and key[0] is Level.THERAPIST]


def _fives(n: int) -> int:
    return n // FIVES * FIVES


def _mean(told: Sequence[float], sizes: Sequence[int], made: Iterable[int]) -> float:
    weights = {index: sizes[index] for index in made}
    total = math.fsum(told[index] * n for index, n in weights.items())
    return round(total / sum(weights.values()), 3)


def _union(found: Release, made: Iterable[int]) -> Clients:
    return frozenset[Hashable]().union(*(found.parts[index] for index in made))


def _sd(scale: Means, groups: Sequence[Clients]) -> float | None:
    """Return the told SD of clients around the means of their groups; None of too few clients."""
    squares = math.fsum(_squares([scale.values[each] for each in group]) for group in groups)
    freedom = sum(map(len, groups)) - len(groups)
    return scale.grid.spread(math.sqrt(squares / freedom)) if freedom >= LEAST_FREEDOM else None


def _squares(values: Sequence[float]) -> float:
    mean = statistics.fmean(values)
    return math.fsum((value - mean) ** 2 for value in values)


def _figure(
    n: int, value: float, sd: float | None, scale: Means, pooling: Components | None
) -> Figure:
    if sd is None:
        return Figure(n, value)
    half = Z95 * sd / math.sqrt(n) + scale.step / 2
    grid = scale.grid
    interval = max(grid.minimum, value - half), min(grid.maximum, value + half)
    if pooling is None:
        return Figure(n, value, interval)
    pooled, weight = shrink(value, n, pooling)
    low, high = funnel(pooling, n, FUNNEL_WIDTHS[1])
    unusual = not low <= value <= high
    return Figure(n, value, interval, pooled, weight, (low, high), unusual, pooling)
