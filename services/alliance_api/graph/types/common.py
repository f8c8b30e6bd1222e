"""What every type shares: scalars, nodes, pages, and how the words of the domain become enums."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Generic, NewType, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

from alliance_api.domain.attendance import SessionOutcome
from alliance_api.domain.commitments import CommitmentOutcome
from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.goals import GoalState, Stance
from alliance_api.domain.instruments import InformantRole
from alliance_api.domain.parties import PartyRole
from alliance_api.onesql.sources import Column, Inline

from ..declare import comes_from, field

__all__ = [
    "SCALARS",
    "CommitmentOutcome",
    "Connection",
    "Day",
    "Disclosure",
    "Duration",
    "Edge",
    "Estimate",
    "GoalState",
    "InformantRole",
    "Instant",
    "Interval",
    "Method",
    "Node",
    "PageInfo",
    "PartyRole",
    "Rate",
    "SessionOutcome",
    "Stance",
    "estimate",
    "rate",
]

T = TypeVar("T")

Duration = NewType("Duration", timedelta)

# Beyond these years arithmetic with zones overflows, and no session takes place.
FIRST_YEAR, LAST_YEAR = 1900, 2199


def _instant(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("Give an instant as text, as in RFC 3339.")  # noqa: TRY004  (GraphQL's)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("This is not an instant as in RFC 3339.") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"Instants lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return found.replace(microsecond=0)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant as in RFC 3339, to the second; answers are in UTC.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="A span of time as in ISO 8601, for example `PT15M`.",
        specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
        serialize=str,
        parse_value=lambda value: value,
    ),
}

Instant = datetime
Day = date

# The words of the domain are the words of the API: the same enums, told to Strawberry.
for _words in (
    SessionOutcome,
    CommitmentOutcome,
    Disclosure,
    GoalState,
    InformantRole,
    PartyRole,
    Stance,
):
    strawberry.enum(_words)


@strawberry.interface(description="Anything that has a global id.")
class Node:
    """Anything that has a global id: typed and opaque, as `case-0192…`."""

    id: strawberry.ID


@comes_from(None)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One place in a list.")
class Edge(Generic[T]):
    """One place in a list."""

    cursor: str
    node: T


@strawberry.type(description="A page of a list that grows: `first` or `last` from 1 to 100.")
class Connection(Generic[T]):
    """A page of a list that grows."""

    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo
    total_count: int = strawberry.field(description="How many there are that you may see.")


@comes_from(None)
class Method:
    """Which rule computed a number: its name and its version."""

    id: str = field(Column("method_id"))
    version: str = field(Column("method_version"))


@comes_from(None)
class Interval:
    """A 95 % interval."""

    lower: float = field(Column("{name}_lower"))
    upper: float = field(Column("{name}_upper"))


@comes_from(None)
class Rate:
    """A share with its counts (Wilson interval); value and interval are null below five, never 0."""

    value: float | None = field(Column("{name}_value"))
    numerator: int = field(Column("{name}_numerator"))
    denominator: int = field(Column("{name}_denominator"))
    interval: Interval | None = field(Inline(where="{row}.{name}_lower IS NOT NULL"))


@comes_from(None)
class Estimate:
    """A figure estimated from n observations, with its interval where one can be had."""

    value: float = field(Column("{name}_value"))
    n: int = field(Column("{name}_n"))
    interval: Interval | None = field(Inline(where="{row}.{name}_lower IS NOT NULL"))


def estimate(name: str, description: str) -> Any:
    """Return a field that is the estimate of that name, null where there is none."""
    return field(Inline(names={"name": name}, where="{row}.{name}_value IS NOT NULL"), description)


def rate(name: str, description: str) -> Rate:
    """Return a field that is the rate of that name."""
    found: Rate = field(Inline(names={"name": name}), description)
    return found
