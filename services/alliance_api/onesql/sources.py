"""Where GraphQL types and fields come from, as data.

A schema is made ready by putting a `Table` into `extensions["onesql"]` of every object type that
has rows, and one of the field sources into `extensions["onesql"]` of every field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Parse = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Join:
    """A one-to-one companion of a table: its name, and own column -> companion column."""

    table: str
    on: Mapping[str, str]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of an object type.

    `prefix` makes its global ids (`prefix-<uuid>`); `subject` is the column that says whose data a
    row is, `label` the kind of confidential data it holds: both end in the plan, for an audit.
    """

    name: str
    prefix: str | None = None
    subject: str | None = None
    label: str | None = None
    companions: Mapping[str, Join] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row, or of one of its companions (then it may be absent)."""

    name: str
    companion: str | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """An SQL expression over `{row}`, `{companion_<name>}` and, by name, the field's arguments.

    `types` gives the PostgreSQL type of each argument the template names; `json` says that the
    expression is finished JSON text already.
    """

    sql: str
    types: Mapping[str, str] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    json: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition over `{row}` that holds when the argument is given: `{value}` is its value.

    `parse` turns the argument into what PostgreSQL compares (None matches no row).
    """

    argument: str
    sql: str
    type: str = "text"
    parse: Parse | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Columns with their PostgreSQL types; the last one must make the order total."""

    columns: tuple[tuple[str, str], ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ToOne:
    """At most one row of the field's type: own column -> its column, conditions, an order."""

    on: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    """A plain list. `limit` names an integer argument; `empty` is the JSON of no rows.

    `latest` lists the last rows of the order, oldest first.
    """

    on: Mapping[str, str]
    order: Order
    where: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    limit: str | None = None
    empty: str = "[]"
    expected: int = 10


@dataclass(frozen=True, slots=True)
class Connection:
    """A Relay connection; `orders` by the value of the argument `order_argument`."""

    on: Mapping[str, str]
    order: Order
    where: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    order_argument: str | None = None
    orders: Mapping[str, Order] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inline:
    """An object made of the same row; its fields may use this field's arguments."""

    where: str | None = None


@dataclass(frozen=True, slots=True)
class Union:
    """One object of an interface or union: member type name -> how to reach it."""

    members: Mapping[str, ToOne]


@dataclass(frozen=True, slots=True)
class UnionList:
    """Objects of several types in one list, ordered by `keys` (member type -> its sort column)."""

    members: Mapping[str, ToMany]
    keys: Mapping[str, str]
    limit: str | None = None
    expected: int = 10


@dataclass(frozen=True, slots=True)
class Node:
    """The object a global id names: the prefix chooses the type, `argument` holds the id."""

    argument: str
    split: Callable[[str], tuple[str, str] | None]


Source = (
    Column
    | Computed
    | ToOne
    | ToMany
    | Connection
    | Inline
    | Union
    | UnionList
    | Node
)


def table_of(graphql_type: Any) -> Table | None:
    """Return the table of an object type, if it has one."""
    found: Table | None = graphql_type.extensions.get("onesql")
    return found


def source_of(field_definition: Any) -> Source | None:
    """Return where a field comes from, if that was declared."""
    found: Source | None = field_definition.extensions.get("onesql")
    return found
