"""Goals belong to both: wording, stances, state and attainment levels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.errors import Problem
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.texts import check_text

LONGEST_WORDING = 2000
LOWEST_LEVEL, HIGHEST_LEVEL = -2, 2
LOWEST_RATING, HIGHEST_RATING = 0, 10


class GoalKind(StrEnum):
    """How a goal is rated. Ratings of the two kinds are never counted together."""

    GAS = "GAS"
    """Goal attainment scaling: five levels around what is expected, -2 to 2."""
    ZERO_TO_TEN = "ZERO_TO_TEN"
    """How near one feels to it, 0 to 10."""


class GoalState(StrEnum):
    """Where a goal stands. ENDED is set by a verb; the others follow from the stances."""

    PROPOSED = "PROPOSED"
    AGREED = "AGREED"
    DECLINED = "DECLINED"
    ENDED = "ENDED"


class Stance(StrEnum):
    """What one party says about the present wording (FHIR goal-acceptance-status)."""

    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    PENDING = "PENDING"


Stances = Mapping[PartyRole, Stance]


def state_after(stances: Stances) -> GoalState:
    """Return the state that follows from what the parties say; a party left out is pending.

    A goal is agreed only by the client's own and the therapist's AGREE. One DISAGREE declines it,
    whoever it comes from, and stays on record: it is information, not a fault.
    """
    said = [stances.get(party, Stance.PENDING) for party in PartyRole]
    if Stance.DISAGREE in said:
        return GoalState.DECLINED
    return GoalState.PROPOSED if Stance.PENDING in said else GoalState.AGREED


def stances_after_wording(by: PartyRole) -> Stances:
    """Return the stances once `by` has worded or reworded a goal.

    Its author stands behind the words; nobody else has answered *these* words yet, whatever they
    said about earlier ones.
    """
    return {party: Stance.AGREE if party is by else Stance.PENDING for party in PartyRole}


def check_level(level: object, field: str = "level") -> tuple[Problem, ...]:
    """Return why an attainment level is not a whole number from -2 to 2 (0 = as expected).

    Source: goal attainment scaling, Kiresuk & Sherman 1968, five levels.
    """
    if type(level) is int and LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
        return ()
    return (Problem("LEVEL_OUT_OF_RANGE", "Give a whole number from -2 to 2.", field),)


def check_rating(kind: GoalKind, rating: object, field: str = "level") -> tuple[Problem, ...]:
    """Return why a rating is none of its kind: -2 to 2, or 0 to 10, in whole numbers."""
    if kind is GoalKind.GAS:
        return check_level(rating, field)
    if type(rating) is int and LOWEST_RATING <= rating <= HIGHEST_RATING:
        return ()
    return (Problem("LEVEL_OUT_OF_RANGE", "Give a whole number from 0 to 10.", field),)


@dataclass(frozen=True, slots=True)
class LevelWording:
    """What one level of attainment would look like, in somebody's words."""

    level: int
    wording: str


def check_levels(
    kind: GoalKind, levels: Sequence[LevelWording], field: str = "levels"
) -> tuple[Problem, ...]:
    """Return what is wrong with the words for levels: only of GAS, each level once."""
    if levels and kind is not GoalKind.GAS:
        message = "Only a goal that is rated from -2 to 2 has levels."
        return (Problem("LEVELS_NOT_ALLOWED", message, field),)
    problems: list[Problem] = []
    for index, each in enumerate(levels):
        path = f"{field}[{index}]"
        problems += check_level(each.level, f"{path}.level")
        problems += check_wording(each.wording, f"{path}.wording")
        if each.level in {other.level for other in levels[:index]}:
            problems.append(Problem("DUPLICATE_LEVEL", "Word every level once.", f"{path}.level"))
    return tuple(problems)


def check_wording(wording: str, field: str = "wording") -> tuple[Problem, ...]:
    """Return why a goal's wording cannot be kept: 1 to 2000 characters, none of them invisible."""
    return check_text(wording, field, LONGEST_WORDING)
