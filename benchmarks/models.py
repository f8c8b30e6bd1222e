"""The plain stack's ORM models, on the same tables, and its queries at the roots."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger, and_, select
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship, remote
from uuid_utils.compat import uuid7

ORGANISATION = UUID(os.environ.get("ORGANISATION", str(UUID(int=0))))


class Base(DeclarativeBase):
    type_annotation_map = {datetime: TIMESTAMP(timezone=True)}  # noqa: RUF012  (SQLAlchemy's way)


class Case(Base):
    __tablename__ = "cases"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID]
    opened_on: Mapped[date]


class Standing(Base):
    __tablename__ = "standing"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    relation: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)


class Person(Base):
    __tablename__ = "identities"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Session(Base):
    __tablename__ = "sessions"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    number: Mapped[int]


class Instrument(Base):
    __tablename__ = "instruments"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    version: Mapped[int]


class Measurement(Base):
    __tablename__ = "measurements"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    case_id: Mapped[UUID]
    informant_id: Mapped[UUID]
    informant_role: Mapped[str]
    instrument_id: Mapped[UUID]
    instrument_code: Mapped[str]
    taken_at: Mapped[datetime]
    disclosure: Mapped[str]
    has_comment: Mapped[bool]
    answers: Mapped[list[Answer]] = relationship()
    scores: Mapped[list[Score]] = relationship()


class Answer(Base):
    __tablename__ = "answers"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    measurement_id: Mapped[UUID] = mapped_column(ForeignKey("measurements.id"), primary_key=True)
    item: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    case_id: Mapped[UUID]
    informant_id: Mapped[UUID]
    informant_role: Mapped[str]
    value: Mapped[float | None]


class Score(Base):
    __tablename__ = "scores"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    measurement_id: Mapped[UUID] = mapped_column(ForeignKey("measurements.id"), primary_key=True)
    scale: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    informant_id: Mapped[UUID]
    informant_role: Mapped[str]
    session_id: Mapped[UUID | None]
    instrument_code: Mapped[str]
    taken_at: Mapped[datetime]
    current: Mapped[bool] = mapped_column(default=True)
    mean: Mapped[float | None]
    raw: Mapped[float | None] = mapped_column(deferred=True)
    pomp: Mapped[float | None] = mapped_column(deferred=True)
    minimum: Mapped[float] = mapped_column(deferred=True)
    maximum: Mapped[float] = mapped_column(deferred=True)
    answered: Mapped[int] = mapped_column(SmallInteger, deferred=True)
    missing: Mapped[int] = mapped_column(SmallInteger, deferred=True)
    method_id: Mapped[str] = mapped_column(deferred=True)
    method_version: Mapped[str] = mapped_column(deferred=True)


class GoalVersion(Base):
    __tablename__ = "goal_versions"
    # This stack does not encrypt: it has a copy from before words were sealed.
    __table_args__ = {"schema": "plain"}  # noqa: RUF012  (SQLAlchemy's way)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    goal_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    wording: Mapped[str]


class Goal(Base):
    __tablename__ = "goals"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    state: Mapped[str]
    version: Mapped[int]
    current: Mapped[GoalVersion | None] = relationship(
        primaryjoin=lambda: and_(
            foreign(Goal.organisation_id) == remote(GoalVersion.organisation_id),
            foreign(Goal.id) == remote(GoalVersion.goal_id),
            foreign(Goal.version) == remote(GoalVersion.version),
        ),
        viewonly=True,
    )


class Reliability(Base):
    __tablename__ = "reliability"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(primary_key=True)
    kept_value: Mapped[float | None]
    kept_numerator: Mapped[int]
    kept_denominator: Mapped[int]
    punctual_value: Mapped[float | None]
    punctual_numerator: Mapped[int]
    punctual_denominator: Mapped[int]


async def caseload(session: AsyncSession, person: UUID, first: int) -> Sequence[Case]:
    """Return the first cases of a therapist or supervisor."""
    statement = (
        select(Case)
        .join(
            Standing,
            and_(
                Standing.organisation_id == Case.organisation_id,
                Standing.case_id == Case.id,
            ),
        )
        .where(
            Standing.organisation_id == ORGANISATION,
            Standing.person_id == person,
            Standing.relation.in_(["THERAPIST", "SUPERVISOR"]),
        )
        .order_by(Case.opened_on, Case.id)
        .limit(first)
    )
    return (await session.scalars(statement)).all()


async def case(session: AsyncSession, case_id: UUID) -> Case | None:
    """Return a case."""
    return await session.get(Case, (ORGANISATION, case_id))


async def instrument(session: AsyncSession, code: str) -> Instrument:
    """Return the latest version of an instrument."""
    statement = (
        select(Instrument)
        .where(Instrument.organisation_id == ORGANISATION, Instrument.code == code)
        .order_by(Instrument.version.desc())
        .limit(1)
    )
    return (await session.scalars(statement)).one()
