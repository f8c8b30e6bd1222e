"""Individual change that knows its own error; for alliance, reliable up or down and no more."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from alliance_api.domain.exact import difference, exact
from alliance_api.domain.methods import Method
from alliance_api.domain.norms import Norm, ReliabilityKind
from alliance_api.domain.statistics import Z95

__all__ = [
    "INTERVAL_METHOD",
    "METHOD",
    "NO_NORM",
    "RELIABLE",
    "Change",
    "Direction",
    "Norm",
    "ReliabilityKind",
    "ScoreInterval",
    "change",
    "clip",
    "direction",
    "preferred",
    "rci",
    "reliable_points",
    "s_diff",
    "score_interval",
    "sem",
]

METHOD = Method("reliable-change", "1")
INTERVAL_METHOD = Method("score-interval", "1")
NO_NORM = "NO_NORM"

RELIABLE = 1.96
"""Change is reliable strictly beyond this. Source: Jacobson & Truax 1991."""


class Direction(StrEnum):
    """Which way a score moved beyond its error. UP is a higher score, not a better one."""

    UP = "UP"
    DOWN = "DOWN"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Change:
    """Change between two scores, with what it was judged by.

    `difference` is after - before, in scale points. Without a norm `rci`, `direction` and
    `reliable_points` are None and `reason` says NO_NORM: which is no claim, and not "no change".
    """

    difference: float
    rci: float | None
    direction: Direction | None
    reliable_points: float | None
    norm: Norm | None
    reason: str | None = None
    method: Method = METHOD


@dataclass(frozen=True, slots=True)
class ScoreInterval:
    """Where the true score lies in 95 of 100 cases: low..high, unclipped; None without a norm."""

    score: float
    interval: tuple[float, float] | None
    norm: Norm | None
    reason: str | None = None
    method: Method = INTERVAL_METHOD


@lru_cache
def sem(sd: float, reliability: float) -> float:
    """Return the standard error of measurement in scale points, sd · sqrt(1 - reliability).

    Raises:
        ValueError: unless sd > 0 and 0 <= reliability < 1.
    """
    return math.sqrt(_error_variance(sd, reliability))


@lru_cache
def s_diff(sd: float, reliability: float) -> float:
    """Return the standard error of a difference of two scores, sqrt(2 · SEM²), in scale points.

    Raises:
        ValueError: unless sd > 0 and 0 <= reliability < 1.
    """
    return math.sqrt(2 * _error_variance(sd, reliability))


def preferred(norms: Iterable[Norm]) -> Norm | None:
    """Return the norm to judge change by: retest before alpha, then the larger n; None for none.

    Source: facts 2.1 [D].
    """
    return max(
        norms,
        key=lambda norm: (norm.reliability_kind is ReliabilityKind.RETEST, norm.n or 0),
        default=None,
    )


def rci(before: float, after: float, norm: Norm) -> float:
    """Return the reliable change index, (after - before) / S_diff.

    Source: Jacobson & Truax 1991; Christensen & Mendoza 1986.
    """
    return difference(before, after) / s_diff(norm.sd, norm.reliability)


def direction(index: float) -> Direction:
    """Return where a reliable change index points; exactly ±1.96 is not beyond."""
    if index > RELIABLE:
        return Direction.UP
    return Direction.DOWN if index < -RELIABLE else Direction.NONE


def reliable_points(norm: Norm, z: float = RELIABLE) -> float:
    """Return how many scale points a change must exceed: z · S_diff (2.772 · SEM at 95 %)."""
    return z * s_diff(norm.sd, norm.reliability)


def change(before: float, after: float, norm: Norm | None) -> Change:
    """Return what can be said of the change between two scores of one scale and one informant.

    An unchanged person moves reliably in either direction in 2.5 % of pairs, if the norm holds.
    """
    points = difference(before, after)
    if norm is None:
        return Change(points, None, None, None, None, NO_NORM)
    index = points / s_diff(norm.sd, norm.reliability)
    return Change(points, index, direction(index), reliable_points(norm), norm)


def score_interval(score: float, norm: Norm | None) -> ScoreInterval:
    """Return score ± 1.96 SEM; it may leave the scale, see `clip`."""
    if norm is None:
        return ScoreInterval(score, None, None, NO_NORM)
    half = Z95 * sem(norm.sd, norm.reliability)
    return ScoreInterval(score, (score - half, score + half), norm)


def clip(interval: tuple[float, float], minimum: float, maximum: float) -> tuple[float, float]:
    """Return an interval cut to the scale, for display only: nothing is computed from it."""
    low, high = interval
    return min(max(low, minimum), maximum), max(min(high, maximum), minimum)


def _error_variance(sd: float, reliability: float) -> Fraction:
    # Nothing measures without error, and an error of 0 would make every change reliable.
    if not (sd > 0 and 0 <= reliability < 1):
        raise ValueError("sd must be above 0, and reliability in 0 up to, but not, 1")
    return exact(sd) ** 2 * (1 - exact(reliability))
