"""How far goals are reached: attainment scaling, and goals in people's own words from 0 to 10."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from alliance_api.domain.exact import exact
from alliance_api.domain.goals import HIGHEST_RATING, LOWEST_RATING, check_level
from alliance_api.domain.intervals import Estimate, mean_estimate
from alliance_api.domain.methods import Method

T_METHOD = Method("goal-attainment-t", "1")
RATING_METHOD = Method("goal-rating-change", "1")

RHO = 0.3
"""The assumed correlation between goals. Source: Kiresuk & Sherman 1968 [S32]."""


class GoalDirection(StrEnum):
    """Whether a rating moved by the threshold or more."""

    IMPROVED = "IMPROVED"
    WORSENED = "WORSENED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From how many points on 0..10 a change counts, the end included [D], and who says so."""

    points: float
    source: str
    verified: bool


GOAL_THRESHOLD = Threshold(
    points=2.45,
    source="Edbrooke-Childs et al. 2015, goals rated by parents; quoted, not checked [M]",
    verified=False,
)


@dataclass(frozen=True, slots=True)
class Attainment:
    """Goal attainment T at the baseline and later, of the same `n` goals; None for no goals.

    T is 50 when every goal is just as expected, with an SD near 10 if goals were set fairly. Of
    one case it is a description, not a sample, so it has no interval.
    """

    n: int
    baseline: float | None
    follow_up: float | None
    change: float | None
    method: Method = T_METHOD


@dataclass(frozen=True, slots=True)
class RatingChange:
    """Change of ratings 0..10 over the `n` goals rated at both times; None, not 0, without any."""

    n: int
    mean: Estimate | None
    direction: GoalDirection | None
    goals: Mapping[str, GoalDirection]
    threshold: Threshold
    method: Method = RATING_METHOD


def attainment_t(
    levels: Sequence[int], weights: Sequence[float] | None = None, rho: float = RHO
) -> float | None:
    """Return T = 50 + 10 · Σ w x / sqrt((1 - ρ) Σ w² + ρ (Σ w)²), levels -2..2, 0 as expected.

    Equal weights by default. None, never 50, for no goals or no weight at all.
    Source: Kiresuk & Sherman 1968.

    Raises:
        ValueError: for a level that is none, a negative or missing weight, or rho outside 0..<1.
    """
    used = [1.0] * len(levels) if weights is None else list(weights)
    _check(levels, used, rho)
    if not any(used):
        return None
    reached = math.fsum(w * x for w, x in zip(used, levels, strict=True))
    squares = math.fsum(w * w for w in used)
    return 50 + 10 * reached / math.sqrt((1 - rho) * squares + rho * math.fsum(used) ** 2)


def attainment(
    baseline: Sequence[int],
    follow_up: Sequence[int],
    weights: Sequence[float] | None = None,
    rho: float = RHO,
) -> Attainment:
    """Return T at both times and the change, of the same goals in the same order.

    Raises:
        ValueError: for different numbers of goals, and as `attainment_t`.
    """
    if len(baseline) != len(follow_up):
        raise ValueError("the same goals are rated at both times")
    before = attainment_t(baseline, weights, rho)
    after = attainment_t(follow_up, weights, rho)
    moved = None if before is None or after is None else after - before
    return Attainment(len(baseline), before, after, moved)


def rating_change(
    before: Mapping[str, float | None],
    after: Mapping[str, float | None],
    threshold: Threshold = GOAL_THRESHOLD,
) -> RatingChange:
    """Return how goals rated 0..10 moved, by key; goals rated at one time only are left out.

    Raises:
        ValueError: for a rating outside 0..10.
    """
    moved: dict[str, float] = {}
    for key, first in before.items():
        last = after.get(key)
        if first is not None and last is not None:
            moved[key] = float(_rating(last) - _rating(first))
    if not moved:
        return RatingChange(0, None, None, {}, threshold)
    directions = {key: _direction(points, threshold) for key, points in moved.items()}
    overall = _direction(float(statistics.mean(map(exact, moved.values()))), threshold)
    mean = mean_estimate(list(moved.values()))
    return RatingChange(len(moved), mean, overall, directions, threshold)


def _check(levels: Sequence[int], weights: Sequence[float], rho: float) -> None:
    if any(check_level(level) for level in levels):
        raise ValueError("levels are whole numbers from -2 to 2")
    if len(weights) != len(levels) or any(not 0 <= w < math.inf for w in weights):
        raise ValueError("every goal needs a weight of 0 or more")
    if not 0 <= rho < 1:
        raise ValueError("rho lies in 0 up to, but not, 1")


def _rating(value: float) -> Fraction:
    rating = exact(value)
    if not LOWEST_RATING <= rating <= HIGHEST_RATING:
        raise ValueError("ratings lie in 0..10")
    return rating


def _direction(points: float, threshold: Threshold) -> GoalDirection:
    if points >= threshold.points:
        return GoalDirection.IMPROVED
    return GoalDirection.WORSENED if points <= -threshold.points else GoalDirection.NONE
