"""Which fields a selection really asks for: fragments opened, `@skip` and `@include` decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    get_directive_values,
    is_abstract_type,
)
from graphql.execution.values import VariableValues

Fields = dict[str, list[FieldNode]]


class Selections:
    """Collects fields as the specification's CollectFields does, once per object type."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def collect(self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Fields:
        """Return response key -> field nodes, in the order in which they were first named."""
        fields: Fields = {}
        seen: set[str] = set()
        for selections in sets:
            self._collect(kind, selections, fields, seen)
        return fields

    def wanted(self, selections: SelectionSetNode) -> Iterator[SelectionNode]:
        """Yield the selections that are neither skipped nor left out."""
        return (node for node in selections.selections if self._is_wanted(node))

    def inside(self, node: SelectionNode, kind: GraphQLObjectType) -> SelectionSetNode | None:
        """Return the selections of a fragment or its spread, if it applies to an object type."""
        fragment: FragmentDefinitionNode | InlineFragmentNode
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments[node.name.value]
        elif isinstance(node, InlineFragmentNode):
            fragment = node
        else:
            return None
        condition = fragment.type_condition
        applies = condition is None or self._is_a(kind, condition.name.value)
        return fragment.selection_set if applies else None

    def _collect(
        self, kind: GraphQLObjectType, sets: SelectionSetNode, fields: Fields, seen: set[str]
    ) -> None:
        for node in self.wanted(sets):
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in seen:
                    continue
                seen.add(node.name.value)
            if inner := self.inside(node, kind):
                self._collect(kind, inner, fields, seen)

    def _is_a(self, kind: GraphQLObjectType, name: str) -> bool:
        condition = self._schema.get_type(name)
        if condition is kind:
            return True
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, kind)

    def _is_wanted(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not include or bool(include["if"])
