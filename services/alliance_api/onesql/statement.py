"""A statement under construction: aliases, parameters, rows, joins, conditions.

Every object, list and connection becomes a lateral sub-select that returns its JSON text as `j`
and, where it leads to somebody's data, the subjects it touched as `s` (ids joined by commas).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues

from .arguments import Argument, Bind
from .rows import Row, Site
from .selection import Selections
from .sources import Connection, Filter, ToMany, ToOne, table_of
from .text import Text, identifier

Render = Callable[[str, list[FieldNode]], Text]


class Statement(ABC):
    """What every kind of source needs to add its part."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        *,
        tenant: str | None = None,
        scalars: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare; `tenant` is a column every join also goes by, `scalars` name -> template."""
        self.schema = schema
        self.variables = variables
        self.scalars = scalars or {}
        self.binders: list[Bind] = []
        self.labels: set[str] = set()
        self.sealed = False
        self._selections = Selections(schema, fragments, variables)
        self.tenant = tenant
        self._aliases = 0

    @abstractmethod
    def object(
        self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode], row: Row, levels: int
    ) -> Text:
        """Return the JSON text of an object made of a row."""

    def assemble(
        self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode], render: Render
    ) -> Text:
        """Return the JSON text of an object whose fields are made by `render`."""
        text = Text().constant("{")
        for index, (key, nodes) in enumerate(self._selections.collect(kind, sets).items()):
            text.key(key, first=index == 0)
            if nodes[0].name.value == "__typename":
                text.constant(f'"{kind.name}"')
            else:
                text.extend(render(key, nodes))
        return text.constant("}")

    # Names, parameters, labels

    def alias(self) -> str:
        """Return a new table alias."""
        self._aliases += 1
        return f"t{self._aliases}"

    def parameter(self, bind: Bind, sql_type: str) -> str:
        """Return a typed placeholder for a value bound later."""
        self.binders.append(bind)
        return f"${len(self.binders)}::{sql_type}"

    def touch(self, label: str | None) -> None:
        """Note that a kind of confidential data is selected."""
        if label:
            self.labels.add(label)

    # Rows and joins

    def row_of(self, kind: GraphQLObjectType, outer: Row) -> Row:
        """Return a new row of an object type's table."""
        table = table_of(kind)
        if table is None:
            raise LookupError(f"{kind.name} has no table")
        self.touch(table.label)
        inside = outer.inside_subject or table.subject is not None
        return Row(self.alias(), table, inside_subject=inside, arguments=outer.arguments)

    def companion(self, row: Row, name: str) -> str:
        """Return the alias of a row's companion, joined once."""
        if name not in row.companions:
            if row.table is None:
                raise LookupError(f"{name}: there is no row here")
            join = row.table.companions[name]
            self.touch(join.label)
            alias = self.alias()
            on = self._on(alias, join.on, row)
            row.joins.append(f"LEFT JOIN {identifier(join.table)} {alias} ON {on}")
            row.companions[name] = alias
        return row.companions[name]

    def lateral(self, row: Row, inner: Row, text: str, source: str, *, many: bool = False) -> str:
        """Join `source` laterally to `row`; return the SQL of its JSON text."""
        touched = None if row.inside_subject else subjects_of(inner)
        if touched and many:
            touched = f"string_agg({touched}, ',')"
        columns = f"{text} AS j" + (f", {touched} AS s" if touched else "")
        return self.join(row, f"SELECT {columns} FROM {source}", touched=bool(touched))

    def join(self, row: Row, select: str, *, touched: bool) -> str:
        """Join a whole sub-select laterally to `row`; return the SQL of its `j`."""
        alias = self.alias()
        row.joins.append(f"LEFT JOIN LATERAL ({select}) {alias} ON true")
        if touched:
            row.subjects.append(f"{alias}.s")
        return f"{alias}.j"

    # Conditions

    def conditions(
        self,
        source: ToOne | ToMany | Connection,
        inner: Row,
        site: Site,
        extra: Iterable[str] = (),
    ) -> str:
        """Return the WHERE clause of a relation."""
        outer, arguments = site.row, site.arguments
        parts = [on] if (on := self._on(inner.alias, source.on, outer)) else []
        parts += [where.format(row=inner.alias, outer=outer.alias) for where in source.where]
        parts += [
            self._filter(found, inner.alias, arguments[found.argument])
            for found in source.filters
            if found.argument in arguments and found.unless not in arguments
        ]
        parts += extra
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _filter(self, source: Filter, alias: str, argument: Argument) -> str:
        if "{value}" not in source.sql:
            return source.sql.format(row=alias)
        parse, bind = source.parse, argument.text
        bound: Bind = bind if parse is None else lambda variables: parse(bind(variables))
        return source.sql.format(row=alias, value=self.parameter(bound, source.type))

    def _on(self, alias: str, on: Mapping[str, str], outer: Row) -> str:
        pairs = dict(on)
        if self.tenant and outer.table:
            pairs = {self.tenant: self.tenant, **pairs}
        return " AND ".join(
            f"{alias}.{identifier(theirs)} = {outer.column(own)}" for own, theirs in pairs.items()
        )


def subjects_of(row: Row) -> str | None:
    """Return the SQL of the subjects that a row is about, or else leads to."""
    if row.table and row.table.subject:
        return f"{row.column(row.table.subject)}::text"
    if not row.subjects:
        return None
    return f"nullif(concat_ws(',', {', '.join(row.subjects)}), '')"
