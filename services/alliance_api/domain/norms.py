"""What is known about a scale in some population: no norm, no claim."""

from dataclasses import dataclass
from enum import StrEnum


class ReliabilityKind(StrEnum):
    """How a norm's score reliability was found; RETEST is to be preferred when judging change."""

    RETEST = "RETEST"
    ALPHA = "ALPHA"


class Polarity(StrEnum):
    """Which end of a scale is the good one. A scale of taste or of two poles has none."""

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"


@dataclass(frozen=True, slots=True)
class Norm:
    """Spread and score reliability of a scale in one population, as its source reports them.

    `sd` is the between-person standard deviation in scale points; `reliability` lies in 0..1 and
    is a retest correlation or Cronbach's alpha (`reliability_kind`), which must stay visible
    beside every figure made from it; `n` people answered in `language`, each None where the
    source does not say. `verified`: this project has seen the source say so.

    Raises:
        ValueError: unless sd > 0, 0 <= reliability < 1 and n, where known, is at least 2.
    """

    sd: float
    reliability: float
    reliability_kind: ReliabilityKind
    population: str
    source: str
    n: int | None = None
    language: str | None = None
    verified: bool = False

    def __post_init__(self) -> None:
        if not (self.sd > 0 and 0 <= self.reliability < 1):
            raise ValueError("sd must be above 0, and reliability in 0 up to, but not, 1")
        if self.n is not None and self.n < 2:  # noqa: PLR2004 - one person has no spread
            raise ValueError("a norm describes at least two people")
