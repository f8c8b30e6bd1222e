"""Arguments of a field: what is known when a statement is made, and what is bound to it later."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_argument_values,
)
from graphql.execution.values import VariableValues

from .refusals import ARGUMENT_OUT_OF_RANGE, BAD_TEXT, refusal
from .sources import LARGEST_OFFSET, LARGEST_PAGE

Bind = Callable[[VariableValues], object]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its value now, and how to find it in later requests of the same shape."""

    name: str
    value: object
    bind: Bind
    node: ArgumentNode | FieldNode

    def refusal(self, code: str, message: str) -> GraphQLError:
        """Return an error that stands where the argument was given."""
        return refusal(code, message, self.node, argument=self.name)

    def text(self, variables: VariableValues) -> object:
        """Return the value in a request, refused if PostgreSQL could not store it."""
        value = self.bind(variables)
        if not _is_storable(value):
            raise self.refusal(BAD_TEXT, f"`{self.name}` holds a character that no text may hold.")
        return value

    def page_size(self, variables: VariableValues) -> int:
        """Return the value in a request, refused if it is no page size."""
        value = self.bind(variables)
        if not isinstance(value, int) or not 1 <= value <= LARGEST_PAGE:
            message = f"`{self.name}` must be from 1 to {LARGEST_PAGE}."
            raise self.refusal(ARGUMENT_OUT_OF_RANGE, message)
        return value

    def offset(self, variables: VariableValues) -> int:
        """Return the value in a request, refused if so many rows cannot be stepped over."""
        value = self.bind(variables)
        if not isinstance(value, int) or not 0 <= value <= LARGEST_OFFSET:
            message = f"`{self.name}` must be from 0 to {LARGEST_OFFSET}."
            raise self.refusal(ARGUMENT_OUT_OF_RANGE, message)
        return value


def arguments_of(
    definition: GraphQLField, node: FieldNode, variables: VariableValues
) -> dict[str, Argument]:
    """Return the arguments that are present and not null."""
    if not definition.args:
        return {}
    given = {argument.name.value: argument for argument in node.arguments or ()}
    values = get_argument_values(definition, node, variables)
    found = {}
    for name, declared in definition.args.items():
        key = declared.out_name or name
        if values.get(key) is not None:
            place = given.get(name, node)
            bind = _variable(place, variables) or _constant(values[key])
            if isinstance(place, ArgumentNode) and _holds_variables(place.value):
                bind = _inside(definition, node, key)
            found[name] = Argument(name, values[key], bind, place)
    return found


def _constant(value: object) -> Bind:
    return lambda _: value


def _variable(place: ArgumentNode | FieldNode, variables: VariableValues) -> Bind | None:
    if isinstance(place, ArgumentNode) and isinstance(place.value, VariableNode):
        name = place.value.name.value
        if name in variables.coerced:  # else the argument has its default, in every such request
            return lambda later: later.coerced[name]
    return None


def _inside(definition: GraphQLField, node: FieldNode, key: str) -> Bind:
    return lambda later: get_argument_values(definition, node, later).get(key)


def _holds_variables(value: ValueNode) -> bool:
    """Tell whether a list or object holds variables."""
    pending = [] if isinstance(value, VariableNode) else [value]
    while pending:
        match pending.pop():
            case VariableNode():
                return True
            case ListValueNode(values=values):
                pending.extend(values)
            case ObjectValueNode(fields=fields):
                pending.extend(field.value for field in fields)
            case _:
                pass
    return False


def _is_storable(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, Mapping):
        return all(map(_is_storable, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_storable, value))
    return True


def as_parameter(value: object) -> str | None:
    """Return a value in PostgreSQL's text format; mappings become JSON."""
    if isinstance(value, Enum):
        value = value.value
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case list() | tuple():
            return "{" + ",".join(map(_element, value)) + "}"
        case Mapping():
            return json.dumps(value, default=str)
        case timedelta():
            return f"{value // timedelta(microseconds=1)} microseconds"
    return str(value)


def _element(value: object) -> str:
    text = as_parameter(value)
    if text is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
