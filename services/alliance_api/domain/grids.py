"""How coarsely a mean is told, so that nobody of five clients is pinned to an end of the range."""

import math
from dataclasses import dataclass

FEWEST_STEPS, MOST_STEPS = 16, 32
POINTS_A_STEP = 1.5
"""A step is one and a half points of the score, but a range has 16 to 32 of them. [D]"""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values that a mean of at least five clients may be told as, within a score's range.

    A told mean lies one step or more from either end. So the mean of five clients who all have
    the highest score is told as something that leaves each of them 7.5 steps, which is more than
    eleven points of the score (of ranges below 24 points: 24ths), wherever the others are.

    Raises:
        ValueError: unless minimum < maximum.
    """

    minimum: float
    maximum: float

    def __post_init__(self) -> None:
        if not self.minimum < self.maximum:
            raise ValueError("the minimum must be below the maximum")

    @property
    def steps(self) -> int:
        """How many steps the range has."""
        wanted = math.floor((self.maximum - self.minimum) / POINTS_A_STEP)
        return min(max(wanted, FEWEST_STEPS), MOST_STEPS)

    @property
    def step(self) -> float:
        """The size of a step, in points of the score."""
        return (self.maximum - self.minimum) / self.steps

    def tell(self, mean: float) -> float:
        """Return what a mean is told as: a half goes up.

        Raises:
            ValueError: for a mean outside the range.
        """
        share = (mean - self.minimum) / (self.maximum - self.minimum)
        if not -1e-9 <= share <= 1 + 1e-9:  # noqa: PLR2004 - means of floats may miss by a bit
            raise ValueError("the mean lies outside the range")
        nearest = math.floor(share * self.steps + 0.5)
        return self._at(min(max(nearest, 1), self.steps - 1))

    def means(self, told: float) -> tuple[float, float]:
        """Return between which means lies whatever is told so: what a reader knows of it.

        Raises:
            ValueError: for what no mean is told as.
        """
        place = (told - self.minimum) / self.step
        index = round(place)
        if not (abs(place - index) < 1e-6 and 1 <= index <= self.steps - 1):  # noqa: PLR2004
            raise ValueError("no mean is told so")
        low = self.minimum if index == 1 else self._at(index - 0.5)
        high = self.maximum if index == self.steps - 1 else self._at(index + 0.5)
        return low, high

    def _at(self, index: float) -> float:
        return self.minimum + index * (self.maximum - self.minimum) / self.steps

    def spread(self, sd: float) -> float:
        """Return what a standard deviation is told as: in 20ths of the range, two at the least.

        Told exactly, an SD near 0 would say that everybody has the same score.
        """
        twentieth = (self.maximum - self.minimum) / 20
        return max(2, math.floor(sd / twentieth + 0.5)) * twentieth
