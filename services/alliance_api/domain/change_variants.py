"""Two other indices of reliable change, for comparison: both expect a return towards the mean.

The engine judges change by `change`. These need the mean of a population as well: whoever began
below it is expected to rise a little by measurement error alone. Source: facts 2.1 [S26].
"""

from dataclasses import dataclass

from alliance_api.domain.change import Direction, direction, sem
from alliance_api.domain.methods import Method

GULLIKSEN_LORD_NOVICK = Method("reliable-change-gln", "1")
EDWARDS_NUNNALLY = Method("reliable-change-en", "1")

WIDTH = 2
"""Standard errors to either side of the expected true score. Source: facts 2.1 [S26]."""


@dataclass(frozen=True, slots=True)
class Population:
    """Mean, SD and score reliability of a scale before treatment.

    Raises:
        ValueError: unless sd > 0 and 0 <= reliability < 1.
    """

    mean: float
    sd: float
    reliability: float

    def __post_init__(self) -> None:
        if not (self.sd > 0 and 0 <= self.reliability < 1):
            raise ValueError("sd must be above 0, and reliability in 0 up to, but not, 1")


@dataclass(frozen=True, slots=True)
class ChangeIndex:
    """A change in standard errors, from what was to be expected, and which way it is reliable."""

    expected: float
    index: float
    direction: Direction
    method: Method


def gulliksen_lord_novick(before: float, after: float, of: Population) -> ChangeIndex:
    """Return ((after - M) - r (before - M)) / (SD · sqrt(1 - r²)); reliable beyond 1.96."""
    expected = _expected(before, of)
    index = (after - expected) / (of.sd * (1 - of.reliability**2) ** 0.5)
    return ChangeIndex(expected, index, direction(index), GULLIKSEN_LORD_NOVICK)


def edwards_nunnally(before: float, after: float, of: Population) -> ChangeIndex:
    """Return (after - true) / SEM with true = M + r (before - M); reliable beyond 2."""
    expected = _expected(before, of)
    index = (after - expected) / sem(of.sd, of.reliability)
    towards = Direction.UP if index > 0 else Direction.DOWN
    reliable = towards if abs(index) > WIDTH else Direction.NONE
    return ChangeIndex(expected, index, reliable, EDWARDS_NUNNALLY)


def interval(expected: float, of: Population) -> tuple[float, float]:
    """Return true ± 2 SEM: where Edwards and Nunnally expect the later score."""
    half = WIDTH * sem(of.sd, of.reliability)
    return expected - half, expected + half


def _expected(before: float, of: Population) -> float:
    return of.mean + of.reliability * (before - of.mean)
