"""Slow falls: EWMA and CUSUM, which add up what single sessions hide. The low side alone alarms."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from alliance_api.domain.charts import NOISE
from alliance_api.domain.methods import Method

EWMA_METHOD = Method("ewma", "1")
CUSUM_METHOD = Method("cusum", "1")

WEIGHT, WIDTH = 0.3, 3.0
"""λ and L. Usual ranges 0.2–0.3 and 2.7–3; configurable, not verified. [M]"""

SLACK, DECISION = 0.5, 5.0
"""K and H in sigmas. Usual are 0.5 and 4–5; configurable, not verified. [M]"""


@dataclass(frozen=True, slots=True)
class Ewma:
    """Smoothed values, the limits at each of them, and the indices below the lower one."""

    smoothed: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    below: tuple[int, ...]
    method: Method = EWMA_METHOD


@dataclass(frozen=True, slots=True)
class Cusum:
    """Sums of deviations to either side, in scale points, and the indices of a low alarm."""

    high: tuple[float, ...]
    low: tuple[float, ...]
    below: tuple[int, ...]
    method: Method = CUSUM_METHOD


def ewma(  # noqa: PLR0913 - a chart has this many settings
    values: Sequence[float],
    mean: float,
    sigma: float,
    *,
    weight: float = WEIGHT,
    width: float = WIDTH,
    asymptotic: bool = False,
) -> Ewma:
    """Return z_t = λ x_t + (1 - λ) z_(t-1), z_0 = mean, with mean ± L σ sqrt(λ/(2-λ) · ...).

    The limits widen as 1 - (1 - λ)^(2t), unless `asymptotic`. No alarm at a sigma of 0.
    Source: NIST/SEMATECH e-Handbook 6.3.2.4.

    Raises:
        ValueError: unless 0 < weight <= 1, width > 0 and sigma >= 0.
    """
    if not (0 < weight <= 1 and width > 0 and sigma >= 0):
        raise ValueError("weight must lie in 0..1, width above 0, and sigma not below 0")
    smoothed: list[float] = []
    half: list[float] = []
    for t, value in enumerate(values, 1):
        before = smoothed[-1] if smoothed else mean
        smoothed.append(weight * value + (1 - weight) * before)
        reached = 1.0 if asymptotic else 1 - (1 - weight) ** (2 * t)
        half.append(width * sigma * math.sqrt(weight / (2 - weight) * reached))
    lower = tuple(mean - each for each in half)
    upper = tuple(mean + each for each in half)
    return Ewma(tuple(smoothed), lower, upper, _below(smoothed, lower) if sigma > NOISE else ())


def cusum(
    values: Sequence[float],
    mean: float,
    sigma: float,
    *,
    slack: float = SLACK,
    decision: float = DECISION,
) -> Cusum:
    """Return S+ = max(0, S+ + x - mean - K), S- = max(0, S- + mean - K - x), K = slack · sigma.

    A low alarm is S- > decision · sigma. No alarm at a sigma of 0.
    Source: facts 2.2; NIST/SEMATECH e-Handbook 6.3.2.3.

    Raises:
        ValueError: unless sigma, slack and decision are not below 0.
    """
    if min(sigma, slack, decision) < 0:
        raise ValueError("sigma, slack and decision must not be below 0")
    high, low = [0.0], [0.0]
    for value in values:
        high.append(max(0.0, high[-1] + value - mean - slack * sigma))
        low.append(max(0.0, low[-1] + mean - slack * sigma - value))
    alarms = (i for i, each in enumerate(low[1:]) if each > decision * sigma + NOISE)
    return Cusum(tuple(high[1:]), tuple(low[1:]), tuple(alarms) if sigma > NOISE else ())


def _below(values: Sequence[float], lower: Sequence[float]) -> tuple[int, ...]:
    pairs = enumerate(zip(values, lower, strict=True))
    return tuple(i for i, (value, limit) in pairs if value < limit - NOISE)
