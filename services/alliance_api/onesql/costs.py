"""The cost of an operation: how many objects its answer could hold.

A connection counts its `first`, `last` or default page, a list its limit or what is expected of
it; what is below counts for every item. What a selection costs on a type is remembered, so the
work is linear in the document. Fields that are named twice count twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
)
from graphql.execution.values import VariableValues

from .arguments import arguments_of
from .limits import ENOUGH, Limits
from .refusals import TOO_COSTLY, refusal
from .selection import Selections
from .sources import DEFAULT_PAGE, LARGEST_PAGE, Connection, ToMany, UnionList, source_of

_UNKNOWN = 10

# Objects that come once, and objects that come once for each row of the page around them.
Count = tuple[int, int]


class Costs:
    """Counts objects for one request; `visits` counts the work of counting."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
    ) -> None:
        self.visits = 0
        self._schema = schema
        self._variables = variables
        self._selections = Selections(schema, fragments, variables)
        self._counts: dict[tuple[int, str], Count] = {}

    def of(self, operation: OperationDefinitionNode) -> int:
        """Return the cost of an operation."""
        root = self._schema.get_root_type(operation.operation)
        return self._set(operation.selection_set, root)[0] if root else 0

    def _set(self, selections: SelectionSetNode, kind: GraphQLObjectType) -> Count:
        key = (id(selections), kind.name)
        if key not in self._counts:
            self._counts[key] = self._count(selections, kind)
        return self._counts[key]

    def _count(self, selections: SelectionSetNode, kind: GraphQLObjectType) -> Count:
        once = each = 0
        for node in self._selections.wanted(selections):
            self.visits += 1
            if isinstance(node, FieldNode):
                found = self._field(node, kind)
            else:
                inner = self._selections.inside(node, kind)
                found = self._set(inner, kind) if inner else (0, 0)
            once, each = once + found[0], each + found[1]
        return min(once, ENOUGH), min(each, ENOUGH)

    def _field(self, node: FieldNode, kind: GraphQLObjectType) -> Count:
        definition = kind.fields.get(node.name.value)
        if definition is None or node.selection_set is None:
            return 0, 0
        counts = [self._set(node.selection_set, member) for member in self._members(definition)]
        once = max((count[0] for count in counts), default=0)
        each = max((count[1] for count in counts), default=0)
        match source_of(definition):
            case Connection():
                return 1 + once + each * self._page(definition, node), 0
            case ToMany(limit=limit, expected=expected) | UnionList(limit=limit, expected=expected):
                times = self._number(definition, node, (limit,)) or expected
            case None if is_list_type(get_nullable_type(definition.type)):
                return 0, 1 + once + each * _UNKNOWN  # the edges or nodes of a connection
            case _:
                times = 1
        return times * (1 + once + each * _UNKNOWN), 0

    def _members(self, definition: GraphQLField) -> Iterable[GraphQLObjectType]:
        named = get_named_type(definition.type)
        if is_abstract_type(named):
            return self._schema.get_possible_types(named)
        return [named] if isinstance(named, GraphQLObjectType) else []

    def _page(self, definition: GraphQLField, node: FieldNode) -> int:
        return self._number(definition, node, ("first", "last")) or DEFAULT_PAGE

    def _number(
        self, definition: GraphQLField, node: FieldNode, names: Iterable[str | None]
    ) -> int | None:
        arguments = arguments_of(definition, node, self._variables)
        for name in names:
            if name in arguments:
                # What is out of range is refused when the statement is made, as what it is.
                return max(1, min(LARGEST_PAGE, int(str(arguments[name].value))))
        return None


def check_cost(
    cost: int, operation: OperationDefinitionNode, limits: Limits
) -> GraphQLError | None:
    """Return the error of an operation that could return too many objects."""
    if cost <= limits.cost:
        return None
    message = f"The operation could return {cost} objects; {limits.cost} are allowed."
    return refusal(TOO_COSTLY, message, operation, limit=limits.cost, found=cost)
