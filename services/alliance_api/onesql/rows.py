"""Rows in scope while a statement is made, fields in those rows, and the SQL of orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLType,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from .arguments import Argument
from .sources import Order, Table
from .text import Text, hole, identifier, quote


@dataclass(slots=True)
class Row:
    """A row in scope: its alias and table, the joins made beside it, and what they touched."""

    alias: str
    table: Table | None
    joins: list[str] = field(default_factory=list)
    companions: dict[str, str] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    inside_subject: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def from_clause(self, source: str) -> str:
        """Return `source` with every join of this row."""
        return " ".join([source, *self.joins])

    @property
    def source(self) -> str:
        """Return the row's table under its alias."""
        if self.table is None:
            raise LookupError("there is no row here")
        return f"{identifier(self.table.name)} AS {self.alias}"

    def column(self, name: str) -> str:
        """Return the SQL of a column."""
        return f"{self.alias}.{identifier(name.format_map(self.names))}"

    def keys(self, order: Order, *, reverse: bool = False) -> str:
        """Return the columns of an order by."""
        word = " DESC" if order.descending != reverse else ""
        return ", ".join(self.column(name) + word for name, _ in order.columns)


@dataclass(frozen=True, slots=True)
class Site:
    """A field at its place: its type, how it was asked for, and the row it is about.

    `levels` counts how far a null travels from the object that holds the field until it meets a
    place that may be null.
    """

    type: GraphQLOutputType
    nodes: list[FieldNode]
    row: Row
    arguments: Mapping[str, Argument]
    levels: int

    @property
    def kind(self) -> GraphQLObjectType:
        """Return the object type of a field whose type is not abstract."""
        return object_type(self.type)

    @property
    def below(self) -> list[SelectionSetNode]:
        """Return the selections of the object, from every field node of this response key."""
        return [node.selection_set for node in self.nodes if node.selection_set]

    @property
    def levels_below(self) -> int:
        """Return `levels` for the objects of this field."""
        return levels_of(self.type, self.levels)

    def finished(self, sql: str) -> Text:
        """Return an expression that may be null as JSON: null where allowed, else a hole."""
        return Text().expression(or_null(sql, self.type, self.levels))


def levels_of(kind: GraphQLOutputType, levels: int) -> int:
    """Return `levels` inside a type, at the bottom of its lists."""
    levels = levels + 1 if is_non_null_type(kind) else 0
    nullable = get_nullable_type(kind)
    return levels_of(nullable.of_type, levels) if is_list_type(nullable) else levels


def or_null(sql: str, kind: GraphQLOutputType, levels: int) -> str:
    """Return what stands for a missing value of a type in an object or list at `levels`."""
    otherwise = hole(levels + 1) if is_non_null_type(kind) else quote("null")
    return f"coalesce({sql}, {otherwise})"


def object_type(kind: GraphQLType | None) -> GraphQLObjectType:
    """Return the object type at the bottom of a type; anything else is a fault of the schema."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        raise TypeError(f"{named} is not an object type")
    return named
