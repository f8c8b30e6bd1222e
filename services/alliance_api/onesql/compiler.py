"""From a validated selection to one SQL statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from graphql import FieldNode, GraphQLObjectType, SelectionSetNode

from .arguments import Argument, Bind, arguments_of
from .connections import connection
from .leaves import column, computed, told
from .plan import Plan
from .relations import inline, node, to_many, to_one, union, union_list
from .rows import Row, Site
from .sources import (
    Column,
    Computed,
    Connection,
    Inline,
    Node,
    Source,
    Told,
    ToMany,
    ToOne,
    Union,
    UnionList,
    source_of,
)
from .statement import Statement, subjects_of
from .text import Text

Overrides = Mapping[str, Callable[[Statement], str]]


class Compiler(Statement):
    """Compiles one selection for one shape of variables (`shapes`). Use it once."""

    def compile(  # noqa: PLR0913  (all but two are optional)
        self,
        root: GraphQLObjectType,
        sets: Iterable[SelectionSetNode],
        *,
        head: str = "",
        tail: str | Bind = "",
        overrides: Overrides | None = None,
        arguments: Mapping[str, Argument] | None = None,
    ) -> Plan:
        """Return the plan of a selection on an object that has no row.

        `head` and `tail` wrap the JSON of the object; `overrides` are response keys whose JSON is
        made by other SQL; `arguments` are given to every field, as if it had them.
        """
        row, made = Row("", None, arguments=arguments or {}), overrides or {}

        def render(key: str, nodes: list[FieldNode]) -> Text:
            if key in made:
                return Text().expression(made[key](self))
            return self._field(root, nodes, row, 0)

        text = Text().constant(head).extend(self.assemble(root, sets, render))
        if isinstance(tail, str):
            text.constant(tail)
        else:
            text.expression(self.parameter(tail, "text"))
        sql = (
            f"SELECT {text.sql()} AS body, {_subjects(row)} AS subjects "
            f"FROM {row.from_clause('(SELECT) AS root')}"
        )
        return Plan(sql, tuple(self.binders), frozenset(self.labels), self.sealed)

    def object(
        self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode], row: Row, levels: int
    ) -> Text:
        """Return the JSON text of an object made of a row."""
        return self.assemble(kind, sets, lambda _, nodes: self._field(kind, nodes, row, levels))

    def _field(
        self, kind: GraphQLObjectType, nodes: list[FieldNode], row: Row, levels: int
    ) -> Text:
        definition = kind.fields[nodes[0].name.value]
        source = source_of(definition)
        if source is None:
            raise LookupError(f"{kind.name}.{nodes[0].name.value} has no source")
        own = arguments_of(definition, nodes[0], self.variables)
        inherited = {
            name: value for name, value in row.arguments.items() if name not in definition.args
        }
        site = Site(definition.type, nodes, row, {**inherited, **own}, levels)
        return self._from_source(source, site)

    def _from_source(  # noqa: C901, PLR0911  (one a source)
        self, source: Source, site: Site
    ) -> Text:
        match source:
            case Column():
                return column(self, source, site)
            case Computed():
                return computed(self, source, site)
            case Told():
                return told(self, source, site)
            case Inline():
                return inline(self, source, site)
            case ToOne():
                return site.finished(to_one(self, source, site.kind, site))
            case ToMany():
                return to_many(self, source, site)
            case Connection():
                return connection(self, source, site)
            case Union():
                return union(self, source, site)
            case UnionList():
                return union_list(self, source, site)
            case Node():
                return node(self, source, site)


def _subjects(row: Row) -> str:
    found = subjects_of(row)
    return f"string_to_array(coalesce({found}, ''), ',')::uuid[]" if found else "NULL::uuid[]"
