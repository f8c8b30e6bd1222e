"""How a client would like therapy to be: two-sided, so that no end is the good one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from alliance_api.domain.errors import Problem

FURTHEST = 3


class Dimension(StrEnum):
    """Two sides of therapy. Source: C-NIP, facts S15."""

    DIRECTIVENESS = "DIRECTIVENESS"
    EMOTIONAL_INTENSITY = "EMOTIONAL_INTENSITY"
    PAST_ORIENTATION = "PAST_ORIENTATION"
    WARM_SUPPORT = "WARM_SUPPORT"


MEANING: Mapping[Dimension, str] = MappingProxyType(
    {
        Dimension.DIRECTIVENESS: "Above 0 the therapist leads; below, the client does.",
        Dimension.EMOTIONAL_INTENSITY: "Above 0 feelings are stirred up; below, held back.",
        Dimension.PAST_ORIENTATION: "Above 0 it is about the past; below, now and to come.",
        Dimension.WARM_SUPPORT: "Above 0 it is warm support; below, a challenge.",
    }
)


def check_preferences(values: Sequence[tuple[Dimension, float]]) -> tuple[Problem, ...]:
    """Return why preferences cannot be kept: one number from -3 to 3 for each dimension said."""
    problems = [
        Problem("VALUE_OUT_OF_RANGE", "Give a number from -3 to 3.", f"preferences[{at}].value")
        for at, (_, value) in enumerate(values)
        if not -FURTHEST <= value <= FURTHEST
    ]
    if not values:
        problems.append(Problem("NOTHING_SAID", "Say it for one dimension or more.", "preferences"))
    if len({dimension for dimension, _ in values}) < len(values):
        message = "Say it once for each dimension."
        problems.append(Problem("DUPLICATE_DIMENSION", message, "preferences"))
    return tuple(problems)
