"""What the specification asks for when a non-null value is missing: bubble the null, say where.

The database prints a hole (`text.HOLE`) at the exact place; this slow path runs only for answers
that hold one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from .selection import Fields, Selections
from .text import HOLE

_MARK = "\ue000onesql-hole\ue000"
_NULL = object()


class Mender:
    """Replaces holes by nulls, bubbled as far as the types demand, and lists the errors."""

    def __init__(self, schema: GraphQLSchema, selections: Selections) -> None:
        """Keep the schema and how selections are opened."""
        self._schema = schema
        self._selections = selections
        self.errors: list[dict[str, Any]] = []

    def mend(self, body: bytes, root: GraphQLObjectType, fields: Fields) -> Any:
        """Return the mended data of an answer; `errors` then holds one error per hole."""
        data = json.loads(body.replace(HOLE.encode(), json.dumps(_MARK).encode()))
        mended = self._object(data, root, fields, [])
        return None if mended is _NULL else mended

    def _object(self, value: Any, kind: GraphQLObjectType, fields: Fields, path: list[Any]) -> Any:
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename" or key not in value:
                continue
            child_type = kind.fields[name].type
            child = self._value(value[key], child_type, nodes, [*path, key])
            if child is _NULL:
                return _NULL
            value[key] = child
        return value

    def _value(self, value: Any, kind: GraphQLOutputType, nodes: Any, path: list[Any]) -> Any:
        if is_non_null_type(kind):
            if value == _MARK:
                self._report(path)
                return _NULL
            return self._value(value, kind.of_type, nodes, path)
        if value is None:
            return None
        found = self._list(value, kind, nodes, path) if is_list_type(kind) else None
        if found is None:
            found = self._leaf_or_object(value, kind, nodes, path)
        return None if found is _NULL else found

    def _list(self, value: Any, kind: Any, nodes: Any, path: list[Any]) -> Any:
        items = [
            self._value(item, kind.of_type, nodes, [*path, index])
            for index, item in enumerate(value)
        ]
        return _NULL if any(item is _NULL for item in items) else items

    def _leaf_or_object(self, value: Any, kind: Any, nodes: Any, path: list[Any]) -> Any:
        if not isinstance(value, dict):
            return value
        for concrete in self._candidates(kind):
            fields = self._selections.collect(concrete, self._selections.below(nodes))
            if list(fields) == list(value):
                return self._object(value, concrete, fields, path)
        return value

    def _candidates(self, kind: Any) -> Iterator[GraphQLObjectType]:
        named = get_named_type(kind)
        if is_object_type(named):
            yield named
        else:
            yield from self._schema.get_possible_types(named)

    def _report(self, path: list[Any]) -> None:
        self.errors.append(
            {
                "message": "A value that must not be null is missing.",
                "path": path,
                "extensions": {"code": "MISSING_VALUE"},
            }
        )
