"""Documents and plans kept for the next request, the least recently used forgotten first."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    parse,
    validate,
)
from graphql.execution.values import VariableValues

from .costs import Costs, check_cost
from .limits import Limits, check_size
from .plan import Plan
from .refusals import (
    PARSE_FAILED,
    TOO_DEEP,
    TOO_LONG,
    UNKNOWN_OPERATION,
    VALIDATION_FAILED,
    DocumentRefused,
    refusal,
)
from .shapes import children, shape_of, variables_used
from .sources import prefix_of

_PER_DOCUMENT = 4  # plans and costs kept for a document, on average
_LONGEST_ID = 64
_MOST_ERRORS = 20

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """At most `capacity` values by key."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable, make: Callable[[], Value], *, keep: bool = True) -> Value:
        """Return the value of a key, made now if it is not here."""
        found = self.find(key)
        if found is not None:
            return found
        value = make()
        if keep:
            self.put(key, value)
        return value

    def find(self, key: Hashable) -> Value | None:
        """Return the value of a key, or None."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, and forget the one that was least recently used."""
        self._values[key] = value
        while len(self._values) > self._capacity:
            self._values.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document. `is_kept` tells whether it, its plans and costs may outlive the request."""

    hash: str
    fragments: dict[str, FragmentDefinitionNode]
    operations: list[OperationDefinitionNode]
    is_kept: bool
    _documents: Documents
    _names: dict[Hashable, tuple[str, ...]] = field(default_factory=dict)

    def operation(self, name: str | None = None) -> OperationDefinitionNode:
        """Return the operation of a name, or the only one. Raises `GraphQLError`."""
        found = [node for node in self.operations if name is None or _name(node) == name]
        if len(found) == 1:
            return found[0]
        message = (
            "The document holds several operations: `operationName` must name one."
            if found
            # The name is the sender's, and not repeated.
            else "The document holds no operation of the name in `operationName`."
        )
        raise refusal(UNKNOWN_OPERATION, message)

    def plan(
        self,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        build: Callable[[], Plan],
        *,
        part: str | None = None,
        nodes: Iterable[Node] = (),
    ) -> Plan:
        """Return the plan for variables of this shape, built now if it is not kept.

        `part` names what of the operation is planned (the response key of a root field, say), and
        `nodes` where it begins; without them it is the whole operation.
        """
        key = (self.hash, _name(operation), part)
        if key not in self._names:
            starts = [*nodes] if part is not None else [operation.selection_set]
            self._names[key] = variables_used(operation, starts, self.fragments)
        shape = shape_of(variables, self._names[key], self._documents.prefixes)
        return self._documents.plans.get((*key, shape), build, keep=self.is_kept)

    def cost(self, operation: OperationDefinitionNode, variables: VariableValues) -> int:
        """Return how many objects an operation could return. Raises `GraphQLError` for too many."""
        documents = self._documents
        numbers = tuple(
            (name, value if isinstance(value, int | None) else "given")
            for name, value in variables.coerced.items()
        )
        key = (self.hash, _name(operation), numbers)
        counts = Costs(documents.schema, self.fragments, variables)
        cost = documents.costs.get(key, lambda: counts.of(operation), keep=self.is_kept)
        if error := check_cost(cost, operation, documents.limits):
            raise error
        return cost


class Documents:
    """Parsed and valid documents by the hash of their text, with their plans and costs.

    Not safe for threads; one event loop is fine, since nothing here waits.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        prefixes: Collection[str] = (),
        capacity: int = 1_000,
        vocabulary: Collection[str] = (),
    ) -> None:
        """Prepare; `vocabulary` are texts that everybody knows, which documents may quote."""
        self.schema = schema
        self.limits = limits
        self.prefixes = frozenset(prefixes)
        self._vocabulary = frozenset(vocabulary)
        self.plans: Kept[Plan] = Kept(_PER_DOCUMENT * capacity)
        self.costs: Kept[int] = Kept(_PER_DOCUMENT * capacity)
        self._documents: Kept[Document] = Kept(capacity)

    def __len__(self) -> int:
        return len(self._documents)

    def load(self, text: str) -> Document:
        """Return the document of a text. Raises `DocumentRefused`."""
        digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
        found = self._documents.find(digest)
        if found is None:
            found = self._made(digest, text)
            if found.is_kept:
                self._documents.put(digest, found)
        return found

    def _made(self, digest: str, text: str) -> Document:
        ast = _parsed(text, self.limits)
        if errors := check_size(ast, self.limits):
            raise DocumentRefused(errors)
        found = validate(self.schema, ast, max_errors=_MOST_ERRORS, hide_suggestions=True)
        if found:
            raise DocumentRefused([_coded(error, VALIDATION_FAILED) for error in found])
        fragments, operations = {}, []
        for node in ast.definitions:
            if isinstance(node, FragmentDefinitionNode):
                fragments[node.name.value] = node
            elif isinstance(node, OperationDefinitionNode):
                operations.append(node)
        is_kept = is_cacheable(ast, self.prefixes, self._vocabulary)
        return Document(digest, fragments, operations, is_kept, self)


def _parsed(text: str, limits: Limits) -> DocumentNode:
    try:
        return parse(text, max_tokens=limits.tokens)
    except GraphQLError as error:
        if "nested too deeply" in error.message:
            code = TOO_DEEP
        else:
            code = TOO_LONG if "Parsing aborted" in error.message else PARSE_FAILED
        raise DocumentRefused([_coded(error, code)]) from None


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None


def is_cacheable(
    document: DocumentNode, prefixes: Collection[str], vocabulary: Collection[str] = ()
) -> bool:
    """Tell whether a document holds no text that somebody may have written in confidence.

    Global ids and words that everybody knows are no such texts in queries. Whatever else is in
    quotes might be, and such documents would also push out those that come again.
    """
    reads = all(
        node.operation is OperationType.QUERY
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    )
    return all(
        reads and (text in vocabulary or _is_id(text, prefixes)) for text in _texts(document)
    )


def _texts(document: DocumentNode) -> Iterator[str]:
    pending: list[Node] = [document]
    while pending:
        node = pending.pop()
        if isinstance(node, StringValueNode):
            yield node.value
        pending.extend(children(node))


def _is_id(text: str, prefixes: Collection[str]) -> bool:
    is_short = len(text) <= _LONGEST_ID and not any(map(str.isspace, text))
    return is_short and prefix_of(text) in prefixes
