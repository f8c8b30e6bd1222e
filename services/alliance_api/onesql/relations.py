"""Relations by which an object leads to others: one, many, of one type or of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphql import GraphQLObjectType, get_named_type, is_abstract_type

from .arguments import Argument
from .rows import Row, Site, object_type
from .sources import Filter, Inline, Node, ToMany, ToOne, Union, UnionList, prefix_of, table_of
from .statement import Statement, subjects_of
from .text import Text, quote


def inline(statement: Statement, source: Inline, site: Site) -> Text:
    """Return the JSON text of an object made of the same row."""
    # The same row under other arguments: joins and subjects are shared, the scope is not.
    names = {**site.row.names, **source.names}
    row = replace(site.row, arguments=site.arguments, names=names)
    if source.companion:
        alias = statement.companion(site.row, source.companion)
        row = replace(row, alias=alias, table=None, companions={})
    text = statement.object(site.kind, site.below, row, site.levels_below)
    if source.where is None:
        return text
    condition = source.where.format(row=row.alias, **names)
    return site.finished(f"CASE WHEN {condition} THEN {text.sql()} END")


def to_one(statement: Statement, source: ToOne, kind: GraphQLObjectType, site: Site) -> str:
    """Return the SQL of the object's JSON text, null where there is no row."""
    inner = statement.row_of(kind, site.row)
    where = statement.conditions(source, inner, site)
    text = statement.object(kind, site.below, inner, site.levels_below)
    order = f" ORDER BY {inner.keys(source.order)} LIMIT 1" if source.order else ""
    if source.certain and _steps_over(statement, source, inner, site.row, text):
        rows = inner.from_clause(f"(SELECT) AS {inner.alias}")
        return statement.lateral(site.row, inner, text.sql(), rows)
    table = inner.source
    if order and inner.joins:
        table = f"(SELECT * FROM {table}{where}{order}) AS {inner.alias}"
        where = order = ""
    return statement.lateral(
        site.row, inner, text.sql(), f"{inner.from_clause(table)}{where}{order}"
    )


def _steps_over(statement: Statement, source: ToOne, inner: Row, outer: Row, text: Text) -> bool:
    """Lead the joins of a row to the outer one's columns, if nothing else of the row is asked."""
    mentions = f"{inner.alias}."
    if mentions in text.sql() or inner.subjects or source.where or source.filters:
        return False
    shared = {statement.tenant: statement.tenant} if statement.tenant else {}
    led = list(inner.joins)
    for own, theirs in {**shared, **source.on}.items():
        led = [join.replace(inner.column(theirs), outer.column(own)) for join in led]
    if any(mentions in join for join in led):
        return False
    inner.joins[:] = led
    return True


def to_many(statement: Statement, source: ToMany, site: Site) -> Text:
    """Return the JSON text of a list."""
    inner = statement.row_of(site.kind, site.row)
    where = statement.conditions(source, inner, site)
    text = statement.object(site.kind, site.below, inner, site.levels_below)
    bounds = _limit(statement, source.limit, site.arguments)
    bounds += _skip(statement, source.skip, site.arguments)
    rows = _page(source, inner, where, bounds)
    listed = f"'[' || string_agg({text.sql()}, ',' ORDER BY {inner.keys(source.order)}) || ']'"
    found = statement.lateral(site.row, inner, listed, rows, many=True)
    listed = f"coalesce({found}, {quote(source.empty)})"
    if source.told is None:
        return Text().expression(listed)
    told = source.told.format(outer=site.row.alias)
    return site.finished(f"CASE WHEN {told} THEN {listed} END")


def _page(source: ToMany, inner: Row, where: str, bounds: str) -> str:
    if not bounds:
        return f"{inner.from_clause(inner.source)}{where}"
    # Page first, then join: else every row would be made before most are thrown away.
    keys = inner.keys(source.order, reverse=source.latest)
    return inner.from_clause(
        f"(SELECT * FROM {inner.source}{where} ORDER BY {keys}{bounds}) AS {inner.alias}"
    )


def _limit(statement: Statement, name: str | None, arguments: Mapping[str, Argument]) -> str:
    argument = arguments.get(name) if name else None
    if argument is None:
        return ""
    argument.page_size(statement.variables)
    return f" LIMIT {statement.parameter(argument.page_size, 'bigint')}"


def _skip(statement: Statement, name: str | None, arguments: Mapping[str, Argument]) -> str:
    argument = arguments.get(name) if name else None
    if argument is None:
        return ""
    argument.offset(statement.variables)
    return f" OFFSET {statement.parameter(argument.offset, 'bigint')}"


def union(statement: Statement, source: Union, site: Site) -> Text:
    """Return the JSON text of the one member that has a row."""
    found = [
        to_one(statement, member, object_type(statement.schema.get_type(name)), site)
        for name, member in source.members.items()
    ]
    return site.finished(f"coalesce({', '.join(found)})")


def union_list(statement: Statement, source: UnionList, site: Site) -> Text:
    """Return the JSON text of a list whose members are of several types."""
    limit = _limit(statement, source.limit, site.arguments)
    branches, touched = [], False
    for name, member in source.members.items():
        kind = object_type(statement.schema.get_type(name))
        inner = statement.row_of(kind, site.row)
        where = statement.conditions(member, inner, site)
        text = statement.object(kind, site.below, inner, site.levels_below)
        keys = [inner.column(column) for column, _ in member.order.columns]
        subjects = subjects_of(inner)
        touched = touched or (subjects is not None and not site.row.inside_subject)
        rows = _page(member, inner, where, limit)
        branches.append(
            f"SELECT {text.sql()} AS j, {subjects or 'NULL::text'} AS s, {quote(name)} AS n, "
            + ", ".join(f"{key} AS k{index}" for index, key in enumerate(keys))
            + f" FROM {rows}"
        )
    order = _union_order(next(iter(source.members.values())))
    every = f"SELECT * FROM ({' UNION ALL '.join(branches)}) AS u ORDER BY {order}{limit}"
    listed = f"'[' || string_agg(u.j, ',' ORDER BY {order}) || ']' AS j, string_agg(u.s, ',') AS s"
    found = statement.join(site.row, f"SELECT {listed} FROM ({every}) AS u", touched=touched)
    return Text().expression(f"coalesce({found}, '[]')")


def _union_order(member: ToMany) -> str:
    word = " DESC" if member.order.descending else ""
    keys = ", ".join(f"u.k{index}{word}" for index in range(len(member.order.columns)))
    return f'{keys}, u.n COLLATE "C"'


def node(statement: Statement, source: Node, site: Site) -> Text:
    """Return the JSON text of the object that a global id names."""
    argument = site.arguments.get(source.argument)
    kind = _named(statement, site, prefix_of(str(argument.value))) if argument else None
    if kind is None:
        return site.finished("NULL::text")
    prefix = prefix_of(str(argument.value)) if argument else ""

    def key(value: object) -> str | None:
        parts = source.split(str(value))
        return parts[1] if parts and parts[0] == prefix else None

    by_id = Filter(source.argument, '{row}."id" = {value}', "uuid", key)
    return site.finished(to_one(statement, ToOne(filters=(by_id,)), kind, site))


def _named(statement: Statement, site: Site, prefix: str) -> GraphQLObjectType | None:
    named = get_named_type(site.type)
    kinds = statement.schema.get_possible_types(named) if is_abstract_type(named) else [site.kind]
    tables = ((kind, table_of(kind)) for kind in kinds)
    return next((kind for kind, table in tables if table and table.prefix == prefix), None)
