"""Attempts that were refused: they leave a row in the read ledger, as readings do.

Whether an id is foreign, erased or made up is answered alike, and noted alike: by what was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLObjectType, get_argument_values

from alliance_api.charter.principal import Principal
from alliance_api.domain.errors import Problem
from alliance_api.domain.ids import Kind, parse_id
from alliance_api.onesql.nulls import is_whole, mend_response
from alliance_api.store import outbox
from alliance_api.store.transaction import Database

from .ready import Ready

BY_ID = frozenset({"case", "node"})
REFUSALS = frozenset({"NOT_FOUND", "NOT_ALLOWED", "SCOPE_MISSING"})
Asked = tuple[Kind, UUID]


def not_shown(root: GraphQLObjectType, ready: Ready, body: bytes) -> list[Asked]:
    """Return the ids that a query asked for by name, and was not shown."""
    if b":null" not in body:
        return []
    fields = ready.fields(root, [ready.operation.selection_set])
    asked = {key: nodes[0] for key, nodes in fields.items() if nodes[0].name.value in BY_ID}
    if not any(f'"{key}":null'.encode() in body for key in asked):
        return []
    # Beside what is not shown there may be a place that holds nothing yet, and is no JSON.
    answer = orjson.loads(body) if is_whole(body) else mend_response(body)
    data = answer["data"] or {}
    found = []
    for key, node in asked.items():
        definition = root.fields[node.name.value]
        given = get_argument_values(definition, node, ready.variables)
        if data.get(key) is None and (parsed := parse_id(str(given["id"]))):
            found.append(parsed)
    return found


def of_a_mutation(given: Mapping[str, Any], problems: Iterable[Problem]) -> Iterator[Asked | None]:
    """Yield what a mutation that was not allowed was about: a case, if it named one."""
    if any(problem.code in REFUSALS for problem in problems):
        yield parse_id(str(given.get("case", "")))


async def note(  # noqa: PLR0913  (what a row of the ledger says)
    database: Database,
    principal: Principal,
    trace: str,
    operation: str | None,
    document: str,
    asked: Iterable[Asked | None],
) -> None:
    """Leave a row in the ledger for each refused attempt, in a transaction of their own."""
    found = list(asked)
    if not found:
        return
    async with database.write(principal, trace) as tx:
        for each in found:
            case = each[1] if each and each[0] is Kind.CASE else None
            facet = f"{each[0].name if each else 'UNKNOWN'}"
            await outbox.note(tx, case, facet, operation, refused=True, document=document)
