"""Errors as clients read them: located, coded, and never an echo of what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson
from graphql import GraphQLError, Source

_VARIABLE = re.compile(r"(Variable '\$\w+' has invalid value(?: at [\w.\[\]]+)?: )(.*)", re.DOTALL)
# What graphql-core says before it quotes: everything behind is the sender's.
# What a scalar of ours said; graphql-core puts the value behind it.
_OURS = re.compile(r"but encountered error '(.*?)'; found", re.DOTALL)
_SAYING = re.compile(r"[A-Za-z0-9 \-']*?(?=:| '|$)")


def unechoed(error: GraphQLError) -> GraphQLError:
    """Return a variable's error without the value in it."""
    found = _VARIABLE.match(error.message)
    if not found:
        return GraphQLError(
            "A variable has an invalid value.", error.nodes, extensions={"code": "BAD_VARIABLE"}
        )
    where, saying = found.groups()
    if ours := _OURS.search(saying):
        told = ours[1]
    elif saying.startswith("Expected"):
        # The name of a field nobody knows is the sender's too.
        told = re.sub(r"([,;] found|(?<=unknown field) ).*", ".", saying, flags=re.DOTALL)
    elif saying.startswith("Value "):
        told = "The value is not one of this type."
    else:
        told = (match.group() if (match := _SAYING.match(saying)) else "").strip() + "."
    return GraphQLError(where + told, error.nodes, extensions={"code": "BAD_VARIABLE"})


# Where graphql-core quotes a value out of a document; names of fields and types it may repeat.
_QUOTED = re.compile(
    r"(?<=value): .*|,? found:? (?=[\"'\d\[{-]|String|BlockString|Int|Float).*"
    r"|(?<=Unexpected String) .*|(?<=Unexpected Int) .*|(?<=Unexpected Float) .*"
    r"|(?<=Unexpected BlockString) .*",
    re.DOTALL,
)


def unquoted(error: GraphQLError) -> GraphQLError:
    """Return a document's error without the values in it."""
    error.message = _QUOTED.sub(".", error.message)
    return error


def formatted(error: GraphQLError) -> dict[str, Any]:
    """Return an error as the specification prints it."""
    found: dict[str, Any] = {"message": error.message}
    if error.locations:
        found["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    if error.path:
        found["path"] = error.path
    found["extensions"] = error.extensions or {"code": "BAD_REQUEST"}
    return found


def request_errors(errors: Iterable[GraphQLError]) -> bytes:
    """Return the body of a request that was not executed."""
    return orjson.dumps({"errors": [formatted(error) for error in errors]})


def plain(code: str, message: str, at: tuple[Source, int] | None = None) -> bytes:
    """Return the body of one error, with its place in a text if there is one."""
    source, positions = (at[0], [at[1]]) if at else (None, None)
    extensions = {"code": code}
    error = GraphQLError(message, source=source, positions=positions, extensions=extensions)
    return request_errors([error])


def camel(field: str | None) -> str | None:
    """Return a field's path as GraphQL spells it: `answers[3].not_applicable` in camel case."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), field) if field else field
