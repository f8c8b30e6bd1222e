"""Executing an operation: a query is one statement; a mutation is one transaction and one more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    get_variable_values,
)

from alliance_api.charter.principal import Principal
from alliance_api.instruments.loader import load_all
from alliance_api.onesql.cache import Documents
from alliance_api.onesql.limits import Limits
from alliance_api.onesql.nulls import is_whole, mend_response
from alliance_api.onesql.plan import Plan
from alliance_api.onesql.refusals import DocumentRefused, refusal
from alliance_api.store.transaction import Database

from . import refused
from .errors import request_errors, unechoed, unquoted
from .live import Live, live
from .ready import Ready, audited, opened
from .schema import PREFIXES, schema
from .verbs import Verbs

_WATCH = "Watch over a stream: accept `text/event-stream`, or open a websocket for `graphql-transport-ws`."
INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Request:
    """One GraphQL request, as it came in."""

    query: str
    operation: str | None
    variables: dict[str, Any]
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished body, and what may be told about it: never what is in it."""

    status: int
    body: bytes
    kind: str = ""
    document: str = ""


class Executor:
    """Answers GraphQL requests of verified principals."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], limits: Limits | None = None
    ) -> None:
        """Keep the database, the clock that verbs go by, and an empty cache of documents."""
        self._database = database
        self._schema = schema()
        self._limits = limits or Limits()
        self._documents = Documents(self._schema, self._limits, PREFIXES, vocabulary=vocabulary())
        self._verbs = Verbs(database, clock)

    async def execute(
        self, principal: Principal, request: Request, *, only_queries: bool = False
    ) -> Answer:
        """Return the answer to a request. Raises `psycopg.Error` if the database cannot."""
        try:
            ready = self._prepare(request)
            kind = ready.operation.operation.value
            if ready.operation.operation is OperationType.SUBSCRIPTION:
                raise refusal("NOT_SUPPORTED", _WATCH, ready.operation)
            if ready.operation.operation is OperationType.QUERY:
                body = await self._query(principal, request, ready)
            elif only_queries:
                raise refusal("NOT_SUPPORTED", "Send mutations by POST.", ready.operation)
            else:
                body = await self._verbs.run(principal, request.trace, ready)
        except (DocumentRefused, GraphQLError) as error:
            return _malformed(error)
        return Answer(200, self._finished(body, ready), kind, ready.document.hash)

    async def watch(self, principal: Principal, request: Request) -> Answer | Live:
        """Return what a subscription watches, begun; of anything else its answer.

        Raises `psycopg.Error` if the database cannot.
        """
        try:
            ready = self._prepare(request)
            if ready.operation.operation is not OperationType.SUBSCRIPTION:
                return await self.execute(principal, request)
            finish = partial(self._finished, ready=ready)
            found = live(self._database, principal, request.trace, ready, finish)
        except (DocumentRefused, GraphQLError) as error:
            return _malformed(error)
        await found.begin()
        return found

    def _prepare(self, request: Request) -> Ready:
        document = self._documents.load(request.query)
        operation = document.operation(request.operation)
        variables = get_variable_values(
            self._schema,
            operation.variable_definitions or (),
            request.variables,
            max_errors=10,
            hide_suggestions=True,
        )
        if isinstance(variables, list):
            raise DocumentRefused([unechoed(error) for error in variables])
        cost = document.cost(operation, variables)
        return Ready(self._schema, document, operation, variables, cost)

    async def _query(self, principal: Principal, request: Request, ready: Ready) -> bytes:
        root = self._schema.query_type
        assert root is not None  # noqa: S101  (there is a Query type)
        meta = self._introspection(root, request, ready)
        if meta is not None and meta.whole:
            return meta.whole
        plan = ready.document.plan(
            ready.operation,
            ready.variables,
            lambda: self._plan(root, ready, meta.parts if meta else {}),
        )
        parameters = plan.parameters(ready.variables)
        found = await self._database.read(principal, plan.sql, parameters, request.trace)
        body = await opened(plan, found, principal, self._database)
        asked = refused.not_shown(root, ready, body)
        told = (request.trace, ready.name, ready.document.hash)
        await refused.note(self._database, principal, *told, asked)
        return body

    def _plan(self, root: GraphQLObjectType, ready: Ready, meta: Mapping[str, str]) -> Plan:
        overrides = {
            key: (lambda statement, text=text: statement.parameter(lambda _: text, "text"))
            for key, text in meta.items()
        }
        compiled = ready.compiler().compile(
            root,
            [ready.operation.selection_set],
            head='{"data":',
            tail="}",
            overrides=overrides,
        )
        return audited(compiled, ready)

    def _introspection(
        self, root: GraphQLObjectType, request: Request, ready: Ready
    ) -> _Introspection | None:
        fields = ready.fields(root, [ready.operation.selection_set])
        asked = {
            key: nodes for key, nodes in fields.items() if nodes[0].name.value in INTROSPECTION
        }
        if not asked:
            return None
        nodes: list[FieldNode] = [node for found in asked.values() for node in found]
        operation = replace_selections(ready.operation, nodes)
        result = execute_sync(
            self._schema,
            DocumentNode(definitions=(operation, *ready.document.fragments.values())),
            variable_values=request.variables,
            operation_name=ready.name,
        )
        if result.errors or result.data is None:
            raise DocumentRefused(list(result.errors or ()))
        if len(asked) == len(fields):
            return _Introspection(orjson.dumps({"data": result.data}), {})
        texts = {key: orjson.dumps(result.data[key]).decode() for key in asked}
        return _Introspection(b"", texts)

    def _finished(self, body: bytes, ready: Ready) -> bytes:
        if not is_whole(body):
            body = orjson.dumps(mend_response(body))
        cost = (
            f',"extensions":{{"cost":{{"requested":{ready.cost},"limit":{self._limits.cost}}}}}}}'
        )
        return body[:-1] + cost.encode()


def _malformed(error: DocumentRefused | GraphQLError) -> Answer:
    if isinstance(error, DocumentRefused):
        return Answer(400, request_errors(map(unquoted, error.errors)))
    return Answer(400, request_errors([error]))


def vocabulary() -> frozenset[str]:
    """Return the words of instruments: a document that quotes them quotes nobody."""
    found = load_all().values()
    scales = {scale.key for instrument in found for scale in instrument.scales}
    constructs = {construct for instrument in found for construct in instrument.constructs}
    return frozenset({instrument.code for instrument in found} | scales | constructs)


@dataclass(frozen=True, slots=True)
class _Introspection:
    """What graphql-core said about the schema: a whole answer, or parts of one."""

    whole: bytes
    parts: Mapping[str, str]


def replace_selections(
    operation: OperationDefinitionNode, nodes: list[FieldNode]
) -> OperationDefinitionNode:
    """Return an operation that selects only the given fields."""
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(nodes)),
    )
