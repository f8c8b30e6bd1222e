"""Deriving how far goals are reached, and how they came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from alliance_api.domain.attainment import attainment
from alliance_api.domain.collaboration import GoalRecord, collaboration
from alliance_api.domain.goals import GoalState, Stance
from alliance_api.domain.parties import PartyRole
from alliance_api.store import derived
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .common import rate_columns


async def derive_goals(tx: Transaction, case: Mapping[str, Any]) -> int:
    """Derive the figures of a case's goals; return how many rows changed (as the engine)."""
    goals = await derived.goals(tx, case["id"])
    if not goals:
        return await derived.sync(tx, derived.ATTAINMENTS, case["id"], [])
    stances = await derived.stances(tx, case["id"])
    ratings = await derived.ratings(tx, case["id"])
    together = collaboration(_record(goal, stances, case["client_id"]) for goal in goals)
    row = {
        "case_id": case["id"],
        **_attainment(goals, ratings),
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


def _attainment(goals: Sequence[Found], ratings: Sequence[Found]) -> dict[str, Any]:
    """Compare each goal's first with its latest rating; goals rated once have no change yet."""
    levels: dict[UUID, list[int]] = defaultdict(list)
    for rating in ratings:
        levels[rating["goal_id"]].append(rating["level"])
    rated = [
        goal
        for goal in goals
        if len(levels[goal["id"]]) > 1 and goal["state"] in (GoalState.AGREED, GoalState.ENDED)
    ]
    found = attainment(
        [levels[goal["id"]][0] for goal in rated],
        [levels[goal["id"]][-1] for goal in rated],
        [goal["weight"] or 1 for goal in rated],
    )
    return {
        "n": found.n,
        "baseline": found.baseline,
        "follow_up": found.follow_up,
        "change": found.change,
        "method_id": found.method.id,
        "method_version": found.method.version,
    }
