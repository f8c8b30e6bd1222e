"""What of a request's variables decides the statement; everything else is a parameter.

Booleans decide `@skip` and `@include`, enum values decide orders, the prefix of a global id
decides a type. Of all other values it only matters whether they are there, and whether null. A
shape never holds a text that somebody wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import Enum

from graphql import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputType,
    Node,
    OperationDefinitionNode,
    VariableNode,
    get_nullable_type,
    is_enum_type,
)
from graphql.execution.values import VariableValues

from .sources import prefix_of

Shape = tuple[object, ...]

_ABSENT = "absent"
_NULL = "null"
_GIVEN = "given"


def shape_of(variables: VariableValues, names: Iterable[str], prefixes: Collection[str]) -> Shape:
    """Return the shape of the named variables."""
    return tuple(_shape(variables, name, prefixes) for name in names)


def _shape(variables: VariableValues, name: str, prefixes: Collection[str]) -> object:
    if name not in variables.coerced:
        return _ABSENT
    value = variables.coerced[name]
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return value
    if _is_enum(variables.sources[name].signature.type):
        return ("=", value.name if isinstance(value, Enum) else value)
    if isinstance(value, int | float | list | Mapping):
        return _GIVEN
    prefix = prefix_of(str(value))
    return ("-", prefix) if prefix in prefixes else _GIVEN


def _is_enum(kind: GraphQLInputType) -> bool:
    return is_enum_type(get_nullable_type(kind))


def variables_used(
    operation: OperationDefinitionNode,
    starts: Iterable[Node],
    fragments: Mapping[str, FragmentDefinitionNode],
) -> tuple[str, ...]:
    """Return the operation's variables that are used at or below some nodes, in their order."""
    used: set[str] = set()
    opened: set[str] = set()
    pending = list(starts)
    while pending:
        node = pending.pop()
        if isinstance(node, VariableNode):
            used.add(node.name.value)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in opened:
            opened.add(node.name.value)
            pending.append(fragments[node.name.value])
        pending.extend(children(node))
    defined = (
        definition.variable.name.value for definition in operation.variable_definitions or ()
    )
    return tuple(name for name in defined if name in used)


def children(node: Node) -> Iterable[Node]:
    """Yield the nodes directly below a node."""
    for key in node.keys:
        value = getattr(node, key)
        for child in value if isinstance(value, list | tuple) else (value,):
            if isinstance(child, Node):
                yield child
