"""The comparison: the same three operations as they are ordinarily written, and well.

Strawberry types with resolvers, DataLoaders for everything below the root, SQLAlchemy's ORM with
its async driver, FastAPI and Strawberry's router. One statement a level, whatever the number of
cases. It has every advantage: no law (its role is above it), no ledger, no verified token (it reads
who asks and believes it), no pages but the first, models of only those columns that are asked for,
parsed and validated documents kept.
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
import strawberry
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.requests import Request
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.types import Info as StrawberryInfo

from alliance_api.domain.ids import Kind, parse_id
from alliance_api.domain.scoring import METHOD, GivenAnswer, score
from alliance_api.instruments.loader import load_all

from . import models
from .loaders import Loaders

T = TypeVar("T")


@strawberry.enum
class InformantRole(StrEnum):
    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"
    CAREGIVER = "CAREGIVER"


@strawberry.enum
class PartyRole(StrEnum):
    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"


@strawberry.enum
class GoalState(StrEnum):
    PROPOSED = "PROPOSED"
    AGREED = "AGREED"
    DECLINED = "DECLINED"
    ENDED = "ENDED"


class Context(BaseContext):
    """What one request shares."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], person: UUID) -> None:
        super().__init__()
        self.sessions = sessions
        self.person = person
        self.loaders = Loaders(sessions)


Info = StrawberryInfo[Context, None]

# The types below stand on the ORM's entities: their fields are the entities' attributes.


@strawberry.type
class Person:
    name: str | None


@strawberry.type
class Session:
    number: int


@strawberry.type
class Score:
    scale: str
    mean: float | None
    taken_at: datetime

    @strawberry.field
    async def session(self: models.Score, info: Info) -> Session | None:
        if self.session_id is None:
            return None
        found: Session | None = await info.context.loaders.session.load(self.session_id)
        return found


@strawberry.type
class Trajectory:
    points: list[Score]


@strawberry.type
class Goal:
    state: GoalState

    @strawberry.field
    def wording(self: models.Goal) -> str | None:
        return self.current.wording if self.current else None


@strawberry.type
class Rate:
    value: float | None
    numerator: int
    denominator: int


@strawberry.type
class Reliability:
    @strawberry.field
    def kept(self: models.Reliability) -> Rate:
        return Rate(
            value=self.kept_value,
            numerator=self.kept_numerator,
            denominator=self.kept_denominator,
        )

    @strawberry.field
    def punctual(self: models.Reliability) -> Rate:
        return Rate(
            value=self.punctual_value,
            numerator=self.punctual_numerator,
            denominator=self.punctual_denominator,
        )


@strawberry.type
class Case:
    @strawberry.field
    def id(self: models.Case) -> strawberry.ID:
        return strawberry.ID(f"case-{self.id}")

    @strawberry.field
    async def client(self: models.Case, info: Info) -> Person:
        found: Person = await info.context.loaders.person.load(self.client_id)
        return found

    @strawberry.field
    async def latest_scores(
        self: models.Case,
        info: Info,
        instrument: str,
        informant: InformantRole,
        scale: str = "total",
        last: int = 5,
    ) -> list[Score]:
        loader = info.context.loaders.latest_scores(instrument, informant.value, scale, last)
        return await loader.load(self.id)

    @strawberry.field
    async def trajectory(
        self: models.Case,
        info: Info,
        instrument: str,
        informant: InformantRole,
        scale: str = "total",
    ) -> Trajectory:
        loader = info.context.loaders.every_score(instrument, informant.value, scale)
        return Trajectory(points=await loader.load(self.id))

    @strawberry.field
    async def goals(self: models.Case, info: Info, first: int = 100) -> list[Goal]:
        return await info.context.loaders.goals(first).load(self.id)

    @strawberry.field
    async def reliability(self: models.Case, info: Info, of: PartyRole) -> Reliability | None:
        loader = info.context.loaders.reliability(of.value)
        found: Reliability | None = await loader.load(self.id)
        return found


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]
    page_info: PageInfo


