"""What a document may ask for, found before it is validated and in time linear in its length.

Every definition is walked once; what a fragment asks for is remembered and added at each spread.
So a document of fragments that multiply costs no more to refuse than to read, and nothing here
trusts that fields exist, fragments end, or anything else that only validation would tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from .refusals import TOO_DEEP, TOO_MANY_ALIASES, TOO_MANY_DIRECTIVES, TOO_MANY_FIELDS, refusal

# The numbers of multiplying fragments have hundreds of digits; beyond this, more is more.
ENOUGH = 10**9
_INTROSPECTION = frozenset({"__schema", "__type"})

Definition = OperationDefinitionNode | FragmentDefinitionNode


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest document that is executed. What is below `__schema` has a depth of its own."""

    tokens: int = 1_000
    depth: int = 12
    introspection_depth: int = 20
    aliases: int = 30
    directives: int = 20
    root_fields: int = 10
    fields: int = 2_000
    cost: int = 10_000


@dataclass(slots=True)
class Size:
    """What a definition asks for; the names are those of `Limits`."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    fields: int = 0

    def reach(self, depth: int, *, introspection: bool) -> None:
        """Note a field at a depth."""
        if introspection:
            self.introspection_depth = max(self.introspection_depth, depth)
        else:
            self.depth = max(self.depth, depth)

    def add(self, spread: _Spread, size: Size) -> None:
        """Add what a fragment asks for where it is spread."""
        self.reach(spread.below + size.depth, introspection=spread.introspection)
        if size.introspection_depth:
            self.reach(spread.below + size.introspection_depth, introspection=True)
        self.aliases = min(ENOUGH, self.aliases + size.aliases)
        self.directives = min(ENOUGH, self.directives + size.directives)
        self.fields = min(ENOUGH, self.fields + size.fields)
        if not spread.below:
            self.root_fields = min(ENOUGH, self.root_fields + size.root_fields)


@dataclass(frozen=True, slots=True)
class _Spread:
    name: str
    below: int
    introspection: bool


@dataclass(slots=True)
class _Alone:
    """A definition by itself, and the fragments it spreads."""

    size: Size = field(default_factory=Size)
    spreads: list[_Spread] = field(default_factory=list)


class Sizes:
    """The sizes of a document's definitions; `visits` counts the work of finding them."""

    def __init__(self, document: DocumentNode) -> None:
        self.visits = 0
        self.directives = 0
        self._fragments: dict[str, _Alone] = {}
        self._sizes: dict[str, Size] = {}
        alone = [
            (node, self._alone(node))
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
        ]
        for node, found in alone:
            if isinstance(node, FragmentDefinitionNode):
                self._fragments[node.name.value] = found
        self.operations = [
            self._opened(found)
            for node, found in alone
            if isinstance(node, OperationDefinitionNode)
        ]

    def largest(self) -> Size:
        """Return the largest number of each kind that any operation asks for."""
        found = Size(directives=self.directives)
        for size in self.operations:
            for item in fields(Size):
                number = max(getattr(found, item.name), getattr(size, item.name))
                setattr(found, item.name, number)
        return found

    def _alone(self, definition: Definition) -> _Alone:
        found = _Alone(Size(directives=len(definition.directives or ())))
        for variable in definition.variable_definitions or ():
            found.size.directives += len(variable.directives or ())
        stack = [(node, 0, False) for node in _selections(definition.selection_set)]
        while stack:
            node, below, introspection = stack.pop()
            self.visits += 1
            found.size.directives += len(node.directives or ())
            match node:
                case FieldNode():
                    introspection = introspection or node.name.value in _INTROSPECTION
                    _count(found.size, node, below, introspection=introspection)
                    below += 1
                case FragmentSpreadNode():
                    found.spreads.append(_Spread(node.name.value, below, introspection))
            inner = getattr(node, "selection_set", None)
            stack += [(child, below, introspection) for child in _selections(inner)]
        self.directives += found.size.directives
        return found

    def _opened(self, start: _Alone) -> Size:
        for name in self._innermost_first(start):
            self._sizes[name] = self._sum(self._fragments[name])
        return self._sum(start)

    def _sum(self, alone: _Alone) -> Size:
        total = Size(*(getattr(alone.size, item.name) for item in fields(Size)))
        for spread in alone.spreads:
            self.visits += 1
            if spread.name in self._sizes:  # else it is missing, or a cycle: validation says so
                total.add(spread, self._sizes[spread.name])
        return total

    def _innermost_first(self, start: _Alone) -> Iterator[str]:
        """Yield fragments not sized yet; no recursion, for chains of fragments may be long."""
        begun: set[str] = set()
        stack = [(spread.name, False) for spread in start.spreads]
        while stack:
            name, is_done = stack.pop()
            self.visits += 1
            if is_done:
                yield name
            elif name in self._fragments and name not in begun and name not in self._sizes:
                begun.add(name)
                stack.append((name, True))
                stack += [(spread.name, False) for spread in self._fragments[name].spreads]


def _count(size: Size, node: FieldNode, below: int, *, introspection: bool) -> None:
    size.fields += 1
    size.aliases += node.alias is not None
    size.root_fields += below == 0
    size.reach(below + 1, introspection=introspection)


def _selections(found: SelectionSetNode | None) -> tuple[SelectionNode, ...]:
    return tuple(found.selections) if found else ()


_SAYINGS = {
    "depth": (TOO_DEEP, "The document is {found} levels deep; {limit} are allowed."),
    "introspection_depth": (
        TOO_DEEP,
        "The introspection is {found} levels deep; {limit} are allowed.",
    ),
    "aliases": (TOO_MANY_ALIASES, "The document uses {found} aliases; {limit} are allowed."),
    "directives": (
        TOO_MANY_DIRECTIVES,
        "The document uses {found} directives; {limit} are allowed.",
    ),
    "root_fields": (
        TOO_MANY_FIELDS,
        "An operation has {found} root fields; {limit} are allowed.",
    ),
    "fields": (TOO_MANY_FIELDS, "The document selects {found} fields; {limit} are allowed."),
}


def check_size(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Return one error for each limit that a parsed document exceeds."""
    size = Sizes(document).largest()
    errors = []
    for name, (code, saying) in _SAYINGS.items():
        found, limit = getattr(size, name), getattr(limits, name)
        if found > limit:
            message = saying.format(found=found, limit=limit)
            errors.append(refusal(code, message, limit=limit, found=found))
    return errors
