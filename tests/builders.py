"""Cases drawn as ASCII, told through the product's own verbs with the time they happened at.

    a_case(clinic).with_sessions("k k m k .").with_ratings(client=[4, 3, None, 2])

Sessions, one a week, the last one that has passed a week ago:

k  kept, both on time          l  kept, the client 20 minutes late
m  missed by the client        L  kept, the therapist 20 minutes late
M  missed by the therapist     c  cancelled by the client in time
.  planned                     C  cancelled by the client too late
>  moved to the day after, and kept then

Ratings are given for the sessions in their order, ten minutes after the end, on the alliance
check-in (0 to 4); None leaves one out. A list of ratings may be a string: "43-2".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.store.transaction import Transaction
from alliance_api.usecases import commitments, goals, measurements, sessions
from tests.people import Clinic, Person

WEEK, DAY, HOUR, MINUTE = (
    timedelta(weeks=1),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
)
FORM = {
    "client": "alliance-check-in",
    "therapist": "alliance-check-in-t",
    "caregiver": "alliance-check-in-caregiver",
}
ITEMS = 5
Ratings = str | Sequence[int | None]


def whole(at: datetime) -> datetime:
    """Return an instant without its parts of a second, as the API keeps it."""
    return at.replace(microsecond=0)


def now() -> datetime:
    """Return this second."""
    return whole(datetime.now(UTC))


def instant(at: datetime) -> str:
    """Spell an instant as GraphQL takes it."""
    return at.isoformat()


@dataclass
class Story:
    """A case as it is being drawn; ids are global ones, in the order of drawing."""

    clinic: Clinic
    case: UUID
    client: Person
    therapist: Person
    hours: int = 0
    sessions: list[str] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    measurements: dict[str, list[str]] = field(default_factory=dict)
    occasions: list[str] = field(default_factory=list)
    goals: list[str] = field(default_factory=list)
    commitments: list[str] = field(default_factory=list)

    @property
    def case_id(self) -> str:
        """The global id of the case."""
        return format_id(Kind.CASE, self.case)

    def with_sessions(self, drawing: str) -> Story:
        """Add sessions."""
        signs = drawing.split()
        past = sum(sign != "." for sign in signs)
        first = now().replace(minute=0, second=0) - past * WEEK + self.hours * HOUR
        self._tell(self._sessions(signs, first))
        return self

    async def _sessions(self, signs: list[str], first: datetime) -> None:
        for week, sign in enumerate(signs):
            start = first + week * WEEK
            session = await self._planned(start)
            if sign == ">":
                start += DAY
                session = await self._moved(session, start)
            await self._happened(session, sign, start)
            self.sessions.append(format_id(Kind.SESSION, session))
            self.starts.append(start)

    async def _planned(self, start: datetime) -> UUID:
        return await self._as(
            self.therapist,
            sessions.schedule,
            start - WEEK,
            case=self.case,
            planned_start=start,
            planned_end=start + 50 * MINUTE,
            modality="VIDEO",
            therapist=None,
        )

    async def _moved(self, session: UUID, start: datetime) -> UUID:
        return await self._as(
            self.therapist,
            sessions.move,
            start - 2 * DAY,
            session=session,
            planned_start=start,
            planned_end=start + 50 * MINUTE,
        )

    async def _happened(self, session: UUID, sign: str, start: datetime) -> None:
        if sign in "cC":
            at = start - (3 * DAY if sign == "c" else HOUR)
            given: dict[str, Any] = {"cancelled_by": "CLIENT", "excused": False}
            await self._as(self.therapist, sessions.cancel, at, session=session, **given)
        elif sign != ".":
            await self._recorded(session, sign, start)

    async def _recorded(self, session: UUID, sign: str, start: datetime) -> None:
        missed = {"m": "CLIENT", "M": "THERAPIST"}.get(sign)
        begun = start + (20 * MINUTE if sign in "lL" else timedelta())
        times: dict[str, Any] = {
            "started_at": begun,
            "ended_at": start + 50 * MINUTE,
            "client_arrived_at": begun if sign == "l" else start,
            "therapist_ready_at": begun if sign == "L" else start,
        }
        await self._as(
            self.therapist,
            sessions.record,
            start + HOUR,
            session=session,
            outcome="MISSED" if missed else "KEPT",
            missed_by=missed,
            excused=False,
            **(dict.fromkeys(times) if missed else times),
        )

    def with_ratings(
        self,
        client: Ratings = "",
        therapist: Ratings = "",
        *,
        disclosure: Disclosure = Disclosure.SHARED,
        comment: str | None = None,
    ) -> Story:
        """Add ratings, the therapist's before the client's of the same session."""
        self._tell(self._ratings({"therapist": therapist, "client": client}, disclosure, comment))
        return self

    async def _ratings(
        self, given: dict[str, Ratings], disclosure: Disclosure, comment: str | None
    ) -> None:
        for name, ratings in given.items():
            for session, value in enumerate(_values(ratings)):
                if value is not None:
                    await self._rated(name, session, value, disclosure, comment)

    async def _rated(
        self, name: str, session: int, value: int, disclosure: Disclosure, comment: str | None
    ) -> None:
        uuid = UUID(self.sessions[session].partition("-")[2])
        at = min(now(), self.starts[session] + HOUR)
        found = await self._as(
            getattr(self, name),
            measurements.submit,
            at,
            case=self.case,
            instrument=FORM[name],
            session=uuid,
            occasion=None,
            answers=[GivenAnswer(number, value) for number in range(1, ITEMS + 1)],
            comment=comment,
            disclosure=disclosure,
            to_caregivers=False,
        )
        ids = self.measurements.setdefault(name, [])
        ids.append(format_id(Kind.MEASUREMENT, found))

    def with_goals(self, *wordings: str, agreed: bool = True) -> Story:
        """Add goals of the client, agreed by the therapist."""
        self._tell(self._goals(wordings, agreed=agreed))
        return self

    async def _goals(self, wordings: Sequence[str], *, agreed: bool) -> None:
        at = now() - DAY
        for wording in wordings:
            values: dict[str, Any] = {"weight": None, "to_caregivers": False, "wording": wording}
            goal = await self._as(self.client, goals.propose, at, case=self.case, **values)
            if agreed:
                answer: dict[str, Any] = {"answer": "AGREE"}
                await self._as(self.therapist, goals.answer, at, goal=goal, **answer)
            self.goals.append(format_id(Kind.GOAL, goal))

    def with_commitments(self, *wordings: str, by: str = "client") -> Story:
        """Add promises, due tomorrow."""
        self._tell(self._commitments(wordings, by))
        return self

    async def _commitments(self, wordings: Sequence[str], by: str) -> None:
        who: Person = getattr(self, by)
        for wording in wordings:
            made = await self._as(
                who, commitments.make, now(), case=self.case, wording=wording, due_at=now() + DAY
            )
            self.commitments.append(format_id(Kind.COMMITMENT, made))

    def asked(self, who: str, session: int) -> Story:
        """Ask somebody for their check-in about a session."""
        self._tell(self._asked(who, session))
        return self

    async def _asked(self, who: str, session: int) -> None:
        at = self.starts[session]
        made = await self._as(
            self.therapist,
            measurements.plan,
            at - DAY,
            case=self.case,
            instrument=FORM[who],
            informant=getattr(self, who).uuid,
            session=UUID(self.sessions[session].partition("-")[2]),
            opens_at=at,
            due_at=at + 2 * DAY,
        )
        self.occasions.append(format_id(Kind.OCCASION, made))

    def _tell(self, part: Any) -> None:
        async def told() -> None:
            await part

        self.clinic.house.run(told)

    async def _as(self, who: Person, verb: Any, at: datetime, **given: Any) -> UUID:
        async with self.clinic.house.database.write(who.principal) as tx:
            assert isinstance(tx, Transaction)
            found: UUID = await verb(tx, at, **given)
            return found


def _values(ratings: Ratings) -> list[int | None]:
    if isinstance(ratings, str):
        return [None if sign == "-" else int(sign) for sign in ratings]
    return list(ratings)


def a_case(
    clinic: Clinic, *, case: UUID | None = None, client: Person | None = None, hours: int = 0
) -> Story:
    """Begin to draw: the clinic's own case, or another one of its therapist, `hours` later.

    A therapist can meet only one client at a time: cases that share one need hours of their own.
    """
    return Story(clinic, case or clinic.case, client or clinic.client, clinic.therapist, hours)


def answers(value: float, count: int = ITEMS) -> list[dict[str, Any]]:
    """Return the answers of a form where every item was answered alike."""
    return [{"item": number, "value": value} for number in range(1, count + 1)]
