"""Relay connections by keyset: one page, its edges, its page info, in one sub-select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type

from .arguments import Argument, BadArgument
from .cursors import BadCursor, cursor_sql, read_cursor
from .rows import Row, check_size, from_table, order_sql
from .sources import Connection, Order
from .text import Text, identifier

if TYPE_CHECKING:
    from .compiler import Compiler

DEFAULT_PAGE = 25


@dataclass(frozen=True, slots=True)
class _Page:
    """What the fields of one connection share."""

    row: Row
    table: str
    order: Order
    size: str
    backwards: bool
    cut_before: bool
    cut_after: bool
    count: Callable[[], str]

    @property
    def cursor(self) -> str:
        return cursor_sql(self.row.alias, self.table, self.order)

    @property
    def position(self) -> str:
        return f"{self.row.alias}.onesql_position"

    @property
    def found(self) -> str:
        return f"{self.row.alias}.onesql_found"

    def each(self, text: str) -> str:
        """Return the JSON list of `text` over the rows of the page, in the asked order."""
        word = " DESC" if self.backwards else ""
        return (
            f"coalesce('[' || string_agg({text}, ',' ORDER BY {self.position}{word}) "
            f"FILTER (WHERE {self.position} <= {self.size}) || ']', '[]')"
        )

    def cursor_at(self, *, start: bool) -> str:
        """Return the JSON of the first or last cursor of the page."""
        position = "1" if start != self.backwards else f"least({self.found}, {self.size})"
        found = f"max({self.cursor}) FILTER (WHERE {self.position} = {position})"
        return f"coalesce('\"' || {found} || '\"', 'null')"

    def more(self, *, ahead: bool) -> str:
        """Return the JSON of hasNextPage (`ahead`) or hasPreviousPage."""
        if ahead != self.backwards:
            return f"(coalesce(max({self.found}), 0) > {self.size})::text"
        return "'true'" if (self.cut_after if not ahead else self.cut_before) else "'false'"


def connection(
    compiler: Compiler,
    source: Connection,
    definition: GraphQLField,
    nodes: list[FieldNode],
    row: Row,
    arguments: Mapping[str, Argument],
) -> str:
    """Return the SQL of a connection's JSON text (never null)."""
    kind: GraphQLObjectType = get_named_type(definition.type)
    node_type: GraphQLObjectType = get_named_type(
        get_named_type(kind.fields["edges"].type).fields["node"].type
    )
    page, inner, select = _page(compiler, source, node_type, row, arguments)
    text = _fields(compiler, kind, nodes, page, inner)
    return compiler.lateral(row, inner, text.sql(), inner.from_clause(select), many=True)


def page_size(arguments: Mapping[str, Argument]) -> tuple[int, bool]:
    """Return how many rows are asked for, and whether from the end."""
    if "first" in arguments and "last" in arguments:
        raise BadArgument("last", "Give `first` or `last`, not both.")
    for name in ("first", "last"):
        if name in arguments:
            check_size(name, arguments[name].value)
            return arguments[name].value, name == "last"
    return DEFAULT_PAGE, "before" in arguments


def order_of(source: Connection, arguments: Mapping[str, Argument]) -> Order:
    """Return the order that the arguments ask for."""
    chosen = arguments.get(source.order_argument or "")
    if chosen is None:
        return source.order
    return source.orders[str(getattr(chosen.value, "value", chosen.value))]


