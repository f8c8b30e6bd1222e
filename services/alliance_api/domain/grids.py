"""How coarsely means of a few clients are told, so that nobody is pinned to an end of the range."""

import math
from dataclasses import dataclass

POINTS_A_STEP = 2
FEWEST_STEPS, MOST_STEPS = 12, 32


@dataclass(frozen=True, slots=True)
class Grid:
    """The places that a mean may be told as, within the range of one client's value.

    A place is two points wide, and half as much again at either end: whoever knows where the mean
    of five clients lies, and nothing else, cannot narrow their sum to fewer than ten points, nor
    one of them if all have the highest value. A range has 12 to 32 steps; where it has fewer than
    24 points, a step is a 12th of it, and a point a 24th. [D]

    Raises:
        ValueError: unless minimum < maximum and a point is above 0.
    """

    minimum: float
    maximum: float
    point: float = 1.0

    def __post_init__(self) -> None:
        if not (self.minimum < self.maximum and self.point > 0):
            raise ValueError("the minimum must be below the maximum, and a point above 0")

    @property
    def steps(self) -> int:
        """How many steps the range has."""
        points = (self.maximum - self.minimum) / self.point
        return min(max(math.floor(points / POINTS_A_STEP), FEWEST_STEPS), MOST_STEPS)

    @property
    def value(self) -> float:
        """What counts as one value: a point, or a 24th of a shorter range."""
        return min(self.point, (self.maximum - self.minimum) / (POINTS_A_STEP * FEWEST_STEPS))

    def place(self, mean: float, doubled: int = 0) -> tuple[float, float]:
        """Return from where to where the place of a mean reaches; a limit belongs to the upper one.

        Steps may be `doubled` so many times, until the only place is the whole range.

        Raises:
            ValueError: for a mean outside the range.
        """
        share = (mean - self.minimum) / (self.maximum - self.minimum)
        if not -1e-9 <= share <= 1 + 1e-9:  # noqa: PLR2004 - means of floats may miss by a bit
            raise ValueError("the mean lies outside the range")
        steps = self.steps >> doubled
        if steps < 3:  # noqa: PLR2004 - two places and nothing between them
            return self.minimum, self.maximum
        index = min(max(math.floor(share * steps + 0.5), 1), steps - 1)
        step = (self.maximum - self.minimum) / steps
        low = self.minimum if index == 1 else self.minimum + (index - 0.5) * step
        high = self.maximum if index == steps - 1 else self.minimum + (index + 0.5) * step
        return low, high

    def spread(self, sd: float) -> float:
        """Return what a standard deviation is told as: in 20ths of the range, rounded up, two or more.

        Told exactly, an SD near 0 would say that everybody has the same value. Rounded up, it never
        makes somebody unusual who is not.
        """
        twentieth = (self.maximum - self.minimum) / 20
        return max(2, math.ceil(sd / twentieth - 1e-9)) * twentieth
