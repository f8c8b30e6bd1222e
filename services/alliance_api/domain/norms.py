"""What change is judged by: the spread and the reliability of one published population."""

from dataclasses import dataclass
from enum import StrEnum


class ReliabilityKind(StrEnum):
    """How a reliability was found: within one giving, or between two."""

    ALPHA = "ALPHA"
    RETEST = "RETEST"


class Polarity(StrEnum):
    """Which end of a scale one would wish for. A scale of taste or of two poles has none."""

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"


@dataclass(frozen=True, slots=True)
class Norm:
    """SD (in scale points) and reliability (0..1) in one population, and where they come from.

    Without a source there is no norm, and without a norm no claim about change.
    """

    sd: float
    reliability: float
    reliability_kind: ReliabilityKind
    population: str
    source: str
    n: int | None = None
