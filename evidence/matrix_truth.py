"""What somebody must be told: the truth above the law, and of it the rows that they may see.

A naive reader of the field oracle. It shares no code with the product: rows are judged one by one by
evidence/broken_query.py, and a value is what the row says, or what the world told in its own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from graphql import GraphQLObjectType, get_named_type, is_list_type, is_non_null_type

from evidence.matrix_links import Asked, Row, Thing, View, linked
from evidence.matrix_oracle import Says, kinds, schema
from evidence.matrix_plain import instant, span
from evidence.matrix_says import SAYS, part2

# Where a kind of id leads to.
NODES = {
    "case": ("Case", "cases"),
    "person": ("Person", "people"),
    "session": ("Session", "sessions"),
    "measurement": ("Measurement", "measurements"),
    "occasion": ("Occasion", "occasions"),
    "goal": ("Goal", "goals"),
    "commitment": ("Commitment", "commitments"),
    "signal": ("Signal", "signals"),
    "instrument": ("Instrument", "instruments"),
    "consent": ("Consent", "consents"),
    "emergency": ("Emergency", "emergencies"),
    "note": ("Note", "notes"),
    "team": ("Team", "teams"),
    "hold": ("LegalHold", "legal_holds"),
}
PREFIX = {kind: prefix for prefix, (kind, _) in NODES.items()} | {"Organisation": "organisation"}
BEFORE_EVER, NEVER = "-infinity", "infinity"


class Missing(Exception):  # noqa: N818  (it is how GraphQL passes a null on)
    """A value that must not be null, is."""


def answer(view: View, thing: Thing, asked: Sequence[Asked]) -> dict[str, Any]:
    """Return what an object must say. Raises `Missing` where a null takes the whole of it."""
    found = {}
    kind = kinds()[thing.kind]
    types = schema().type_map[thing.kind]
    assert isinstance(types, GraphQLObjectType)
    for each in asked:
        if each.name == "__typename":
            found[each.key] = thing.kind
            continue
        of = types.fields[each.name].type
        value = _field(view, kind.fields[each.name], thing, each, of)
        if value is None and is_non_null_type(of):
            raise Missing
        if value is not None:
            view.told.add((thing.kind, each.name))
        found[each.key] = value
    return found


def _field(  # noqa: PLR0911  (one for each verb)
    view: View, says: Says, thing: Thing, asked: Asked, of: Any
) -> Any:
    row = thing.row
    if says.verb in {"value", "words", "part"} and says.table and says.link.on:
        rows = linked(view, says, thing, {})
        if not rows:
            return None
        row = rows[0]
    if says.verb in {"one", "all", "page"}:
        return _relation(view, says, thing, asked, of)
    if says.verb == "part":
        return _part(view, says, Thing(thing.kind, row, thing.part), asked, of)
    if says.verb == "labels":
        return answer(view, Thing("Labels", thing.row, thing.kind, says.words), asked.below)
    if says.verb == "words":
        assert says.words
        return view.words.get((says.table or kinds()[thing.kind].table or "", row["place"]))
    if says.verb == "says":
        return SAYS[thing.kind, says.name](view, thing, asked.arguments)
    return _value(says, row, thing.part, of)


def _value(says: Says, row: Row, part: str, of: Any) -> Any:
    column, *rest = says.words
    value = row[column.format(name=part)]
    if value is not None and get_named_type(of).name == "DateTime":
        return instant(value)
    if says.verb == "id":
        return None if value is None else f"{rest[0]}-{value}"
    return None if rest and value == "" else plain(value)


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, UUID | date):
        return str(value)
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def _part(view: View, says: Says, thing: Thing, asked: Asked, of: Any) -> Any:
    name, _, condition = " ".join(says.words).partition("if ")
    part = name.strip() or thing.part
    here = Thing(get_named_type(of).name, thing.row, part, thing.about)
    needed = [condition] if condition in WORDED else condition.split()
    if not all(_there(view, here, each) for each in needed):
        return None
    return _or_null(view, here, asked, of)


# Conditions of parts that are no column.
WORDED = ("the client rated it", "in such a programme")


def _there(view: View, thing: Thing, condition: str) -> bool:
    if condition == "the client rated it":
        return bool(view.all("goal_ratings", goal_id=thing.row["id"], role="CLIENT"))
    if condition == "in such a programme":
        return part2(view, thing)
    return thing.row[condition.replace("*", thing.part)] is not None


def _or_null(view: View, thing: Thing, asked: Asked, of: Any) -> Any:
    try:
        return answer(view, thing, asked.below)
    except Missing:
        if is_non_null_type(of):
            raise
        return None


def _relation(view: View, says: Says, thing: Thing, asked: Asked, of: Any) -> Any:
    rows = linked(view, says, thing, asked.arguments)
    if says.verb == "one":
        kind = get_named_type(of).name
        return _or_null(view, Thing(kind, rows[0]), asked, of) if rows else None
    if says.verb == "page":
        return _page(view, rows, asked, of)
    if says.empty_is_null and not rows and not _seen_all_the_same(view, says, thing):
        return None
    limit = asked.arguments.get("first", asked.arguments.get("last"))
    return _list(view, rows[:limit], asked, of)


def _seen_all_the_same(view: View, says: Says, thing: Thing) -> bool:
    # Nothing was noticed, and whoever sees the answers may know that.
    return says.name == "findings" and bool(view.all("answers", measurement_id=thing.row["id"]))


def _list(view: View, rows: Sequence[Row], asked: Asked, of: Any) -> Any:
    kind = get_named_type(of).name
    try:
        return [answer(view, Thing(kind, row), asked.below) for row in rows]
    except Missing:
        # Items of lists are never null: the list is, or whatever it stands in.
        listed = of.of_type if is_non_null_type(of) else of
        assert is_list_type(listed)
        if is_non_null_type(of):
            raise
        return None


def _page(view: View, rows: Sequence[Row], asked: Asked, of: Any) -> Any:
    first, last = asked.arguments.get("first"), asked.arguments.get("last")
    found: dict[str, Any] = {}
    kind = get_named_type(of)
    assert isinstance(kind, GraphQLObjectType)
    nodes = kind.fields["nodes"]
    page = rows[:first] if last is None else rows[-last:]
    for each in asked.below:
        if each.name == "totalCount":
            found[each.key] = len(rows)
        elif each.name == "nodes":
            found[each.key] = _list(view, page, each, nodes.type)
        elif each.name == "pageInfo":
            more = len(rows) > len(page)
            found[each.key] = {
                "hasNextPage": more and last is None,
                "hasPreviousPage": more and last is not None,
            }
    return found


def leaves(value: Any) -> Iterator[Any]:
    """Yield the values at the ends of an answer."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield value
