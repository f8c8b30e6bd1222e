"""Proposing goals, answering them, rating them and ending them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.domain import facts
from alliance_api.domain.errors import Problem, refuse_if
from alliance_api.domain.goals import (
    GoalKind,
    GoalState,
    LevelWording,
    Stance,
    check_levels,
    check_rating,
    check_wording,
    stances_after_wording,
    state_after,
)
from alliance_api.domain.ids import Kind
from alliance_api.domain.parties import PartyRole
from alliance_api.store import cases, goals, outbox
from alliance_api.store.transaction import Transaction

from .common import case_of, going_case, not_found, own_party, refuse, session_of, text_id
from .derive_goals import by_party, derive_goals
from .derive_signals import Part, derive_signals

HEAVIEST = 10


@dataclass(frozen=True, slots=True)
class Words:
    """What an answer says beside yes or no: new wordings, and which version it is about."""

    wording: str | None = None
    levels: Sequence[LevelWording] = ()
    version: int | None = None


NO_WORDS = Words()


async def propose(  # noqa: PLR0913  (what a goal is made of)
    tx: Transaction,
    now: datetime,
    *,
    case: UUID,
    wording: str,
    weight: int | None,
    to_caregivers: bool,
    kind: GoalKind = GoalKind.GAS,
    levels: Sequence[LevelWording] = (),
) -> UUID:
    """Propose a goal in one's own words. Returns the goal."""
    refuse_if((*check_wording(wording), *_check_weight(weight), *check_levels(kind, levels)))
    found = await going_case(tx, case)
    role = await own_party(tx, case)
    values = {"case_id": case, "to_caregivers": to_caregivers}
    goal = await goals.propose(tx, **values, kind=kind.value, weight=weight, proposed_at=now)
    frame = {"id": goal, **values}
    await goals.word(tx, frame, 1, wording, now)
    await goals.word_levels(tx, frame, 1, {each.level: each.wording for each in levels})
    async with tx.as_engine():
        await _ask(tx, frame, 1, role, now)
        await derive_goals(tx, found)
        await outbox.state(tx, _fact(facts.goal_proposed, frame, tx, now))
    return goal


async def answer(
    tx: Transaction, now: datetime, *, goal: UUID, answer: str, said: Words = NO_WORDS
) -> UUID:
    """Agree, disagree, or amend (which asks the other party anew)."""
    frame = await _open(tx, goal)
    role = await own_party(tx, frame["case_id"], "goal")
    if said.version not in (None, frame["version"]):
        message = "The goal was reworded meanwhile. Read it again, and answer what it says now."
        refuse("VERSION_CHANGED", message, "version")
    if answer == "AMEND":
        await _amend(tx, frame, role, said, now)
    else:
        await _take_stance(tx, frame, answer, said, now)
    async with tx.as_engine():
        await derive_goals(tx, await case_of(tx, frame["case_id"], "goal"))
        await derive_signals(tx, now, frame["case_id"], Part.GOALS)
        await outbox.state(tx, _fact(facts.goal_answered, frame, tx, now))
    return goal


async def rate(
    tx: Transaction, now: datetime, *, goal: UUID, level: int, session: UUID | None
) -> UUID:
    """Rate how far a goal is reached, in the range of its kind."""
    frame = await _open(tx, goal)
    role = await own_party(tx, frame["case_id"], "goal")
    refuse_if(check_rating(GoalKind(frame["kind"]), level))
    if session is not None:
        await session_of(tx, session, frame["case_id"])
    await goals.rate(tx, frame, role=role, level=level, session=session, now=now)
    async with tx.as_engine():
        await derive_goals(tx, await case_of(tx, frame["case_id"], "goal"))
        await outbox.state(tx, _fact(facts.goal_rated, frame, tx, now))
    return goal


async def end(tx: Transaction, now: datetime, *, goal: UUID) -> UUID:
    """End a goal, as either party may; what was said and rated stays."""
    frame = await _open(tx, goal)
    await own_party(tx, frame["case_id"], "goal")
    case = await case_of(tx, frame["case_id"], "goal")
    async with tx.as_engine():
        state = GoalState.ENDED.value
        await goals.settle(tx, goal, state=state, ended_on=_today(now, case))
        await derive_goals(tx, case)
        await derive_signals(tx, now, frame["case_id"], Part.GOALS)
        await outbox.state(tx, _fact(facts.goal_ended, frame, tx, now))
    return goal


def _today(now: datetime, case: Mapping[str, Any]) -> date:
    return now.astimezone(ZoneInfo(case["time_zone"])).date()


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
    tx: Transaction, goal: Mapping[str, Any], role: str, said: Words, now: datetime
) -> None:
    if said.wording is None:
        refuse("WORDING_REQUIRED", "To amend a goal, say how it should read.", "wording")
    kind = GoalKind(goal["kind"])
    refuse_if((*check_wording(said.wording), *check_levels(kind, said.levels)))
    version = goal["version"] + 1
    await goals.word(tx, goal, version, said.wording, now)
    # Levels that are not worded anew stay as they were.
    await goals.word_levels(tx, goal, version, {each.level: each.wording for each in said.levels})
    async with tx.as_engine():
        await _ask(tx, goal, version, role, now)
        state = GoalState.PROPOSED.value
        await goals.settle(tx, goal["id"], version=version, state=state, agreed_on=None)


async def _take_stance(
    tx: Transaction, goal: Mapping[str, Any], stance: str, said: Words, now: datetime
) -> None:
    if said.wording is not None:
        refuse("WORDING_NOT_ALLOWED", "A new wording needs the answer AMEND.", "wording")
    if said.levels:
        refuse("WORDING_NOT_ALLOWED", "A new wording needs the answer AMEND.", "levels")
    if not await goals.answer(tx, goal, stance, now):
        refuse("NOT_ASKED", "Only the parties to a goal answer it.", "goal")
    case = await case_of(tx, goal["case_id"], "goal")
    async with tx.as_engine():
        rows = await goals.stances(tx, goal["id"], goal["version"])
        state = state_after(by_party((row["role"], row["stance"]) for row in rows))
        agreed = _today(now, case) if state == GoalState.AGREED else None
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
