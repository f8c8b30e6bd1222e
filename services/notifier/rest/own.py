"""One's own reminders: preferences, what is to come and why something is not, what was delivered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.refused import Refused
from notifier.domain.kind import Kind
from notifier.domain.preferences import CHANNELS, MOST_A_WEEK
from notifier.domain.preview import preview
from notifier.ledger.chosen import preferences_of
from notifier.ledger.own import Own
from notifier.ledger.people import Contacts
from notifier.ledger.plans import Plans

from .caller import Caller, Who

_WALL = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Quiet(BaseModel):
    """Hours of silence, in one's own zone; they may cross midnight."""

    model_config = ConfigDict(extra="forbid")

    starts: str = Field(pattern=_WALL)
    ends: str = Field(pattern=_WALL)


class Chosen(BaseModel):
    """How one wants to be reminded. What is left out is as usual."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    zone: str = "UTC"
    language: Literal["en", "de", "es"] = "en"
    quiet: Quiet | None = Quiet(starts="21:00", ends="08:00")
    working_days: list[int] = Field(default=[0, 1, 2, 3, 4], alias="workingDays")
    paused: bool = False
    paused_until: datetime | None = Field(default=None, alias="pausedUntil")
    opted: dict[str, bool] = Field(
        default={}, description="One's own yes or no to a kind; a kind says what holds without."
    )
    weekly_cap: int = Field(default=10, ge=0, le=MOST_A_WEEK, alias="weeklyCap")
    explicit: bool = Field(default=False, description="Let messages say what they are about.")
    channels: list[str] = Field(
        default=["email"], description=f"In the order of trial: {', '.join(sorted(CHANNELS))}."
    )


class Coming(BaseModel):
    """A reminder to come; with a `reason` it would have been, and will not."""

    id: UUID
    at: datetime
    kind: str
    case: str
    occasion: str
    reason: str | None


class Delivered(BaseModel):
    """One attempt at a reminder."""

    reminder: UUID
    kind: str
    at: datetime
    channel: str | None
    outcome: Literal["SENT", "FAILED", "WAIT", "DROPPED", "DEAD"]
    code: str | None
    receipt: str | None


class Desk:
    """What one may do with one's own."""

    def __init__(
        self, contacts: Contacts, plans: Plans, own: Own, kinds: Mapping[str, Kind]
    ) -> None:
        """Keep what it needs."""
        self._contacts, self._plans, self._own, self._kinds = contacts, plans, own, kinds

    async def preferences(self, caller: Caller) -> Chosen:
        """Return what was chosen, or what is usual."""
        known = await self._contacts.known(caller.organisation, caller.person)
        return Chosen.model_validate(known.chosen or {})

    async def choose(self, caller: Caller, chosen: Chosen) -> Chosen:
        """Keep what is chosen, and plan anew. Raises `Refused` or `Malformed`."""
        unknown = set(chosen.opted) - set(self._kinds)
        if unknown:
            told = f"Kinds are {', '.join(sorted(self._kinds))}."
            raise Refused(422, "NO_SUCH_KIND", told, "opted")
        kept = chosen.model_dump(mode="json")
        preferences_of(kept)
        await self._contacts.choose(caller.organisation, caller.person, kept)
        await self._plans.replan(caller.organisation, caller.person)
        return chosen

    async def leave(self, organisation: str, person: str, kind: str) -> None:
        """Want no more of a kind: all that a link without log-in can do."""
        await self._contacts.leave(organisation, person, kind)
        await self._plans.replan(organisation, person)

    async def coming(self, caller: Caller) -> list[Coming]:
        """Return what is planned for the next thirty days, and what is not and why."""
        known = await self._contacts.known(caller.organisation, caller.person)
        seen = await self._own.cases(caller.organisation, caller.person)
        wishes = preferences_of(known.chosen) if known.chosen is not None else None
        found = preview(
            caller.person, seen.cases, self._kinds, wishes, known.sent, seen.settled, seen.now
        )
        return [
            Coming(
                id=each.key,
                at=each.at,
                kind=each.kind,
                case=each.case,
                occasion=each.occasion,
                reason=each.reason.value if each.reason else None,
            )
            for each in found
        ]

    async def delivered(self, caller: Caller) -> list[Delivered]:
        """Return the attempts at one's own reminders, the latest first."""
        found: list[dict[str, Any]] = await self._own.attempts(caller.organisation, caller.person)
        return [Delivered.model_validate(each) for each in found]

    async def replay(self, caller: Caller, reminder: UUID) -> None:
        """Try a dead one again. Raises `Refused`, the same for another's and for none."""
        if not await self._own.replay(caller.organisation, caller.person, reminder):
            told = "You have no such reminder that was given up and has not expired."
            raise Refused(404, "NOT_FOUND", told)


def router(desk: Desk) -> APIRouter:
    """Return the routes of one's own reminders."""
    found = APIRouter(prefix="/v1", tags=["reminders"])

    @found.get("/preferences")
    async def preferences(caller: Who) -> Chosen:
        return await desk.preferences(caller)

    @found.put("/preferences")
    async def choose(caller: Who, chosen: Chosen) -> Chosen:
        return await desk.choose(caller, chosen)

    @found.get("/reminders/preview")
    async def reminders_to_come(caller: Who) -> list[Coming]:
        return await desk.coming(caller)

    @found.get("/deliveries")
    async def deliveries(caller: Who) -> list[Delivered]:
        return await desk.delivered(caller)

    @found.post("/reminders/{reminder}/replay", status_code=202)
    async def replay(caller: Who, reminder: UUID) -> dict[str, str]:
        await desk.replay(caller, reminder)
        return {"status": "planned"}

    return found
