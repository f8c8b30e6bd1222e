"""Errors of a request that its sender can understand: a code, a message, a place."""

from __future__ import annotations

from collections.abc import Collection

from graphql import GraphQLError, Node

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
TOO_LONG = "TOO_LONG"
TOO_DEEP = "TOO_DEEP"
TOO_MANY_ALIASES = "TOO_MANY_ALIASES"
TOO_MANY_DIRECTIVES = "TOO_MANY_DIRECTIVES"
TOO_MANY_FIELDS = "TOO_MANY_FIELDS"
TOO_COSTLY = "TOO_COSTLY"
ARGUMENT_OUT_OF_RANGE = "ARGUMENT_OUT_OF_RANGE"
ARGUMENTS_CONFLICT = "ARGUMENTS_CONFLICT"
BAD_CURSOR = "BAD_CURSOR"
BAD_TEXT = "BAD_TEXT"
UNKNOWN_OPERATION = "UNKNOWN_OPERATION"
MISSING_VALUE = "MISSING_VALUE"
UNREADABLE = "UNREADABLE"


def refusal(
    code: str, message: str, nodes: Node | Collection[Node] | None = None, **details: object
) -> GraphQLError:
    """Return a located error with `extensions.code`."""
    return GraphQLError(message, nodes, extensions={"code": code, **details})


class DocumentRefused(Exception):  # noqa: N818  (it says what happened)
    """A document that will not be executed, and why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
