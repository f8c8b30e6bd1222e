"""A hypothesis strategy for valid documents over the toy library, with their variables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_object_type,
)
from hypothesis import strategies as st

from .pages import BY_DAY, BY_NAME, BY_TITLE, BY_WRITTEN, ORDERS, cursor_of
from .resolvers import Plain
from .shelves import AWKWARD

ABSENT = object()
DEEPEST = 5
INSTANTS = ("2026-03-04T00:00:00+00:00", "2026-03-10T06:00:00+00:00", "2020-01-01T00:00:00+00:00")


@dataclass
class Request:
    """A document, and two sets of variables that one plan must serve."""

    text: str
    values: dict[str, Any]
    others: dict[str, Any]


@dataclass
class _Writer:
    random: Random
    size: int
    schema: GraphQLSchema
    plain: Plain
    heads: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    budget: int = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.budget = 12 * self.size
        people = self.plain.rows["authors"] + self.plain.rows["shelves"]
        self.names = [row["name"] for row in people]

    def pick(self, options: Any) -> Any:
        return self.random.choice(list(options))

    def some(self, options: list[Any]) -> list[Any]:
        return self.random.sample(options, self.random.randrange(len(options)))

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def request(self) -> Request:
        assert self.schema.query_type
        body = self.selection(self.schema.query_type, 0)
        declared = ", ".join(f"${name}: {kind}" for name, kind in self.variables.items())
        head = f"query Q({declared})" if declared else "query Q"
        parts = [f"fragment {name} on {on} {text}" for name, (on, text) in self.fragments.items()]
        return Request("\n".join([f"{head} {body}", *parts]), self.values, self.others)

    # Selections

    def selection(self, kind: GraphQLNamedType, depth: int) -> str:
        count = self.random.randint(1, 3 + self.size // 2)
        parts = [self.part(kind, depth) for _ in range(count)]
        return "{ " + " ".join(parts) + " }"

    def part(self, kind: GraphQLNamedType, depth: int) -> str:
        is_union = not hasattr(kind, "fields")
        if depth < DEEPEST + 2 and self.chance(2 if is_union else 6):
            return self.fragment(kind, depth)
        fields = getattr(kind, "fields", {})
        is_wide = depth < DEEPEST and self.budget > 0 and not self.chance(3)
        names = [
            name
            for name, found in fields.items()
            if is_wide or not is_composite_type(get_named_type(found.type))
        ]
        if not names or self.chance(15):
            key = "__typename" if self.chance(2) else self.alias("__typename", "String!")
            return key + self.directive()
        fresh = [name for name in names if (kind.name, name) not in self.used]
        name = self.pick(names if self.chance(4) or not fresh else fresh)
        self.used.add((kind.name, name))
        return self.field(kind, name, fields[name], depth)

    def fragment(self, kind: GraphQLNamedType, depth: int) -> str:
        condition = self.pick(self.conditions(kind))
        usable = [name for name, (on, _) in self.fragments.items() if on == condition.name]
        if usable and self.chance(2):
            return f"...{self.pick(usable)}{self.directive()}"
        text = self.selection(condition, depth + 1)
        if self.chance(2):
            name = f"F{len(self.fragments)}"
            self.fragments[name] = (condition.name, text)
            return f"...{name}{self.directive()}"
        on = "" if condition is kind and self.chance(2) else f" on {condition.name}"
        return f"...{on}{self.directive()} {text}"

    def conditions(self, kind: GraphQLNamedType) -> list[GraphQLNamedType]:
        """Return the types that a fragment inside `kind` may be about."""
        mine = self.possible(kind)
        return [kind] + [
            other
            for other in self.schema.type_map.values()
            if is_composite_type(other)
            and not other.name.startswith("__")
            and other is not kind
            and mine & self.possible(other)
        ]

    def possible(self, kind: GraphQLNamedType) -> set[str]:
        if is_abstract_type(kind):
            return {found.name for found in self.schema.get_possible_types(kind)}
        return {kind.name} if is_object_type(kind) else set()

    def field(self, kind: GraphQLNamedType, name: str, definition: GraphQLField, depth: int) -> str:
        self.budget -= 1
        # Fields without arguments are the same field on every type that has them.
        origin = f"{kind.name}.{name}" if definition.args else name
        known = (origin, str(definition.type))
        again = [key for key, head in self.heads.items() if head[:2] == known]
        if again and self.chance(2):
            key = self.pick(again)
        else:
            key = name if name not in self.heads and not self.chance(6) else f"k{len(self.heads)}"
            self.heads[key] = (*known, name + self.arguments(kind, name, definition))
        text = self.heads[key][2]
        head = (text if key == name else f"{key}: {text}") + self.directive()
        named = get_named_type(definition.type)
        if not is_composite_type(named):
            return head
        return head + (" {}" if self.chance(40) else " " + self.selection(named, depth + 1))

    def alias(self, name: str, shape: str) -> str:
        key = f"k{len(self.heads)}"
        self.heads[key] = (f"{name}", shape, name)
        return f"{key}: {name}"

    def directive(self) -> str:
        if not self.chance(14):
            return ""
        name, is_shown = self.pick(("skip", "include")), not self.chance(3)
        flag = is_shown == (name == "include")
        if self.chance(2):
            value = self.variable("Boolean!", flag, flag)
        else:
            value = "true" if flag else "false"
        return f" @{name}(if: {value})"

    # Arguments

    def arguments(self, kind: GraphQLNamedType, name: str, definition: GraphQLField) -> str:
        order = None
        parts = []
        has_size = False
        # `orderBy` first: it decides which cursors there are.
        for key in sorted(definition.args, key=lambda found: found != "orderBy"):
            argument = definition.args[key]
            if key == "last" and has_size:
                text, value = self.pick((None, "null")), None
            elif key in {"after", "before"}:
                text, value = self.cursor(f"{kind.name}.{name}", argument, order)
            else:
                text, value = self.argument(argument, *self.examples(key, argument))
            has_size = has_size or (key == "first" and value is not None)
            if key == "orderBy":
                order = value
            if text is not None:
                parts.append(f"{key}: {text}")
        return f"({', '.join(parts)})" if parts else ""

    def argument(self, declared: GraphQLArgument, one: Any, other: Any) -> tuple[Any, Any]:
        """Return an argument as text and what it is worth with the first variables."""
        required = str(declared.type).endswith("!")
        how = self.pick(("literal", "variable", *(() if required else ("omit", "null"))))
        if how == "literal":
            return self.literal(one, get_named_type(declared.type)), one
        if how == "variable":
            return self.varied(declared, one, other, required=required)
        return (None, _default(declared)) if how == "omit" else ("null", None)

    def varied(
        self, declared: GraphQLArgument, one: Any, other: Any, *, required: bool
    ) -> tuple[Any, Any]:
        plain = str(declared.type).rstrip("!")
        match self.pick(("!", "=") if required else ("!", "=", "given", "absent", "null")):
            case "!":
                return self.variable(plain + "!", one, other), one
            case "=":
                default = self.literal(one, get_named_type(declared.type), inside=False)
                values = self.pick(((ABSENT, ABSENT), (one, other)))
                return self.variable(f"{plain} = {default}", *values), one
            case "given":
                return self.variable(plain, one, other), one
            case "null":
                return self.variable(plain, None, None), None
        return self.variable(plain, ABSENT, ABSENT), _default(declared)

    def cursor(self, origin: str, declared: GraphQLArgument, order: Any) -> tuple[Any, Any]:
        if not self.chance(3):
            return None, None
        table, known = {
            "Author.books": ("books", ORDERS[order] if order else BY_TITLE),
            "Book.reviews": ("reviews", BY_WRITTEN),
            "Query.authors": ("authors", BY_NAME),
            "Shelf.books": ("books", BY_DAY),
        }[origin]
        rows = self.plain.rows[table]
        one, other = (cursor_of(table, self.pick(rows), known) for _ in range(2))
        return self.argument(declared, one, other)

    def variable(self, kind: str, one: Any, other: Any) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = kind
        if one is not ABSENT:
            self.values[name], self.others[name] = one, other
        return f"${name}"

    def literal(self, value: Any, kind: Any, *, inside: bool = True) -> str:
        if isinstance(value, list):
            texts = [
                self.variable("ID!", item, item[:-1] + "0")
                if inside and self.chance(4)
                else self.literal(item, kind)
                for item in value
            ]
            return f"[{', '.join(texts)}]"
        if is_enum_type(kind):
            return str(value)
        return json.dumps(value, ensure_ascii=self.chance(2))

    def examples(self, name: str, declared: GraphQLArgument) -> tuple[Any, Any]:
        """Return two values of the same shape."""
        kind = get_named_type(declared.type).name
        if kind in {"Genre", "BookOrder", "Boolean"}:
            found = self.pick(
                {
                    "Genre": ("FICTION", "SCIENCE", "POETRY"),
                    "BookOrder": ("TITLE", "NEWEST", "LONGEST"),
                    "Boolean": (True, False),
                }[kind]
            )
            return found, found
        if name == "id":
            prefix = self.pick(("author", "author", "book", "book", "review", "shelf"))
            return self.global_id(prefix), self.global_id(prefix)
        if name == "ids":
            ids = [f"book-{row['id']}" for row in self.plain.rows["books"]] + ["book-x", "x"]
            return self.some(ids), self.some(ids)
        options: Any = {
            "Int": range(-1, 5) if name in {"times", "atLeast"} else (1, 2, 3, 7, 100),
            "DateTime": INSTANTS,
            "String": self.names if name == "name" else AWKWARD,
        }[kind]
        return self.pick(options), self.pick(options)

    def global_id(self, prefix: str) -> str:
        if self.chance(8):
            return f"{prefix}-{self.pick(('', 'x', '0' * 36))}"
        found = [key for key, row in self.plain.by_id.items() if row["_type"].lower() == prefix]
        return f"{prefix}-{self.pick(found)}"


def _default(declared: GraphQLArgument) -> Any:
    node = declared.ast_node and declared.ast_node.default_value
    return getattr(node, "value", None)


def requests(schema: GraphQLSchema, plain: Plain) -> st.SearchStrategy[Request]:
    """Any document; a failing one shrinks by its size, its choices are drawn evenly."""
    return st.builds(
        lambda seed, size: _Writer(Random(seed), size, schema, plain).request(),
        st.integers(0, 2**32 - 1),
        st.integers(4, 12),
    )
