"""Goals with their versions, stances and ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from . import words
from .rows import Found, add, add_all, all_of, new_id, one
from .tables import goal_levels, goal_ratings, goal_stances, goal_versions, goals
from .transaction import Transaction


async def find(tx: Transaction, goal: UUID) -> Found | None:
    """Return a goal that the principal may see."""
    return await one(tx, select(goals).where(goals.c.id == goal))


async def propose(tx: Transaction, **values: Any) -> UUID:
    """Insert a goal."""
    goal = new_id()
    await add(tx, goals, id=goal, proposed_by=tx.principal.person, **values)
    return goal


async def word(
    tx: Transaction, goal: Mapping[str, Any], version: int, wording: str, now: datetime
) -> None:
    """Insert a wording, in the principal's words."""
    await add(
        tx,
        goal_versions,
        goal_id=goal["id"],
        case_id=goal["case_id"],
        to_caregivers=goal["to_caregivers"],
        version=version,
        wording=await words.seal(tx, words.WORDING, (goal["id"], version), wording),
        worded_by=tx.principal.person,
        worded_at=now,
    )


async def word_levels(
    tx: Transaction, goal: Mapping[str, Any], version: int, levels: Mapping[int, str]
) -> None:
    """Insert what the levels of a version would look like, in the principal's words."""
    shared = {
        "goal_id": goal["id"],
        "case_id": goal["case_id"],
        "to_caregivers": goal["to_caregivers"],
        "version": version,
        "worded_by": tx.principal.person,
    }
    keys = {level: (goal["id"], version, level) for level in levels}
    rows = [
        {
            **shared,
            "level": level,
            "wording": await words.seal(tx, words.LEVEL, keys[level], wording),
        }
        for level, wording in levels.items()
    ]
    await add_all(tx, goal_levels, rows)


async def ask(
    tx: Transaction, goal: Mapping[str, Any], version: int, stances: Sequence[Mapping[str, Any]]
) -> None:
    """Insert where each party stands to a version (for the engine)."""
    shared = {
        "goal_id": goal["id"],
        "case_id": goal["case_id"],
        "to_caregivers": goal["to_caregivers"],
        "version": version,
    }
    await add_all(tx, goal_stances, [{**shared, **stance} for stance in stances])


async def answer(tx: Transaction, goal: Mapping[str, Any], stance: str, now: datetime) -> bool:
    """Change the principal's own stance to the present version; say whether they had one."""
    done = await tx.run(
        update(goal_stances)
        .where(
            goal_stances.c.goal_id == goal["id"],
            goal_stances.c.version == goal["version"],
            goal_stances.c.person_id == tx.principal.person,
        )
        .values(stance=stance, answered_at=now)
    )
    return done.rowcount == 1


async def stances(tx: Transaction, goal: UUID, version: int) -> Sequence[Found]:
    """Return where the parties stand to a version (for the engine)."""
    return await all_of(
        tx,
        select(goal_stances.c.role, goal_stances.c.stance).where(
            goal_stances.c.goal_id == goal, goal_stances.c.version == version
        ),
    )


async def settle(tx: Transaction, goal: UUID, **values: Any) -> None:
    """Change the state of a goal (for the engine)."""
    await tx.run(update(goals).where(goals.c.id == goal).values(**values))


async def rate(  # noqa: PLR0913  (the columns of a rating)
    tx: Transaction,
    goal: Mapping[str, Any],
    *,
    role: str,
    level: int,
    session: UUID | None,
    now: datetime,
) -> UUID:
    """Insert a rating."""
    rating = new_id()
    await add(
        tx,
        goal_ratings,
        id=rating,
        goal_id=goal["id"],
        case_id=goal["case_id"],
        to_caregivers=goal["to_caregivers"],
        rated_by=tx.principal.person,
        role=role,
        level=level,
        session_id=session,
        rated_at=now,
    )
    return rating
