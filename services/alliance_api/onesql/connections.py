"""Relay connections by keyset: one page, its edges, its page info, in one sub-select.

Forwards (`first`, the default) the page is the first rows after `after`; backwards (`last`, or
`before` alone) the last rows before `before`. `hasNextPage` looks ahead when paging forwards and
says whether `before` was given when paging backwards; `hasPreviousPage` is its mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import FieldNode, GraphQLObjectType
from graphql.execution.values import VariableValues

from .arguments import Argument, Bind, as_parameter
from .cursors import BadCursorError, cursor_sql, read_cursor
from .refusals import ARGUMENTS_CONFLICT, BAD_CURSOR
from .rows import Row, Site, object_type
from .sources import DEFAULT_PAGE, Connection, Order
from .statement import Statement
from .text import Text


@dataclass(slots=True)
class _Page:
    """What the fields of one connection share."""

    statement: Statement
    source: Connection
    site: Site
    row: Row
    order: Order
    size: str
    backwards: bool
    shown: bool = field(default=False)

    @property
    def cursor(self) -> str:
        table = self.row.table.name if self.row.table else ""
        return cursor_sql(self.row.alias, table, self.order)

    @property
    def position(self) -> str:
        return f"{self.row.alias}.onesql_position"

    @property
    def found(self) -> str:
        return f"{self.row.alias}.onesql_found"

    def each(self, text: Text) -> Text:
        """Return the JSON list of `text` over the rows of the page, in the asked order."""
        word = " DESC" if self.backwards else ""
        listed = f"string_agg({text.sql()}, ',' ORDER BY {self.position}{word})"
        return Text().expression(f"coalesce('[' || {listed} || ']', '[]')")

    def cursor_at(self, *, start: bool) -> Text:
        """Return the JSON of the first or last cursor of the page."""
        position = "1" if start != self.backwards else f"least({self.found}, {self.size})"
        found = f"max({self.cursor}) FILTER (WHERE {self.position} = {position})"
        return Text().expression(f"coalesce('\"' || {found} || '\"', 'null')")

    def more(self, *, ahead: bool) -> Text:
        """Return the JSON of hasNextPage (`ahead`) or hasPreviousPage."""
        if ahead != self.backwards:
            return Text().expression(f"(coalesce(max({self.found}), 0) > {self.size})::text")
        cut = "before" if ahead else "after"
        return Text().constant("true" if cut in self.site.arguments else "false")

    def total(self) -> Text:
        """Return the JSON of how many rows there are on all pages."""
        every = Row(self.statement.alias(), self.row.table)
        where = self.statement.conditions(self.source, every, self.site)
        return Text().expression(f"(SELECT count(*)::text FROM {every.source}{where})")

    def object(self, site: Site) -> Text:
        """Return the JSON text of the object of a row."""
        self.shown = True
        return self.statement.object(site.kind, site.below, self.row, site.levels_below)


def connection(statement: Statement, source: Connection, site: Site) -> Text:
    """Return the JSON text of a connection."""
    inner = statement.row_of(_node_type(site.kind), site.row)
    order = _order(source, site.arguments.get(source.order_argument or ""))
    size, backwards = _size(statement, site)
    page = _Page(statement, source, site, inner, order, size, backwards)

    def render(_: str, nodes: list[FieldNode]) -> Text:
        return _field(page, _below(site, nodes))

    text = statement.assemble(site.kind, site.below, render)
    rows = f"{inner.from_clause(_rows(page))} GROUP BY ()"
    if not page.shown:  # a count is nobody's data
        inner = Row(inner.alias, None)
    return Text().expression(statement.lateral(site.row, inner, text.sql(), rows, many=True))


def _node_type(kind: GraphQLObjectType) -> GraphQLObjectType:
    if "nodes" in kind.fields:
        return object_type(kind.fields["nodes"].type)
    return object_type(object_type(kind.fields["edges"].type).fields["node"].type)


def _order(source: Connection, chosen: Argument | None) -> Order:
    if chosen is None:
        return source.order
    return source.orders[str(as_parameter(chosen.value))]


def _size(statement: Statement, site: Site) -> tuple[str, bool]:
    """Return the parameter that says how many rows are asked for, and whether from the end."""
    first, last = site.arguments.get("first"), site.arguments.get("last")
    if first and last:
        raise last.refusal(ARGUMENTS_CONFLICT, "Give `first` or `last`, not both.")
    asked = first or last
    if asked is None:
        return f"{DEFAULT_PAGE}::bigint", "before" in site.arguments
    asked.page_size(statement.variables)
    return statement.parameter(asked.page_size, "bigint"), last is not None


def _rows(page: _Page) -> str:
    """Return the page as a table, each row with its position and how many were found.

    One row more than asked is read, and dropped before anything is joined to it.
    """
    row, keys = page.row, page.row.keys(page.order, reverse=page.backwards)
    cuts = [
        _cut(page, page.site.arguments[name], after=name == "after")
        for name in ("after", "before")
        if name in page.site.arguments
    ]
    where = page.statement.conditions(page.source, row, page.site, cuts)
    read = f"SELECT * FROM {row.source}{where} ORDER BY {keys} LIMIT {page.size} + 1"
    return (
        f"(SELECT {row.alias}.*, row_number() OVER (ORDER BY {keys}) AS onesql_position, "
        f"count(*) OVER () AS onesql_found FROM ({read}) AS {row.alias} "
        f"ORDER BY onesql_position LIMIT {page.size}) AS {row.alias}"
    )


def _cut(page: _Page, argument: Argument, *, after: bool) -> str:
    def key(index: int) -> Bind:
        return lambda variables: _keys(page, argument, variables)[index]

    order = page.order
    columns = ", ".join(page.row.column(name) for name, _ in order.columns)
    values = ", ".join(
        page.statement.parameter(key(index), kind) for index, (_, kind) in enumerate(order.columns)
    )
    return f"({columns}) {'>' if after != order.descending else '<'} ({values})"


def _keys(page: _Page, argument: Argument, variables: VariableValues) -> list[str]:
    table = page.row.table.name if page.row.table else ""
    try:
        return read_cursor(argument.bind(variables), table, page.order)
    except BadCursorError:
        message = f"`{argument.name}` is not a cursor of this connection."
        raise argument.refusal(BAD_CURSOR, message) from None


def _below(site: Site, nodes: list[FieldNode]) -> Site:
    """Return the site of a field of the connection, an edge or the page info."""
    kind = site.kind.fields[nodes[0].name.value].type
    return Site(kind, nodes, site.row, {}, site.levels_below)


def _field(page: _Page, site: Site) -> Text:
    match site.nodes[0].name.value:
        case "edges":
            return page.each(_edge(page, site))
        case "nodes":
            return page.each(page.object(site))
        case "pageInfo":
            return _page_info(page, site)
        case "totalCount":
            return page.total()
        case other:
            raise LookupError(f"{other} is not a field of a connection")


def _edge(page: _Page, site: Site) -> Text:
    def render(_: str, nodes: list[FieldNode]) -> Text:
        inner = _below(site, nodes)
        if nodes[0].name.value == "node":
            return page.object(inner)
        return inner.finished(f"('\"' || {page.cursor} || '\"')")

    return page.statement.assemble(site.kind, site.below, render)


def _page_info(page: _Page, site: Site) -> Text:
    def render(_: str, nodes: list[FieldNode]) -> Text:
        match nodes[0].name.value:
            case "hasNextPage":
                return page.more(ahead=True)
            case "hasPreviousPage":
                return page.more(ahead=False)
            case "startCursor":
                return page.cursor_at(start=True)
            case _:
                return page.cursor_at(start=False)

    return page.statement.assemble(site.kind, site.below, render)