@strawberry.type
class Query:
    @strawberry.field
    async def caseload(self, info: Info, first: int = 25) -> Connection[Case]:
        async with info.context.sessions() as session:
            found = await models.caseload(session, info.context.person, first + 1)
        return Connection(nodes=found[:first], page_info=PageInfo(has_next_page=len(found) > first))  # type: ignore[arg-type]

    @strawberry.field
    async def case(self, info: Info, id: strawberry.ID) -> Case | None:  # noqa: A002
        async with info.context.sessions() as session:
            return await models.case(session, _id(Kind.CASE, id))  # type: ignore[return-value]


@strawberry.input
class AnswerInput:
    item: int
    value: float | None = None
    not_applicable: bool = False


@strawberry.input
class SubmitMeasurementInput:
    idempotency_key: strawberry.ID
    case: strawberry.ID
    instrument: str
    answers: list[AnswerInput]
    disclosure: str | None = None


@strawberry.type
class Measurement:
    scores: list[Score]

    @strawberry.field
    def id(self: models.Measurement) -> strawberry.ID:
        return strawberry.ID(f"measurement-{self.id}")


@strawberry.type
class SubmitProblem:
    code: str
    message: str
    field: str | None


@strawberry.type
class SubmitMeasurementPayload:
    measurement: Measurement | None
    problems: list[SubmitProblem]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def submit_measurement(
        self,
        info: Info,
        input: SubmitMeasurementInput,  # noqa: A002
    ) -> SubmitMeasurementPayload:
        made = _measurement(info.context.person, input)
        async with info.context.sessions() as session:
            found = await models.instrument(session, input.instrument)
            made.instrument_id = found.id
            session.add(made)
            await session.commit()
        return SubmitMeasurementPayload(measurement=made, problems=[])  # type: ignore[arg-type]


def _measurement(informant: UUID, given: SubmitMeasurementInput) -> models.Measurement:
    now = datetime.now(UTC).replace(microsecond=0)
    answers = [GivenAnswer(each.item, each.value, each.not_applicable) for each in given.answers]
    shared = {
        "organisation_id": models.ORGANISATION,
        "case_id": _id(Kind.CASE, given.case),
        "informant_id": informant,
        "informant_role": "CLIENT",
    }
    about = {"instrument_code": given.instrument, "taken_at": now}
    return models.Measurement(
        **shared,
        **about,
        disclosure=given.disclosure or "PRIVATE",
        has_comment=False,
        answers=[models.Answer(**shared, item=each.item, value=each.value) for each in answers],
        scores=_scores(given.instrument, answers, {**shared, **about}),
    )


def _scores(
    instrument: str, answers: list[GivenAnswer], shared: dict[str, Any]
) -> list[models.Score]:
    return [
        models.Score(
            **shared,
            scale=each.scale,
            raw=each.raw,
            mean=each.mean,
            pomp=each.pomp,
            minimum=each.minimum,
            maximum=each.maximum,
            answered=each.answered,
            missing=each.missing,
            method_id=METHOD.id,
            method_version=METHOD.version,
        )
        for each in score(load_all()[instrument], answers)
    ]


def _id(kind: Kind, text: str) -> UUID:
    found = parse_id(text)
    if found is None or found[0] != kind:
        raise ValueError(f"no id of a {kind}")
    return found[1]


def _person(authorization: str) -> UUID:
    claims = authorization.split(".")[1]
    padded = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
    return _id(Kind.PERSON, orjson.loads(padded)["sub"])


def schema(extensions: Iterable[Any] = ()) -> strawberry.Schema:
    """Return the schema; documents that come again are neither parsed nor validated again."""
    kept = [ParserCache(maxsize=100), ValidationCache(maxsize=100), *extensions]
    return strawberry.Schema(query=Query, mutation=Mutation, extensions=kept)


def create_app() -> FastAPI:
    """Return the application; DATABASE_URL names its database."""
    engine = create_async_engine(
        os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=16,
        max_overflow=16,
        connect_args={"options": "-c timezone=UTC"},
    )
    # Entities outlive their session, since what they hold is not changed afterwards.
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def context(request: Request) -> Context:
        return Context(sessions, _person(request.headers["authorization"]))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)
    app.include_router(GraphQLRouter(schema(), context_getter=context), prefix="/graphql")
    return app
