"""The Western Electric zone rules, on the low side only."""

from collections.abc import Sequence
from dataclasses import dataclass

from alliance_api.domain.charts import NOISE
from alliance_api.domain.methods import Method

METHOD = Method("western-electric-low", "1")


@dataclass(frozen=True, slots=True)
class Zones:
    """Indices (from 0) of the points that complete a rule; each lies in the zone itself.

    Chance per point of an undisturbed normal series with known mean and sigma, low side: one
    beyond 3 sigma 0.13 %, two of three beyond 2 sigma 0.10 %, four of five beyond 1 sigma 0.22 %,
    eight on one side 0.39 %.
    """

    one_beyond_three: tuple[int, ...]
    two_of_three_beyond_two: tuple[int, ...]
    four_of_five_beyond_one: tuple[int, ...]
    eight_below: tuple[int, ...]
    method: Method = METHOD


def zones(values: Sequence[float], mean: float, sigma: float) -> Zones:
    """Return where a series completes a zone rule against a given mean and sigma.

    At a sigma of 0 nothing is beyond anything. Source: Western Electric 1956.
    """
    if sigma <= NOISE:
        return Zones((), (), (), ())
    return Zones(
        _completed(values, mean - 3 * sigma, 1, 1),
        _completed(values, mean - 2 * sigma, 2, 3),
        _completed(values, mean - sigma, 4, 5),
        _completed(values, mean, 8, 8),
    )


def _completed(values: Sequence[float], limit: float, least: int, window: int) -> tuple[int, ...]:
    """Return where at least `least` of the last `window` points, the last included, are below."""
    below = [value < limit - NOISE for value in values]
    return tuple(
        i
        for i in range(len(values))
        if below[i] and sum(below[max(0, i - window + 1) : i + 1]) >= least
    )
