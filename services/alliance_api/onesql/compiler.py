"""From a validated selection to one SQL statement.

Every object, list and connection becomes a lateral sub-select that returns its JSON text as `j`
and, where it leads to somebody's data, the subjects it touched as `s`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues

from . import connections
from .arguments import Argument, Bind, arguments_of
from .plan import Plan
from .rows import Row, check_size, from_table, order_sql
from .scalars import scalar_sql
from .selection import Selections
from .sources import (
    Column,
    Computed,
    Connection,
    Filter,
    Inline,
    Node,
    Source,
    ToMany,
    ToOne,
    Union,
    UnionList,
    source_of,
    table_of,
)
from .text import HOLE_SQL, Text, identifier, quote


class Compiler:
    """Compiles one operation for one shape of variables."""

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
        self.selections = Selections(schema, fragments, variables)
        self._tenant = tenant
        self._scalars = scalars or {}
        self._binders: list[Bind] = []
        self._labels: set[str] = set()
        self._aliases = 0

    # The whole

    def compile(
        self,
        root: GraphQLObjectType,
        sets: Iterable[SelectionSetNode],
        *,
        head: str = "",
        tail: Bind | None = None,
        overrides: Mapping[str, Callable[[Compiler], str]] | None = None,
    ) -> Plan:
        """Return the plan of a root selection; `head` and `tail` wrap the JSON of the object."""
        fields = self.selections.collect(root, sets)
        row = Row("", None)
        text = Text().constant(head).extend(self._fields(root, fields, row, overrides or {}))
        if tail is not None:
            text.expression(self.parameter(tail, "text"))
        subjects = " || ".join(f"coalesce({s}, '{{}}')" for s in row.subjects)
        sql = (
            f"SELECT {text.sql()} AS body, {subjects or 'NULL::uuid[]'} AS subjects "  # noqa: S608
            f"FROM {row.from_clause('(SELECT) AS root')}"
        )
        return Plan(sql, tuple(self._binders), frozenset(self._labels), root, fields)

    # Objects

    def object(self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode], row: Row) -> Text:
        """Return the JSON text of an object made of a row."""
        return self._fields(kind, self.selections.collect(kind, sets), row, {})

    def _fields(
        self,
        kind: GraphQLObjectType,
        fields: Mapping[str, list[FieldNode]],
        row: Row,
        overrides: Mapping[str, Callable[[Compiler], str]],
    ) -> Text:
        text = Text().constant("{")
        for index, (key, nodes) in enumerate(fields.items()):
            text.key(key, first=index == 0)
            name = nodes[0].name.value
            if name == "__typename":
                text.constant(f'"{kind.name}"')
            elif key in overrides:
                text.expression(overrides[key](self))
            else:
                text.extend(self._field(kind, kind.fields[name], nodes, row))
        return text.constant("}")

    def _field(
        self, kind: GraphQLObjectType, definition: GraphQLField, nodes: list[FieldNode], row: Row
    ) -> Text:
        source = source_of(definition)
        if source is None:
            message = f"{kind.name}.{nodes[0].name.value} has no source"
            raise LookupError(message)
        arguments = {**row.arguments, **arguments_of(definition, nodes[0], self.variables)}
        return self._from_source(source, definition, nodes, row, arguments)

    def _from_source(
        self,
        source: Source,
        definition: GraphQLField,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        match source:
            case Column():
                return self._column(source, definition.type, row)
            case Computed():
                return self._computed(source, definition.type, row, arguments)
            case Inline():
                return self._inline(source, definition.type, nodes, row, arguments)
            case ToOne():
                named = get_named_type(definition.type)
                found = self._to_one(source, named, nodes, row, arguments)
                return finished(found, definition.type)
            case ToMany():
                return self._to_many(source, definition.type, nodes, row, arguments)
            case Connection():
                page = connections.connection(self, source, definition, nodes, row, arguments)
                return Text().expression(page)
            case Union():
                return self._union(source, definition.type, nodes, row, arguments)
            case UnionList():
                return self._union_list(source, definition.type, nodes, row, arguments)
            case Node():
                return self._node(source, definition.type, nodes, row, arguments)

    # Leaves

    def _column(self, source: Column, kind: GraphQLOutputType, row: Row) -> Text:
        alias = self._companion(row, source.companion) if source.companion else row.alias
        value = f"{alias}.{identifier(source.name)}"
        if source.prefix:
            rendered = f"('\"{source.prefix}-' || {value} || '\"')"
        else:
            rendered = self._leaf(kind, value)
        certain = is_non_null_type(kind) and source.companion is None
        return Text().expression(rendered) if certain else finished(rendered, kind)

    def _computed(
        self,
        source: Computed,
        kind: GraphQLOutputType,
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        if source.label:
            self._labels.add(source.label)
        names = {f"companion_{name}": self._companion(row, name) for name in source.companions}
        for name, sql_type in source.types.items():
            argument = arguments.get(name)
            names[name] = self.parameter(argument.bind, sql_type) if argument else "NULL"
        value = source.sql.format(row=row.alias, **names)
        return finished(value if source.json else self._leaf(kind, f"({value})"), kind)

    def _leaf(self, kind: GraphQLOutputType, value: str) -> str:
        is_list = is_list_type(get_nullable_type(kind))
        return scalar_sql(get_named_type(kind), value, self._scalars, is_list=is_list)

    def _companion(self, row: Row, name: str) -> str:
        if name not in row.companions:
            if row.table is None:
                raise LookupError(name)
            join = row.table.companions[name]
            if join.label:
                self._labels.add(join.label)
            alias = self.alias()
            on = self._on(alias, join.on, row.alias)
            row.joins.append(f"LEFT JOIN {identifier(join.table)} {alias} ON {on}")
            row.companions[name] = alias
        return row.companions[name]

    # Relations

    def _inline(
        self,
        source: Inline,
        kind: GraphQLOutputType,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        # The same row under other arguments: joins and subjects are shared, the scope is not.
        inner = replace(row, arguments=arguments)
        text = self.object(get_named_type(kind), self.selections.below(nodes), inner)
        if source.where is None:
            return text
        condition = source.where.format(row=row.alias)
        return finished(f"CASE WHEN {condition} THEN {text.sql()} END", kind)

    def _to_one(
        self,
        source: ToOne,
        kind: GraphQLObjectType,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> str:
        """Return the SQL of the object's JSON text, null where there is no row."""
        inner = self.row_of(kind, row)
        where = self.conditions(source, inner, row, arguments)
        text = self.object(kind, self.selections.below(nodes), inner)
        order = f" ORDER BY {order_sql(source.order, inner.alias)} LIMIT 1" if source.order else ""
        table = from_table(inner)
        if order and inner.joins:
            table = f"(SELECT * FROM {table}{where}{order}) AS {inner.alias}"
            where = order = ""
        return self.lateral(row, inner, text.sql(), f"{inner.from_clause(table)}{where}{order}")

    def _to_many(
        self,
        source: ToMany,
        kind: GraphQLOutputType,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        named = get_named_type(kind)
        inner = self.row_of(named, row)
        where = self.conditions(source, inner, row, arguments)
        limit = self._limit(source.limit, arguments)
        keys = order_sql(source.order, inner.alias)
        text = self.object(named, self.selections.below(nodes), inner)
        listed = f"'[' || string_agg({text.sql()}, ',' ORDER BY {keys}) || ']'"
        rows = f"{from_table(inner)}"
        if limit:
            # Page first, then join: else every row would be made before most are thrown away.
            rows = f"(SELECT * FROM {rows}{where} ORDER BY {keys}{limit}) AS {inner.alias}"
            where = ""
        found = f"{inner.from_clause(rows)}{where}"
        alias = self.lateral(row, inner, listed, found, many=True)
        return Text().expression(f"coalesce({alias}, {quote(source.empty)})")

    def _limit(self, name: str | None, arguments: Mapping[str, Argument]) -> str:
        if name is None or name not in arguments:
            return ""
        check_size(name, arguments[name].value)
        return f" LIMIT {self.parameter(arguments[name].bind, 'bigint')}"

    def _union(
        self,
        source: Union,
        kind: GraphQLOutputType,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        found = [
            self._to_one(member, self._object_type(name), nodes, row, arguments)
            for name, member in source.members.items()
        ]
        return finished(f"coalesce({', '.join(found)})", kind)

    def _union_list(
        self,
        source: UnionList,
        kind: GraphQLOutputType,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        branches = []
        for name, member in source.members.items():
            inner = self.row_of(self._object_type(name), row)
            where = self.conditions(member, inner, row, arguments)
            text = self.object(self._object_type(name), self.selections.below(nodes), inner)
            key = f"{inner.alias}.{identifier(source.keys[name])}"
            branches.append(
                f"SELECT {text.sql()} AS j, {key} AS k, {quote(name)} AS t, "
                f"{inner.alias}.id AS i FROM {inner.from_clause(from_table(inner))}{where}"
            )
        page = " UNION ALL ".join(branches)
        limit = self._limit(source.limit, arguments)
        alias = self.alias()
        row.joins.append(
            f"LEFT JOIN LATERAL (SELECT '[' || string_agg(m.j, ',' ORDER BY m.k, m.t, m.i) || ']' "
            f"AS j FROM (SELECT * FROM ({page}) AS u ORDER BY k, t, i{limit}) AS m) {alias} ON true"
        )
        del kind
        return Text().expression(f"coalesce({alias}.j, '[]')")

    def _node(
        self,
        source: Node,
        kind: GraphQLOutputType,
        nodes: list[FieldNode],
        row: Row,
        arguments: Mapping[str, Argument],
    ) -> Text:
        parts = source.split(str(arguments[source.argument].value))
        named = next(
            (
                possible
                for possible in self.schema.get_possible_types(get_named_type(kind))
                if parts and (table := table_of(possible)) and table.prefix == parts[0]
            ),
            None,
        )
        if named is None:
            return finished("NULL::text", kind)

        def parse(value: Any) -> str | None:
            split = source.split(str(value))
            return split[1] if split else None

        by_id = Filter(source.argument, '{row}."id" = {value}', "uuid", parse)
        found = self._to_one(ToOne(filters=(by_id,)), named, nodes, row, arguments)
        return finished(found, kind)

    # Building blocks, also used by `connections`

    def alias(self) -> str:
        """Return a new table alias."""
        self._aliases += 1
        return f"t{self._aliases}"

    def parameter(self, bind: Bind, sql_type: str) -> str:
        """Return a typed placeholder for a value bound later."""
        self._binders.append(bind)
        return f"${len(self._binders)}::{sql_type}"

    def row_of(self, kind: GraphQLObjectType, outer: Row) -> Row:
        """Return a new row of an object type's table."""
        table = table_of(kind)
        if table is None:
            message = f"{kind.name} has no table"
            raise LookupError(message)
        if table.label:
            self._labels.add(table.label)
        inside = outer.inside_subject or table.subject is not None
        return Row(self.alias(), table, inside_subject=inside, arguments=outer.arguments)

    def lateral(self, row: Row, inner: Row, text: str, source: str, *, many: bool = False) -> str:
        """Join `source` laterally to `row`; return the SQL of its JSON text."""
        alias = self.alias()
        subjects = self._subjects(row, inner, many=many)
        columns = f"{text} AS j" + (f", {subjects} AS s" if subjects else "")
        row.joins.append(f"LEFT JOIN LATERAL (SELECT {columns} FROM {source}) {alias} ON true")
        if subjects:
            row.subjects.append(f"{alias}.s")
        return f"{alias}.j"

    def _subjects(self, row: Row, inner: Row, *, many: bool) -> str | None:
        if row.inside_subject:
            return None
        if inner.table and inner.table.subject:
            column = f"{inner.alias}.{identifier(inner.table.subject)}"
            return f"array_agg({column})" if many else f"ARRAY[{column}]"
        if not inner.subjects:
            return None
        if many:
            message = "subjects below a list of rows that are nobody's cannot be gathered"
            raise LookupError(message)
        return " || ".join(f"coalesce({subject}, '{{}}')" for subject in inner.subjects)

    def conditions(
        self,
        source: ToOne | ToMany | Connection,
        inner: Row,
        outer: Row,
        arguments: Mapping[str, Argument],
        extra: Iterable[str] = (),
    ) -> str:
        """Return the WHERE clause of a relation."""
        parts = [self._on(inner.alias, source.on, outer.alias)] if source.on else []
        parts += [where.format(row=inner.alias, outer=outer.alias) for where in source.where]
        parts += [
            self._filter(found, inner.alias, arguments[found.argument])
            for found in source.filters
            if found.argument in arguments
        ]
        parts += extra
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _filter(self, source: Filter, alias: str, argument: Argument) -> str:
        parse, bind = source.parse, argument.bind
        bound: Bind = bind if parse is None else lambda variables: parse(bind(variables))
        return source.sql.format(row=alias, value=self.parameter(bound, source.type))

    def _on(self, alias: str, on: Mapping[str, str], outer: str) -> str:
        pairs = dict(on)
        if self._tenant:
            pairs = {self._tenant: self._tenant, **pairs}
        return " AND ".join(
            f"{alias}.{identifier(theirs)} = {outer}.{identifier(own)}"
            for own, theirs in pairs.items()
        )

    def _object_type(self, name: str) -> GraphQLObjectType:
        found = self.schema.get_type(name)
        if not isinstance(found, GraphQLObjectType):
            raise LookupError(name)
        return found


def finished(sql: str, kind: GraphQLOutputType) -> Text:
    """Return an expression that may be null as JSON: null where allowed, else a hole."""
    otherwise = HOLE_SQL if is_non_null_type(kind) else quote("null")
    return Text().expression(f"coalesce({sql}, {otherwise})")
