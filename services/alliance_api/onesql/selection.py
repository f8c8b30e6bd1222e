"""Which fields a selection really asks for: fragments opened, `@skip` and `@include` decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
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
        """Keep what is the same for the whole operation."""
        self._schema = schema
        self._fragments = fragments
        self._variables = variables

    def collect(self, parent: GraphQLObjectType, sets: Iterable[SelectionSetNode]) -> Fields:
        """Return response key -> field nodes, in the order in which they were first named."""
        fields: Fields = {}
        seen: set[str] = set()
        for selection_set in sets:
            self._collect(parent, selection_set, fields, seen)
        return fields

    def below(self, nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
        """Return the selection sets of field nodes that share a response key."""
        return [node.selection_set for node in nodes if node.selection_set]

    def _collect(
        self, parent: GraphQLObjectType, sets: SelectionSetNode, fields: Fields, seen: set[str]
    ) -> None:
        for node in sets.selections:
            if not self._wanted(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                if node.name.value not in seen:
                    seen.add(node.name.value)
                    self._open(parent, self._fragments[node.name.value], fields, seen)
            elif isinstance(node, InlineFragmentNode):
                self._open(parent, node, fields, seen)

    def _open(
        self,
        parent: GraphQLObjectType,
        fragment: FragmentDefinitionNode | InlineFragmentNode,
        fields: Fields,
        seen: set[str],
    ) -> None:
        if self._applies(fragment, parent):
            self._collect(parent, fragment.selection_set, fields, seen)

    def _applies(
        self, fragment: FragmentDefinitionNode | InlineFragmentNode, parent: GraphQLObjectType
    ) -> bool:
        if not fragment.type_condition:
            return True
        condition: GraphQLNamedType | None = self._schema.get_type(
            fragment.type_condition.name.value
        )
        if condition is parent:
            return True
        return is_abstract_type(condition) and self._is_possible(condition, parent)

    def _is_possible(self, abstract: GraphQLAbstractType, parent: GraphQLObjectType) -> bool:
        return self._schema.is_sub_type(abstract, parent)

    def _wanted(self, node: FieldNode | FragmentSpreadNode | InlineFragmentNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not include or bool(include["if"])
