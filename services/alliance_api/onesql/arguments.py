"""Arguments of a field: what is known when a statement is made, and what is bound to it later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    Undefined,
    ValueNode,
    VariableNode,
    Visitor,
    get_argument_values,
    visit,
)
from graphql.execution.values import VariableValues

Bind = Callable[[VariableValues], Any]


class BadArgument(ValueError):
    """An argument outside what its field allows; `argument` names it."""

    def __init__(self, argument: str, message: str) -> None:
        """Keep the argument's name beside the message."""
        super().__init__(message)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its value now, and how to find it in later requests of the same shape."""

    value: Any
    bind: Bind


def arguments_of(
    definition: GraphQLField, node: FieldNode, variables: VariableValues
) -> dict[str, Argument]:
    """Return the arguments that are present and not null."""
    if not definition.args:
        return {}
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    values = get_argument_values(definition, node, variables)
    return {
        name: Argument(value, _binder(definition, node, name, given.get(name), value))
        for name, value in values.items()
        if value is not None
    }


def _binder(
    definition: GraphQLField, node: FieldNode, name: str, given: ValueNode | None, value: Any
) -> Bind:
    if given is None or not _holds_variable(given):
        return lambda _: value
    if isinstance(given, VariableNode):
        variable = given.name.value
        out_name = definition.args[name].default_value
        if out_name is Undefined:
            return lambda variables: variables.coerced.get(variable)
    return lambda variables: get_argument_values(definition, node, variables).get(name)


def _holds_variable(node: ValueNode) -> bool:
    found: list[str] = []

    class Find(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            found.append(variable.name.value)

    visit(node, Find())
    return bool(found)


def as_parameter(value: Any) -> str | None:
    """Return a value in PostgreSQL's text format."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "{" + ",".join(_element(as_parameter(item)) for item in value) + "}"
    return str(getattr(value, "value", value))


def _element(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shape(value: Any, prefixes: frozenset[str]) -> Any:
    """Return what of a variable's value decides the statement; the rest is a parameter.

    Booleans decide skip and include, small integers page sizes, enum values orders, and the
    prefix of an id its type. Everything else only matters by being there.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        prefix = value.partition("-")[0]
        return prefix if prefix in prefixes else "*"
    if isinstance(value, Mapping):
        return tuple((key, shape(value[key], prefixes)) for key in sorted(value))
    return getattr(value, "name", "*")
