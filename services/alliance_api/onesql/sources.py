"""Where GraphQL types and fields come from, as data.

A schema is made ready by putting a `Table` into `extensions["onesql"]` of every object type that
has rows, and one of the field sources into `extensions["onesql"]` of every field.

SQL templates are filled by `str.format`: write a literal brace twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLField, GraphQLNamedType

from .keys import CANONICAL

Parse = Callable[[Any], Any]

LARGEST_PAGE = 100
DEFAULT_PAGE = 25
LARGEST_OFFSET = 1_000_000


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
    `certain` are columns that the database never leaves null, so that nobody need look.
    """

    name: str
    prefix: str | None = None
    subject: str | None = None
    label: str | None = None
    companions: Mapping[str, Join] = field(default_factory=dict)
    certain: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row, or of one of its companions (then it may be absent).

    A list type needs an array column. `sealed` says that the host opens the text after it was read:
    the SQL, over `{row}` and `{value}`, of all that it needs for that; null is null.
    """

    name: str
    companion: str | None = None
    prefix: str | None = None
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class Computed:
    """An SQL expression over `{row}`, `{companion_<name>}` and, by name, the field's arguments.

    The `names` of an `Inline` around it may stand in it, too. `types` gives the PostgreSQL type of each argument the template names (an absent one is null);
    `json` says that the expression is finished JSON text already.
    """

    sql: str
    types: Mapping[str, str] = field(default_factory=dict)
    companions: tuple[str, ...] = ()
    json: bool = False
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A value that the host knows and not the database, asked for at each request."""

    value: Callable[[], Any]
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition over `{row}` that holds when the argument is given: `{value}` is its value.

    An argument that is null counts as not given. `parse` turns the argument into what PostgreSQL
    compares (None matches no row). With `unless` it holds only while that argument is not given: a
    default that follows from another argument.
    """

    argument: str
    sql: str
    type: str = "text"
    parse: Parse | None = None
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Columns that are never null, with their PostgreSQL types.

    The last one must make the order total.
    """

    columns: tuple[tuple[str, str], ...]
    descending: bool = False

    def __post_init__(self) -> None:
        """Refuse types that cursors cannot carry."""
        if unknown := {kind for _, kind in self.columns} - CANONICAL.keys():
            raise LookupError(f"an order knows no {sorted(unknown)}")


@dataclass(frozen=True, slots=True)
class ToOne:
    """At most one row of the field's type: own column -> its column, conditions, an order.

    `certain` says that whoever sees the row sees that one too; then it need not be read where only
    companions of it are asked for.
    """

    on: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: Order | None = None
    certain: bool = False


@dataclass(frozen=True, slots=True)
class ToMany:
    """A plain list. `limit` names an integer argument; `empty` is the JSON of no rows.

    With `latest`, a limit takes the last rows of the order; they are still listed in order.
    `skip` names an argument that says how many rows come before the first that is listed.
    `told` is a condition over `{outer}`, the row that has the list: where it fails, the list is
    null instead of what is there.
    `expected` is what a list without a limit counts for in the cost of a document.
    """

    on: Mapping[str, str]
    order: Order
    where: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    limit: str | None = None
    skip: str | None = None
    latest: bool = False
    empty: str = "[]"
    expected: int = 10
    told: str | None = None


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
    """An object made of the same row, or of its companion; then `{row}` in `where` is that one.

    The fields below it may use this field's arguments, unless they declare one of that name, and
    `names` in the braces of their columns: `Column("{rate}_value")` under `{"rate": "kept"}`.
    """

    where: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    companion: str | None = None


@dataclass(frozen=True, slots=True)
class Union:
    """One object of an interface or union: member type name -> how to reach it."""

    members: Mapping[str, ToOne]


@dataclass(frozen=True, slots=True)
class UnionList:
    """Objects of several types in one list.

    The orders of the members must have columns of the same types and the same direction.
    """

    members: Mapping[str, ToMany]
    limit: str | None = None
    expected: int = 10


@dataclass(frozen=True, slots=True)
class Node:
    """The object a global id names: `argument` holds `<prefix>-<rest>`, the prefix chooses the type.

    `split` reads a whole id into prefix and UUID; None (or another prefix) matches no row.
    """

    argument: str
    split: Callable[[str], tuple[str, str] | None]


Source = Column | Computed | Told | ToOne | ToMany | Connection | Inline | Union | UnionList | Node


def prefix_of(global_id: str) -> str:
    """Return what of a global id chooses its type."""
    return global_id.partition("-")[0]


def table_of(kind: GraphQLNamedType) -> Table | None:
    """Return the table of an object type, if it has one."""
    found: Table | None = kind.extensions.get("onesql")
    return found


def source_of(definition: GraphQLField) -> Source | None:
    """Return where a field comes from, if that was declared."""
    found: Source | None = definition.extensions.get("onesql")
    return found
