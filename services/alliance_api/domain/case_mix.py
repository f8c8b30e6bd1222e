"""Levels between and within people, and rates adjusted for who comes."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alliance_api.domain.methods import Method
from alliance_api.domain.statistics import MINIMUM_N, Z95

METHOD = Method("case-mix", "1")
DECOMPOSITION_METHOD = Method("within-between", "1")


@dataclass(frozen=True, slots=True)
class Decomposition:
    """x = grand + between (person's mean - grand) + within (x - person's mean), each in points.

    `grand` is the mean of all ratings.
    """

    grand: float
    between: dict[str, float]
    within: dict[str, tuple[float, ...]]
    method: Method = DECOMPOSITION_METHOD


@dataclass(frozen=True, slots=True)
class Stratum:
    """Clients of one kind: how many, how many flagged, and the reference rate, 0..1."""

    reference_rate: float
    n: int
    observed: int


@dataclass(frozen=True, slots=True)
class ObservedExpected:
    """Observed against expected flags; `ratio` and its 95 % interval None below 5 clients.

    `ratio` is also None where nothing is expected.
    """

    n: int
    observed: int
    expected: float
    ratio: float | None
    interval: tuple[float, float] | None
    method: Method = METHOD


def decompose(series: Mapping[str, Sequence[float]]) -> Decomposition | None:
    """Return the parts of people's ratings; people without ratings are left out. None for none.

    Source: Curran & Bauer 2011.
    """
    filled = {key: values for key, values in series.items() if values}
    if not filled:
        return None
    means = {key: statistics.fmean(values) for key, values in filled.items()}
    grand = statistics.fmean(value for values in filled.values() for value in values)
    return Decomposition(
        grand,
        {key: mean - grand for key, mean in means.items()},
        {key: tuple(x - means[key] for x in values) for key, values in filled.items()},
    )


def observed_expected(strata: Iterable[Stratum]) -> ObservedExpected:
    """Return O / E by indirect standardisation, with Byar's interval of the observed count.

    Source: Breslow & Day 1987, eq. 2.13.

    Raises:
        ValueError: for a rate outside 0..1 or more flags than clients.
    """
    given = list(strata)
    if any(not (0 <= each.reference_rate <= 1 and 0 <= each.observed <= each.n) for each in given):
        raise ValueError("rates lie in 0..1, and flags between 0 and n")
    n, observed = sum(each.n for each in given), sum(each.observed for each in given)
    expected = math.fsum(each.reference_rate * each.n for each in given)
    if n < MINIMUM_N or not expected:
        return ObservedExpected(n, observed, expected, None, None)
    low, high = _byar(observed)
    return ObservedExpected(
        n, observed, expected, observed / expected, (low / expected, high / expected)
    )


def _byar(count: int) -> tuple[float, float]:
    more = count + 1
    high = more * (1 - 1 / (9 * more) + Z95 / (3 * math.sqrt(more))) ** 3
    if not count:
        return 0.0, high
    return count * (1 - 1 / (9 * count) - Z95 / (3 * math.sqrt(count))) ** 3, high
