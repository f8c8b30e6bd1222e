"""How a Strawberry type says where it comes from, and how the schema is told.

    @confidential("GOAL", Table("goals", prefix="goal", subject="case_id", label="GOAL"))
    class Goal(Node): ...

A field takes its source by `field(source)`, one with arguments by the decorator `asked(source)`.
Such a method has no body: onesql answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, dataclass_transform

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema_directive import Location

from alliance_api.onesql.sources import Column, Source, Table
from alliance_api.store.columns import never_null
from alliance_api.store.words import Place

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@strawberry.schema_directive(locations=[Location.OBJECT, Location.FIELD_DEFINITION], name="access")
class Access:
    """The facet of the charter that decides whether this may be read."""

    facet: str


def field(source: Source, description: str | None = None, facet: str | None = None) -> Any:
    """Return a Strawberry field that comes from `source`."""
    return strawberry.field(
        description=description,
        metadata={"onesql": source},
        directives=[Access(facet=facet)] if facet else [],
    )


def words(place: Place, companion: str | None = None) -> Column:
    """Return the source of a column of words: opened at the edge, null once they were erased."""
    return Column(place.column, companion, sealed=place.sealed)


def asked(
    source: Source, description: str | None = None, facet: str | None = None
) -> Callable[[F], F]:
    """Return the decorator of a field with arguments; the method has no body."""
    found: Callable[[F], F] = field(source, description, facet)
    return found


@dataclass_transform(kw_only_default=True)
def comes_from(table: Table | None, facet: str | None = None) -> Callable[[type[T]], type[T]]:
    """Make a class a GraphQL type whose rows are `table`'s; its docstring is the description."""

    def decorate(cls: type[T]) -> type[T]:
        cls.__onesql__ = table  # type: ignore[attr-defined]
        made: type[T] = strawberry.type(
            cls,
            description=(cls.__doc__ or "").strip(),
            directives=[Access(facet=facet)] if facet else [],
        )
        return made

    return decorate


def tell(schema: GraphQLSchema) -> None:
    """Put every declared source where onesql looks for it."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        definition = kind.extensions.get("strawberry-definition")
        if definition is None:
            continue
        table = definition.origin.__dict__.get("__onesql__")
        if table is not None:
            kind.extensions["onesql"] = replace(table, certain=never_null(table.name))
        for graphql_field in kind.fields.values():
            declared = graphql_field.extensions.get("strawberry-definition")
            source = declared.metadata.get("onesql") if declared else None
            if source is not None:
                graphql_field.extensions["onesql"] = source
