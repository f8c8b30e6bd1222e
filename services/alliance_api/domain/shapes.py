"""The shape of a whole course: rising, falling, U, or nothing a curve can tell."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.intervals import Estimate, slope_estimate, spread
from alliance_api.domain.methods import Method

METHOD = Method("trajectory-shape", "1")
LEAST_SESSIONS = 5
GOOD_FIT, CLEARLY_BETTER = 0.5, 0.2
"""A U needs at least this R² of the quadratic, and this much more than the line's. [D]"""


class Shape(StrEnum):
    """What a curve over the whole course shows. A brief V is an episode; see `ruptures`."""

    RISING = "RISING"
    FALLING = "FALLING"
    U_SHAPED = "U_SHAPED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Fit:
    """A polynomial in centred time t = i - (n - 1) / 2, lowest power first, and its R²."""

    coefficients: tuple[float, ...]
    r_squared: float | None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The shape of a series and what it rests on; `shape` is None below 5 sessions.

    `slope` is in scale points per session with its 95 % t-interval; a constant series fits every
    curve, so it has no R².
    """

    shape: Shape | None
    n: int
    slope: Estimate | None
    linear: Fit | None
    quadratic: Fit | None
    method: Method = METHOD


def trajectory(values: Sequence[float]) -> Trajectory:
    """Return a series' shape by ordinary least squares.

    U_SHAPED: quadratic coefficient above 0 and a fit clearly better than the line's. RISING or
    FALLING: the slope's interval leaves out 0; a flat course is called so in about 5 % of cases.
    Source: facts 2.3; support for the U in the literature is weak and mixed [M].
    """
    n = len(values)
    if n < LEAST_SESSIONS:
        return Trajectory(None, n, None, None, None)
    slope = slope_estimate([float(i) for i in range(n)], values)
    line, curve = linear(values), quadratic(values)
    return Trajectory(_shape(slope, line, curve), n, slope, line, curve)


def linear(values: Sequence[float]) -> Fit:
    """Return the least-squares line in centred time.

    Raises:
        ValueError: below 2 values.
    """
    t = _centred(len(values), 2)
    mean = statistics.fmean(values)
    slope = math.fsum(a * x for a, x in zip(t, values, strict=True)) / math.fsum(a * a for a in t)
    return Fit((mean, slope), _r_squared(values, [mean + slope * a for a in t]))


def quadratic(values: Sequence[float]) -> Fit:
    """Return the least-squares parabola in centred time.

    Raises:
        ValueError: below 3 values.
    """
    t = _centred(len(values), 3)
    mean, slope = linear(values).coefficients
    # In centred, equally spaced time t² - mean(t²) is orthogonal to 1 and t.
    middle = statistics.fmean(a * a for a in t)
    q = [a * a - middle for a in t]
    bend = math.fsum(a * x for a, x in zip(q, values, strict=True)) / math.fsum(a * a for a in q)
    fitted = [mean + slope * a + bend * b for a, b in zip(t, q, strict=True)]
    return Fit((mean - bend * middle, slope, bend), _r_squared(values, fitted))


def _centred(n: int, least: int) -> list[float]:
    if n < least:
        raise ValueError("too few values for this curve")
    return [i - (n - 1) / 2 for i in range(n)]


def _r_squared(values: Sequence[float], fitted: Sequence[float]) -> float | None:
    if min(values) == max(values):
        return None
    left = math.fsum((a - b) ** 2 for a, b in zip(values, fitted, strict=True))
    return 1 - left / spread(values)


def _shape(slope: Estimate | None, line: Fit, curve: Fit) -> Shape:
    if curve.r_squared is None or line.r_squared is None:
        return Shape.NONE
    better = curve.r_squared - line.r_squared >= CLEARLY_BETTER
    if curve.coefficients[2] > 0 and curve.r_squared >= GOOD_FIT and better:
        return Shape.U_SHAPED
    if slope is None or slope.interval is None or slope.interval[0] <= 0 <= slope.interval[1]:
        return Shape.NONE
    return Shape.RISING if slope.value > 0 else Shape.FALLING
