"""What sources report about a scale, and the parts of its range they or we give a name."""

from dataclasses import dataclass

from alliance_api.domain.norms import ReliabilityKind


@dataclass(frozen=True, slots=True)
class Report:
    """What one source reports of one population, in points of the scale's sum; shown, as it is.

    `reliable_change` is a published number of points, kept apart from what a `Norm` could compute.
    Of a range of reliabilities, the lowest. `verified`: we have seen the source say so.
    """

    population: str
    source: str
    verified: bool
    n: int | None = None
    mean: float | None = None
    sd: float | None = None
    reliability: float | None = None
    reliability_kind: ReliabilityKind | None = None
    reliable_change: float | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A named part of a scale's range, in points of its unrounded sum.

    Whether a limit belongs to the band is spelled out, since sources differ in just that:
    `at_least` and `at_most` belong to it, `below` does not. `verified`: a source confirms it;
    what is not verified is a default a site may replace.
    """

    key: str
    source: str
    verified: bool
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None

    def holds(self, raw: float) -> bool:
        """Return whether a score lies in the band."""
        return (
            (self.at_least is None or raw >= self.at_least)
            and (self.at_most is None or raw <= self.at_most)
            and (self.below is None or raw < self.below)
        )
