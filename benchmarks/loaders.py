"""The plain stack's DataLoaders: one statement for all cases of a level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased, joinedload
from strawberry.dataloader import DataLoader

from .models import ORGANISATION, Goal, Person, Reliability, Score, Session

T = TypeVar("T")


class Loaders:
    """The loaders of one request; those with arguments are made once for each of them."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._made: dict[tuple[Any, ...], DataLoader[UUID, Any]] = {}
        self.person: DataLoader[UUID, Any] = DataLoader(self._people)
        self.session: DataLoader[UUID, Any] = DataLoader(self._sessions_of)

    def latest_scores(self, *arguments: Any) -> DataLoader[UUID, list[Any]]:
        """Return the loader of the latest scores of cases: instrument, informant, scale, last."""
        return self._loader(self._latest_scores, arguments)

    def every_score(self, *arguments: Any) -> DataLoader[UUID, list[Any]]:
        """Return the loader of series: instrument, informant, scale."""
        return self._loader(self._every_score, arguments)

    def goals(self, first: int) -> DataLoader[UUID, list[Any]]:
        """Return the loader of the first goals of cases."""
        return self._loader(self._goals, (first,))

    def reliability(self, party: str) -> DataLoader[UUID, Any]:
        """Return the loader of one party's reliability."""
        return self._loader(self._reliability, (party,))

    def _loader(
        self, load: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> DataLoader[UUID, Any]:
        key = (load.__name__, *arguments)
        if key not in self._made:
            self._made[key] = DataLoader(partial(load, *arguments))
        return self._made[key]

    async def _all(self, statement: Select[T]) -> Sequence[Any]:
        async with self._sessions() as session:
            return (await session.scalars(statement)).all()

    async def _people(self, keys: list[UUID]) -> list[Person | None]:
        found = await self._all(
            select(Person).where(Person.organisation_id == ORGANISATION, Person.person_id.in_(keys))
        )
        by_id = {person.person_id: person for person in found}
        return [by_id.get(key) for key in keys]

    async def _sessions_of(self, keys: list[UUID]) -> list[Session | None]:
        found = await self._all(
            select(Session).where(Session.organisation_id == ORGANISATION, Session.id.in_(keys))
        )
        by_id = {session.id: session for session in found}
        return [by_id.get(key) for key in keys]

    async def _latest_scores(
        self, instrument: str, informant: str, scale: str, last: int, keys: list[UUID]
    ) -> list[list[Score]]:
        place = func.row_number().over(
            partition_by=Score.case_id,
            order_by=(Score.taken_at.desc(), Score.measurement_id.desc()),
        )
        ranked = _series(select(Score, place.label("place")), instrument, informant, scale, keys)
        part = ranked.subquery()
        latest = aliased(Score, part)
        found = await self._all(
            select(latest).where(part.c.place <= last).order_by(part.c.case_id, part.c.place)
        )
        return _by_case(found, keys)

    async def _every_score(
        self, instrument: str, informant: str, scale: str, keys: list[UUID]
    ) -> list[list[Score]]:
        series = _series(select(Score), instrument, informant, scale, keys)
        found = await self._all(series.order_by(Score.taken_at, Score.measurement_id))
        return _by_case(found, keys)

    async def _goals(self, first: int, keys: list[UUID]) -> list[list[Goal]]:
        place = func.row_number().over(partition_by=Goal.case_id, order_by=Goal.id)
        part = (
            select(Goal, place.label("place"))
            .where(Goal.organisation_id == ORGANISATION, Goal.case_id.in_(keys))
            .subquery()
        )
        goal = aliased(Goal, part)
        found = await self._all(
            select(goal)
            .options(joinedload(goal.current))
            .where(part.c.place <= first)
            .order_by(part.c.case_id, part.c.place)
        )
        return _by_case(found, keys)

    async def _reliability(self, party: str, keys: list[UUID]) -> list[Reliability | None]:
        found = await self._all(
            select(Reliability).where(
                Reliability.organisation_id == ORGANISATION,
                Reliability.case_id.in_(keys),
                Reliability.party == party,
            )
        )
        by_case = {each.case_id: each for each in found}
        return [by_case.get(key) for key in keys]


def _series(
    statement: Select[T], instrument: str, informant: str, scale: str, keys: list[UUID]
) -> Select[T]:
    return statement.where(
        Score.organisation_id == ORGANISATION,
        Score.case_id.in_(keys),
        Score.instrument_code == instrument,
        Score.informant_role == informant,
        Score.scale == scale,
        Score.current,
    )


def _by_case(found: Iterable[Any], keys: list[UUID]) -> list[list[Any]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for each in found:
        groups[each.case_id].append(each)
    return [groups[key] for key in keys]
