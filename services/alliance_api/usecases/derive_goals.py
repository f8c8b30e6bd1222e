"""Deriving how far goals are reached, and how they came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any
from uuid import UUID

from alliance_api.domain.attainment import attainment, rating_change
from alliance_api.domain.collaboration import GoalRecord, collaboration
from alliance_api.domain.goals import GoalKind, GoalState, Stance
from alliance_api.domain.parties import PartyRole
from alliance_api.store import derived
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .common import rate_columns


async def derive_goals(tx: Transaction, case: Mapping[str, Any]) -> int:
    """Derive the figures of a case's goals; return how many rows changed (as the engine)."""
    # Whoever else derives them waits, and then sees what was done here.
    await tx.lock(f"attainments:{case['id']}")
    goals = await derived.goals(tx, case["id"])
    if not goals:
        return await derived.sync(tx, derived.ATTAINMENTS, case["id"], [])
    stances = await derived.stances(tx, case["id"])
    ratings = await derived.ratings(tx, case["id"])
    together = collaboration(_record(goal, stances, case["client_id"]) for goal in goals)
    row = {
        "case_id": case["id"],
        **_attainment(*_rated_twice(goals, ratings, GoalKind.GAS)),
        **_change(_rated_twice(goals, ratings, GoalKind.ZERO_TO_TEN)[1]),
        **rate_columns("agreed", together.agreed),
        **rate_columns("worded", together.worded_by_client),
        "median_days": together.median_days,
        "timed": together.timed,
        "disagreed": together.disagreed,
    }
    return await derived.sync(tx, derived.ATTAINMENTS, case["id"], [row])


def _record(goal: Found, stances: Sequence[Found], client: UUID) -> GoalRecord:
    mine = [
        row for row in stances if (row["goal_id"], row["version"]) == (goal["id"], goal["version"])
    ]
    by_role = by_party((row["role"], row["stance"]) for row in mine)
    answered = [row["answered_at"] for row in mine if row["stance"] == Stance.AGREE]
    agreed = goal["state"] == GoalState.AGREED and answered
    author = PartyRole.CLIENT if goal["worded_by"] == client else PartyRole.THERAPIST
    return GoalRecord(
        stances=by_role,
        worded_by=author,
        proposed_at=goal["proposed_at"],
        agreed_at=max(answered) if agreed else None,
        ended=goal["state"] == GoalState.ENDED,
    )


def by_party(rows: Any) -> dict[PartyRole, Stance]:
    """Return one stance a party: of several people a disagreement stands, then an agreement."""
    strength = {Stance.PENDING: 0, Stance.AGREE: 1, Stance.DISAGREE: 2}
    found: dict[PartyRole, Stance] = {}
    for role, text in rows:
        party, stance = PartyRole(role), Stance(text)
        if strength[stance] >= strength[found.get(party, Stance.PENDING)]:
            found[party] = stance
    return found


Rated = Mapping[UUID, tuple[int, int]]


def _rated_twice(
    goals: Sequence[Found], ratings: Sequence[Found], kind: GoalKind
) -> tuple[Sequence[Found], Rated]:
    """Return the goals of a kind with their first and latest rating; rated once, none has changed.

    Only goals that both agreed to count, and go on counting when they have ended.
    """
    levels: dict[UUID, list[int]] = defaultdict(list)
    for rating in ratings:
        levels[rating["goal_id"]].append(rating["level"])
    shared = (GoalState.AGREED, GoalState.ENDED)
    found = [
        goal
        for goal in goals
        if goal["kind"] == kind
        and goal["state"] in shared
        and goal["agreed_on"] is not None
        and len(levels[goal["id"]]) > 1
    ]
    return found, {goal["id"]: (levels[goal["id"]][0], levels[goal["id"]][-1]) for goal in found}


def _attainment(goals: Sequence[Found], rated: Rated) -> dict[str, Any]:
    found = attainment(
        [first for first, _ in rated.values()],
        [latest for _, latest in rated.values()],
        [goal["weight"] or 1 for goal in goals],
    )
    return {
        "n": found.n,
        "baseline": found.baseline,
        "follow_up": found.follow_up,
        "change": found.change,
        "method_id": found.method.id,
        "method_version": found.method.version,
    }


def _change(rated: Rated) -> dict[str, Any]:
    """Return how ratings from 0 to 10 moved: points only, since no threshold is confirmed."""
    first = {str(goal): float(each) for goal, (each, _) in rated.items()}
    latest = {str(goal): float(each) for goal, (_, each) in rated.items()}
    moved = rating_change(first, latest).mean
    lower, upper = (moved.interval if moved else None) or (None, None)
    return {
        "rated_n": moved.n if moved else None,
        "rated_first": fmean(first.values()) if first else None,
        "rated_latest": fmean(latest.values()) if latest else None,
        "rated_value": moved.value if moved else None,
        "rated_lower": lower,
        "rated_upper": upper,
    }
