"""Therapists beside each other without a league table: partial pooling and funnel limits."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alliance_api.domain.intervals import Estimate
from alliance_api.domain.methods import Method
from alliance_api.domain.statistics import MINIMUM_N, Z95

METHOD = Method("partial-pooling", "1")
LEAST_CLIENTS = MINIMUM_N
"""Below this many clients a therapist is neither shown by name nor compared. [D]"""

TOO_FEW_CLIENTS = "TOO_FEW_CLIENTS"
FUNNEL_WIDTHS = (Z95, 3.0902)
"""Two-sided 95 % and 99.8 % limits. Source: Spiegelhalter 2005."""


@dataclass(frozen=True, slots=True)
class Components:
    """What pooling rests on, and must be shown with it: grand mean and variances.

    `between` (tau²) is the variance of true group means, `within` (sigma²) that of a client
    around the group's; `icc` the share of the former.
    """

    mean: float
    between: float
    within: float
    groups: int
    n: int

    @property
    def icc(self) -> float | None:
        """The share between groups, 0..1; None if neither varies."""
        total = self.between + self.within
        return self.between / total if total else None


@dataclass(frozen=True, slots=True)
class Pooled:
    """One group's mean drawn towards the grand mean, by how little is known of the group.

    `weight` is the share of the group's own mean, 0..1. Below the minimum everything but n is
    None and `reason` says so: such a group must not be ranked, listed or compared. `unusual` says
    that its own mean lies outside the 99.8 % funnel limits; inside them, groups do not differ.
    """

    n: int
    mean: float | None
    estimate: Estimate | None
    weight: float | None
    unusual: bool | None
    reason: str | None
    components: Components
    method: Method = METHOD


def components(groups: Mapping[str, Sequence[float]]) -> Components | None:
    """Return the variance components of clients in groups, by analysis of variance.

    Unequal groups by n0 = (N - sum n² / N) / (k - 1); a negative between-variance is 0. None
    below 2 groups, or where no group has 2 clients. Source: Searle, Casella & McCulloch 1992.
    """
    filled = [values for values in groups.values() if values]
    n, k = sum(map(len, filled)), len(filled)
    if n <= k:
        return None
    within = math.fsum(_squares(values) for values in filled) / (n - k)
    return components_of([(len(values), statistics.fmean(values)) for values in filled], within)


def components_of(groups: Sequence[tuple[int, float]], within: float) -> Components | None:
    """Return the components of groups of which only size and mean are told; None below 2 groups."""
    n, k = sum(size for size, _ in groups), len(groups)
    if k < 2:  # noqa: PLR2004 - one group has nothing to differ from
        return None
    mean = math.fsum(size * value for size, value in groups) / n
    across = math.fsum(size * (value - mean) ** 2 for size, value in groups) / (k - 1)
    usual = (n - sum(size**2 for size, _ in groups) / n) / (k - 1)
    return Components(mean, max(0.0, (across - within) / usual), within, k, n)


def shrink(mean: float, n: int, found: Components) -> tuple[Estimate, float]:
    """Return est = mu + w (mean - mu) with w = tau² / (tau² + sigma² / n), and w.

    The interval is est ± 1.96 · sqrt(w · sigma² / n), given the components. Facts 2.5.

    Raises:
        ValueError: for n < 1.
    """
    if n < 1:
        raise ValueError("a mean has at least one observation")
    error = found.within / n
    total = found.between + error
    weight = found.between / total if total else 0.0
    value = found.mean + weight * (mean - found.mean)
    half = Z95 * math.sqrt(weight * error)
    return Estimate(value, n, (value - half, value + half)), weight


def pool(
    groups: Mapping[str, Sequence[float]], found: Components, least: int = LEAST_CLIENTS
) -> dict[str, Pooled]:
    """Return every group pooled, in the given order, which is no ranking. One value a client.

    Raises:
        ValueError: for a minimum below 5, the least this project shows.
    """
    if least < LEAST_CLIENTS:
        raise ValueError("the minimum is 5 clients")
    return {key: _pool(values, found, least) for key, values in groups.items()}


def _pool(values: Sequence[float], found: Components, least: int) -> Pooled:
    n = len(values)
    if n < least:
        return Pooled(n, None, None, None, None, TOO_FEW_CLIENTS, found)
    mean = statistics.fmean(values)
    estimate, weight = shrink(mean, n, found)
    low, high = funnel(found, n, FUNNEL_WIDTHS[1])
    return Pooled(n, mean, estimate, weight, not low <= mean <= high, None, found)


def funnel(found: Components, n: int, z: float = Z95) -> tuple[float, float]:
    """Return grand mean ± z · sqrt(sigma² / n): where a group of n ordinary clients may lie.

    Raises:
        ValueError: for n < 1.
    """
    if n < 1:
        raise ValueError("a funnel begins at one client")
    half = z * math.sqrt(found.within / n)
    return found.mean - half, found.mean + half


def funnel_rate(rate: float, n: int, z: float = Z95) -> tuple[float, float]:
    """Return rate ± z · sqrt(rate (1 - rate) / n), within 0..1: funnel limits of a proportion.

    Raises:
        ValueError: unless 0 <= rate <= 1 and n >= 1.
    """
    if not (0 <= rate <= 1 and n >= 1):
        raise ValueError("a rate lies in 0..1, and a funnel begins at one client")
    half = z * math.sqrt(rate * (1 - rate) / n)
    return max(0.0, rate - half), min(1.0, rate + half)


def _squares(values: Sequence[float]) -> float:
    mean = statistics.fmean(values)
    return math.fsum((value - mean) ** 2 for value in values)
