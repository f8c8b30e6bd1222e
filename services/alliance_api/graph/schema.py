"""The schema: Strawberry's types, told where they come from."""

from __future__ import annotations

from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from alliance_api.domain.ids import Kind

from .declare import tell
from .mutations import Mutation
from .query import Query
from .subscription import Subscription
from .types.aggregates import Team
from .types.cases import Case
from .types.commitments import Commitment
from .types.common import SCALARS
from .types.goals import Goal
from .types.instruments import Instrument
from .types.measurements import Measurement, Occasion
from .types.people import Person
from .types.sessions import Session
from .types.signals import Signal

PREFIXES = frozenset(str(kind) for kind in Kind)


@cache
def strawberry_schema() -> strawberry.Schema:
    """Return Strawberry's schema, made once."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[
            Case,
            Commitment,
            Goal,
            Instrument,
            Measurement,
            Occasion,
            Person,
            Session,
            Signal,
            Team,
        ],
        config=StrawberryConfig(scalar_map=SCALARS),
    )


@cache
def schema() -> GraphQLSchema:
    """Return graphql-core's schema with the source of every field."""
    found: GraphQLSchema = strawberry_schema()._schema  # noqa: SLF001  (it has no public name)
    tell(found)
    return found


def sdl() -> str:
    """Return the contract as text."""
    return strawberry_schema().as_str() + "\n"
