"""Whatever valid document is asked, onesql answers to the letter what graphql-core would."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from graphql import ExecutionResult, GraphQLObjectType, GraphQLSchema, parse, validate
from hypothesis import HealthCheck, given, settings

from alliance_api.onesql.nulls import mend_response
from alliance_api.onesql.shapes import shape_of

from .conftest import Asker
from .documents import Request, requests
from .library import PREFIXES
from .resolvers import Plain

EXAMPLES = 400


def test_any_valid_document_is_answered_as_by_plain_resolvers(
    schema: GraphQLSchema, ask: Asker, plain: Plain
) -> None:
    seen: Counter[str] = Counter()
    plain.selected.clear()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(schema, plain))
    def conforms(request: Request) -> None:
        document = parse(request.text)
        errors = validate(schema, document)
        assert not errors, (errors, request.text)
        seen["valid"] += 1
        one = ask.variables(request.text, request.values)
        other = ask.variables(request.text, request.others)
        assert shape_of(one, one.sources, PREFIXES) == shape_of(other, other.sources, PREFIXES)
        plan = ask.compile(request.text, one)
        before = ask.statements
        for values, variables in ((request.values, one), (request.others, other)):
            expected = plain.execute(document, values)
            body, _ = ask.run(plan, variables)
            assert answer(body) == letter(expected), (request.text, values)
            seen["answers"] += 1
            seen["full"] += is_full(expected.data)
            seen["mended"] += bool(expected.errors)
        assert ask.statements == before + 2

    conforms()
    assert_floors(schema, plain, seen)


def assert_floors(schema: GraphQLSchema, plain: Plain, seen: Counter[str]) -> None:
    """No vacuous pass: every field was asked for, most answers held something, some had holes."""
    wanted = {
        f"{kind.name}.{name}"
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name in kind.fields
    }
    assert wanted - plain.selected.keys() == set()
    assert seen["valid"] >= EXAMPLES
    assert seen["full"] > seen["answers"] / 2
    assert seen["mended"] > seen["answers"] / 20


def answer(body: bytes) -> str:
    mended = mend_response(body)
    paths = [error["path"] for error in mended.get("errors", ())]
    return written([mended["data"], paths])


def letter(expected: ExecutionResult) -> str:
    errors = expected.errors or []
    expectable = ("non-nullable", "does not open")
    assert all(any(map(error.message.count, expectable)) for error in errors), errors
    return written([expected.data, [error.path for error in errors]])


def written(found: Any) -> str:
    """Write data in its own order of keys; JSON has one kind of number, so 2.0 is 2."""
    return json.dumps(json.loads(json.dumps(found), parse_float=number), indent=1)


def number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value


def is_full(data: Any) -> bool:
    """Tell whether an answer holds any value but type names and nulls."""
    if isinstance(data, dict):
        return any(is_full(value) for key, value in data.items() if not key.startswith("__"))
    if isinstance(data, list):
        return any(map(is_full, data))
    return data is not None
