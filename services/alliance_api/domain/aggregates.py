"""Figures about many clients: what is told of the cells of a release, and of how they differ.

A client has one value. Whatever is told follows from coarse means (`grids`) of blocks of at least
five clients, their numbers in fives, and one coarse SD: nothing else of the values goes out.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from alliance_api.domain.coarse_means import Means, Place, mean_of
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
from alliance_api.domain.suppression import (
    Cell,
    Clients,
    Readers,
    Reason,
    Release,
    release,
)

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
class Figure:
    """What is told of one cell; of a withheld one only why.

    `n` is a number of clients in fives: there are at least so many. The mean lies within half a
    `step` of `value`, more or less. `interval` is where the mean of
    such clients would lie in 95 of 100 cases, None where too few clients tell of their spread. For
    therapists, `pooled` is the mean drawn towards the grand mean with `weight` for the own, and
    `unusual` says that it lies outside the 99.8 % limits (`funnel`); inside them nobody differs.
    """

    n: int | None = None
    value: float | None = None
    step: float | None = None
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
    cells = cells_of(places, organisation)
    found = release(cells, readers)
    if len(_groups(found)) >= LEAST_GROUPS:
        return found
    hidden = [replace(cell, showable=cell.depth < len(Level) - 1) for cell in cells]
    return release(hidden, readers)


def figures(found: Release, scale: Means) -> dict[Hashable, Figure]:
    """Return what is told of every cell of a release."""
    plain = {key: _plain(found, scale, made) for key, made in found.shown.items()}
    groups = _groups(found)
    sd = _sd(scale, [_union(found, found.shown[key]) for key in groups] or found.parts)
    sizes = [(plain[key].n or 0, plain[key].value or 0.0) for key in groups]
    pooling = components_of(sizes, sd**2) if sd and groups else None
    told = {
        key: _judged(figure, sd, scale.grid, pooling if key in groups else None)
        for key, figure in plain.items()
    }
    return {**told, **{key: Figure(reason=why) for key, why in found.withheld.items()}}


def cells_of(places: Mapping[Any, Place], organisation: Hashable) -> list[Cell]:
    """Return every cell that somebody counts in."""
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


def _plain(found: Release, scale: Means, made: Sequence[int]) -> Figure:
    sizes = {index: len(found.parts[index]) for index in made}
    n = sum(sizes.values())
    value = math.fsum(scale.told[index] * size for index, size in sizes.items()) / n
    step = math.fsum(scale.steps[index] * size for index, size in sizes.items()) / n
    return Figure(n // FIVES * FIVES, round(value, 3), round(step, 3))


def _union(found: Release, made: Iterable[int]) -> Clients:
    return frozenset[Hashable]().union(*(found.parts[index] for index in made))


def _sd(scale: Means, groups: Sequence[Clients]) -> float | None:
    """Return the told SD of clients around the means of their groups; None of too few clients."""
    squares = math.fsum(_squares(scale.values, group) for group in groups)
    freedom = sum(map(len, groups)) - len(groups)
    return scale.grid.spread(math.sqrt(squares / freedom)) if freedom >= LEAST_FREEDOM else None


def _squares(values: Mapping[Any, float], clients: Clients) -> float:
    mean = mean_of(values, clients)
    return math.fsum((values[each] - mean) ** 2 for each in clients)


def _judged(figure: Figure, sd: float | None, grid: Grid, pooling: Components | None) -> Figure:
    n, value = figure.n, figure.value
    if sd is None or not n or value is None:
        return figure
    half = Z95 * sd / math.sqrt(n) + (figure.step or 0) / 2
    interval = max(grid.minimum, value - half), min(grid.maximum, value + half)
    if pooling is None:
        return replace(figure, interval=interval)
    pooled, weight = shrink(value, n, pooling)
    low, high = funnel(pooling, n, FUNNEL_WIDTHS[1])
    return replace(
        figure,
        interval=interval,
        pooled=pooled,
        weight=weight,
        funnel=(low, high),
        unusual=not low <= value <= high,
        components=pooling,
    )
