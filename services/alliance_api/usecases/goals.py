"""Proposing goals, answering them, rating them and ending them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.domain import facts
from alliance_api.domain.errors import Problem, refuse_if
from alliance_api.domain.goals import (
    GoalState,
    Stance,
    check_level,
    check_wording,
    stances_after_wording,
    state_after,
)
from alliance_api.domain.ids import Kind
from alliance_api.domain.parties import PartyRole
from alliance_api.store import cases, goals, outbox
from alliance_api.store.transaction import Transaction

from .common import case_of, not_found, own_party, refuse, session_of, text_id
from .derive_goals import by_party, derive_goals

HEAVIEST = 10


async def propose(  # noqa: PLR0913  (what a goal is made of)
    tx: Transaction,
    now: datetime,
    *,
    case: UUID,
    wording: str,
    weight: int | None,
    to_caregivers: bool,
) -> UUID:
    """Propose a goal in one's own words. Returns the goal."""
    refuse_if((*check_wording(wording), *_check_weight(weight)))
    found = await case_of(tx, case)
    role = await own_party(tx, case)
    values = {"case_id": case, "to_caregivers": to_caregivers}
    goal = await goals.propose(tx, **values, weight=weight, proposed_at=now)
    frame = {"id": goal, **values}
    await goals.word(tx, frame, 1, wording, now)
    async with tx.as_engine():
        await _ask(tx, frame, 1, role, now)
        await derive_goals(tx, found)
        await outbox.state(tx, _fact(facts.goal_proposed, frame, tx, now))
    return goal


async def answer(
    tx: Transaction, now: datetime, *, goal: UUID, answer: str, wording: str | None
) -> UUID:
    """Agree, disagree, or amend (which asks the other party anew)."""
    frame = await _open(tx, goal)
    role = await own_party(tx, frame["case_id"], "goal")
    if answer == "AMEND":
        await _amend(tx, frame, role, wording, now)
    else:
        await _take_stance(tx, frame, answer, wording, now)
    async with tx.as_engine():
        await derive_goals(tx, await case_of(tx, frame["case_id"], "goal"))
        await outbox.state(tx, _fact(facts.goal_answered, frame, tx, now))
    return goal


async def rate(
    tx: Transaction, now: datetime, *, goal: UUID, level: int, session: UUID | None
) -> UUID:
    """Rate how far a goal is reached, -2 to +2."""
    refuse_if(check_level(level))
    frame = await _open(tx, goal)
    role = await own_party(tx, frame["case_id"], "goal")
    if session is not None:
        await session_of(tx, session, frame["case_id"])
    await goals.rate(tx, frame, role=role, level=level, session=session, now=now)
    async with tx.as_engine():
        await derive_goals(tx, await case_of(tx, frame["case_id"], "goal"))
        await outbox.state(tx, _fact(facts.goal_rated, frame, tx, now))
    return goal


async def _open(tx: Transaction, goal: UUID) -> Mapping[str, Any]:
    await tx.lock(f"goal:{goal}")
    found = await goals.find(tx, goal)
    if found is None:
        not_found("goal", "goal")
    if found["state"] == GoalState.ENDED:
        refuse("GOAL_ENDED", "This goal has ended. Propose a new one.", "goal")
    return found


async def _ask(
    tx: Transaction, goal: Mapping[str, Any], version: int, by: str, now: datetime
) -> None:
    asked = stances_after_wording(PartyRole(by))
    members = await cases.members(tx, goal["case_id"], "CLIENT", "THERAPIST")
    me = tx.principal.person
    rows = []
    for member in members:
        # A colleague of the author has not spoken yet; only the author has.
        mine = member["person_id"] == me and member["relation"] == by
        stance = asked[PartyRole(member["relation"])] if mine else Stance.PENDING
        rows.append(
            {
                "person_id": member["person_id"],
                "role": member["relation"],
                "stance": stance.value,
                "answered_at": now if mine else None,
            }
        )
    await goals.ask(tx, goal, version, rows)


async def _amend(
    tx: Transaction, goal: Mapping[str, Any], role: str, wording: str | None, now: datetime
) -> None:
    if wording is None:
        refuse("WORDING_REQUIRED", "To amend a goal, say how it should read.", "wording")
    refuse_if(check_wording(wording))
    version = goal["version"] + 1
    await goals.word(tx, goal, version, wording, now)
    async with tx.as_engine():
        await _ask(tx, goal, version, role, now)
        state = GoalState.PROPOSED.value
        await goals.settle(tx, goal["id"], version=version, state=state, agreed_on=None)


async def _take_stance(
    tx: Transaction, goal: Mapping[str, Any], stance: str, wording: str | None, now: datetime
) -> None:
    if wording is not None:
        refuse("WORDING_NOT_ALLOWED", "A new wording needs the answer AMEND.", "wording")
    if not await goals.answer(tx, goal, stance, now):
        refuse("NOT_ASKED", "Only the parties to a goal answer it.", "goal")
    case = await case_of(tx, goal["case_id"], "goal")
    async with tx.as_engine():
        rows = await goals.stances(tx, goal["id"], goal["version"])
        state = state_after(by_party((row["role"], row["stance"]) for row in rows))
        today = now.astimezone(ZoneInfo(case["time_zone"])).date()
        agreed = today if state == GoalState.AGREED else None
        await goals.settle(tx, goal["id"], state=state.value, agreed_on=agreed)


def _check_weight(weight: int | None) -> tuple[Problem, ...]:
    if weight is None or 1 <= weight <= HEAVIEST:
        return ()
    message = f"A weight is a whole number from 1 to {HEAVIEST}."
    return (Problem("WEIGHT_OUT_OF_RANGE", message, "weight"),)


def _fact(make: Any, goal: Mapping[str, Any], tx: Transaction, now: datetime) -> facts.Fact:
    found: facts.Fact = make(
        text_id(Kind.CASE, goal["case_id"]),
        text_id(Kind.GOAL, goal["id"]),
        now,
        by=text_id(Kind.PERSON, tx.principal.person),
    )
    return found
