"""The rows that somebody may see, and which of them a field leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from evidence.broken_query import Asker
from evidence.matrix_oracle import Link, Says

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Words = Mapping[tuple[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: its type, the row it is made of, and the name of the part it is."""

    kind: str
    row: Row
    part: str = ""
    # What a part was made for, where it needs to know: the words of its labels.
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A field of a document: its key, name, arguments and what is asked below."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    below: tuple[Asked, ...] = ()


@dataclass
class View:
    """What one asker may see. `everything` is the same asker above the law, to count what there is."""

    asker: Asker
    rows: Mapping[str, Sequence[Row]]
    words: Words
    now: str
    withheld: Callable[[View, Row], list[Row]]
    consented: Callable[[UUID], bool]
    notice: Mapping[str, Any]
    everything: bool = False
    told: set[tuple[str, str]] = field(default_factory=set)
    _by: dict[Key, dict[Key, list[Row]]] = field(default_factory=dict)

    def all(self, table: str, **alike: Any) -> list[Row]:
        """Return the rows of a table that may be seen and have these values."""
        columns = tuple(alike)
        index = self._by.get((table, *columns))
        if index is None:
            index = defaultdict(list)
            for row in self.rows[table]:
                index[tuple(row[column] for column in columns)].append(row)
            self._by[table, *columns] = index
        return index.get(tuple(alike.values()), [])

    def one(self, table: str, **alike: Any) -> Row | None:
        """Return the one row, if it may be seen."""
        found = self.all(table, **alike)
        return found[0] if found else None

    @cached_property
    def standing(self) -> Mapping[UUID, str]:
        """How the asker stands to cases."""
        return self.asker.relations


def linked(view: View, says: Says, thing: Thing, arguments: Mapping[str, Any]) -> list[Row]:
    """Return the rows that a field leads to, in its order."""
    link = says.link
    assert says.table is not None
    if says.table == "withheld":
        return view.withheld(view, thing.row)
    values = {theirs: thing.row[own] for own, theirs in link.on}
    if any(value is None for value in values.values()):
        return []
    rows = [row for row in view.all(says.table, **values) if _holds(view, link, thing, row)]
    for argument, value in arguments.items():
        column = FILTERS.get((says.kind, says.name, argument))
        if column is not None:
            rows = [row for row in rows if row[column] == value]
    if link.order:
        rows = sorted(rows, key=lambda row: _place(row, link), reverse=link.descending)
    return rows


# What arguments choose by.
FILTERS = {
    **{
        ("Case", name, argument): column
        for name in ("trajectory", "latestScores", "measurements")
        for argument, column in (
            ("instrument", "instrument_code"),
            ("informant", "informant_role"),
            ("scale", "scale"),
        )
    },
    ("Case", "concordance", "instrument"): "client_code",
    ("Case", "concordance", "therapistForm"): "instrument_code",
    ("Case", "concordance", "scale"): "scale",
    ("Case", "reliability", "of"): "party",
    ("Query", "instrument", "code"): "code",
}


def _place(row: Row, link: Link) -> Key:
    return tuple(
        str(row[column]) if isinstance(row[column], UUID) else row[column] for column in link.order
    )


def _holds(view: View, link: Link, thing: Thing, row: Row) -> bool:
    return all(_condition(each, view, thing, row) for each in link.conditions)


def _condition(name: str, view: View, thing: Thing, row: Row) -> bool:
    if name.startswith("mine "):
        return bool(row[name.removeprefix("mine ")] == view.asker.person)
    return CONDITIONS[name](view, thing, row)


def _latest_levels(view: View, thing: Thing, row: Row) -> bool:
    versions = [
        each["version"]
        for each in view.all("goal_levels", goal_id=thing.row["id"])
        if each["version"] <= thing.row["version"]
    ]
    return bool(versions) and row["version"] == max(versions)


def _who_worded(view: View, thing: Thing, row: Row) -> bool:
    said = view.one("goal_versions", goal_id=thing.row["id"], version=thing.row["version"])
    return said is not None and said["worded_by"] == row["id"]


def _due(view: View, _: Thing, row: Row) -> bool:
    occasion = row["occasion_id"] and view.one("occasions", id=row["occasion_id"])
    return not occasion or occasion["due_at"] <= view.now


CONDITIONS: dict[str, Callable[[View, Thing, Row], bool]] = {
    "ours": lambda v, _, r: r["organisation_id"] == v.asker.organisation,
    "begun": lambda v, _, r: r["starts_at"] <= v.now,
    "not over": lambda v, _, r: r["ends_at"] is None or r["ends_at"] > v.now,
    "over": lambda v, _, r: r["ends_at"] is not None and r["ends_at"] <= v.now,
    "planned": lambda _v, _t, r: r["state"] == "PLANNED",
    "to come": lambda v, _, r: r["planned_start"] > v.now,
    "current": lambda _v, _t, r: bool(r["current"]),
    "raised": lambda v, _, r: r["raised_at"] <= v.now,
    "of a therapist": lambda _v, t, _r: t.row["level"] == "THERAPIST",
    "as client": lambda v, _, r: v.standing.get(r["id"]) == "client",
    "as therapist or supervisor": lambda v, _, r: (
        v.standing.get(r["id"]) in {"therapist", "supervisor"}
    ),
    "about the case": lambda _v, t, r: t.row["id"] in r["cases"],
    "latest levels": _latest_levels,
    "who worded it": _who_worded,
    "due or no occasion": _due,
}
