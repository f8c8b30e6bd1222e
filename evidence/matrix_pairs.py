"""A pairwise choice of the matrix: every two of its factors meet, in every way they can."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

from evidence.broken_query import Asker

SURFACES = ("case", "viewer", "organisation", "caseload", "node", "chart", "subscription")
STATES = ("once", "from tomorrow", "until tomorrow", "bound", "former", "yesterday", "of twelve")
TRIES = 60
PATIENCE = 4

Choice = tuple[Asker, str, UUID]


def stand(asker: Asker, case: UUID) -> str:
    """Say how somebody stands to a case, and in which state that is."""
    state = next((each for each in STATES if each in asker.label), "")
    office = next(iter(sorted(asker.offices)), "none")
    return f"{asker.relations.get(case, office)} {state}"


def token(asker: Asker) -> str:
    """Say what somebody's token is."""
    for word in (" without ", " with "):
        _, found, rest = asker.label.partition(word)
        if found:
            return f"{found}{rest}"
    return "write" if "who may only" in asker.label else "whole"


def pairs(choice: Choice) -> set[tuple[Any, ...]]:
    """Return every two factors that a choice brings together."""
    asker, surface, case = choice
    factors = (("stand", stand(asker, case)), ("token", token(asker)), ("surface", surface))
    # What a token opens is no matter of which case it is: those two need not meet.
    with_case = ((each, ("case", case)) for each in (factors[0], factors[2]))
    return {*combinations(factors, 2), *with_case}


def pairwise(asking: Sequence[Asker], cases: Sequence[UUID]) -> Iterator[Choice]:
    """Yield choices until two factors that have not met are hardly found any more."""
    chance = random.Random(11)
    met: set[tuple[Any, ...]] = set()
    idle = 0
    while idle < PATIENCE:
        best = max(_some(chance, asking, cases, TRIES), key=lambda each: len(pairs(each) - met))
        idle = 0 if pairs(best) - met else idle + 1
        met |= pairs(best)
        yield best


def _some(
    chance: random.Random, asking: Sequence[Asker], cases: Sequence[UUID], many: int
) -> list[Choice]:
    return [
        (chance.choice(asking), chance.choice(SURFACES), chance.choice(cases)) for _ in range(many)
    ]