def _page(
    compiler: Compiler,
    source: Connection,
    node_type: GraphQLObjectType,
    row: Row,
    arguments: Mapping[str, Argument],
) -> tuple[_Page, Row, str]:
    inner = compiler.row_of(node_type, row)
    assert inner.table is not None  # noqa: S101  (row_of refuses types without a table)
    table, alias, order = inner.table.name, inner.alias, order_of(source, arguments)
    number, backwards = page_size(arguments)
    name = "last" if "last" in arguments else "first"
    bind = arguments[name].bind if name in arguments else lambda _: number
    cuts = [
        _cut(compiler, inner, table, order, arguments[key], after=key == "after")
        for key in ("after", "before")
        if key in arguments
    ]
    size = compiler.parameter(bind, "bigint")
    where = compiler.conditions(source, inner, row, arguments, cuts)
    keys = order_sql(order, alias, reverse=backwards)
    rows = f"SELECT * FROM {identifier(table)} AS {alias}{where} ORDER BY {keys} LIMIT {size} + 1"
    numbered = (
        f"SELECT {alias}.*, row_number() OVER (ORDER BY {keys}) AS onesql_position, "  # noqa: S608
        f"count(*) OVER () AS onesql_found FROM ({rows}) AS {alias}"
    )

    def count() -> str:
        every = compiler.row_of(node_type, row)
        counted = compiler.conditions(source, every, row, arguments)
        return f"(SELECT count(*)::text FROM {from_table(every)}{counted})"  # noqa: S608

    page = _Page(
        inner, table, order, size, backwards, "before" in arguments, "after" in arguments, count
    )
    return page, inner, f"({numbered}) AS {alias}"


def _cut(
    compiler: Compiler, row: Row, table: str, order: Order, argument: Argument, *, after: bool
) -> str:
    name = "after" if after else "before"

    def key(index: int) -> Any:
        def bind(variables: Any) -> str:
            try:
                return read_cursor(argument.bind(variables), table, order)[index]
            except BadCursor:
                raise BadArgument(name, f"`{name}` is not a cursor of this connection.") from None

        return bind

    columns = ", ".join(f"{row.alias}.{identifier(column)}" for column, _ in order.columns)
    values = ", ".join(
        compiler.parameter(key(index), kind) for index, (_, kind) in enumerate(order.columns)
    )
    sign = ">" if after != order.descending else "<"
    return f"({columns}) {sign} ({values})"


def _fields(
    compiler: Compiler,
    kind: GraphQLObjectType,
    nodes: list[FieldNode],
    page: _Page,
    inner: Row,
) -> Text:
    text = Text().constant("{")
    fields = compiler.selections.collect(kind, compiler.selections.below(nodes))
    for index, (key, found) in enumerate(fields.items()):
        text.key(key, first=index == 0)
        match found[0].name.value:
            case "__typename":
                text.constant(f'"{kind.name}"')
            case "edges":
                text.expression(page.each(_edge(compiler, kind, found, page, inner).sql()))
            case "nodes":
                named = get_named_type(kind.fields["nodes"].type)
                below = compiler.selections.below(found)
                text.expression(page.each(compiler.object(named, below, inner).sql()))
            case "pageInfo":
                text.extend(_page_info(compiler, kind, found, page))
            case "totalCount":
                text.expression(page.count())
            case other:
                message = f"{kind.name}.{other} is not a field of a connection"
                raise LookupError(message)
    return text.constant("}")


def _edge(
    compiler: Compiler,
    kind: GraphQLObjectType,
    nodes: list[FieldNode],
    page: _Page,
    inner: Row,
) -> Text:
    edge: GraphQLObjectType = get_named_type(kind.fields["edges"].type)
    text = Text().constant("{")
    fields = compiler.selections.collect(edge, compiler.selections.below(nodes))
    for index, (key, found) in enumerate(fields.items()):
        text.key(key, first=index == 0)
        match found[0].name.value:
            case "__typename":
                text.constant(f'"{edge.name}"')
            case "cursor":
                text.constant('"').expression(page.cursor).constant('"')
            case _:
                named = get_named_type(edge.fields["node"].type)
                text.extend(compiler.object(named, compiler.selections.below(found), inner))
    return text.constant("}")


def _page_info(
    compiler: Compiler, kind: GraphQLObjectType, nodes: list[FieldNode], page: _Page
) -> Text:
    info: GraphQLObjectType = get_named_type(kind.fields["pageInfo"].type)
    text = Text().constant("{")
    fields = compiler.selections.collect(info, compiler.selections.below(nodes))
    for index, (key, found) in enumerate(fields.items()):
        text.key(key, first=index == 0)
        match found[0].name.value:
            case "__typename":
                text.constant(f'"{info.name}"')
            case "hasNextPage":
                text.expression(page.more(ahead=True))
            case "hasPreviousPage":
                text.expression(page.more(ahead=False))
            case "startCursor":
                text.expression(page.cursor_at(start=True))
            case _:
                text.expression(page.cursor_at(start=False))
    return text.constant("}")
