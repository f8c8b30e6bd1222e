"""An operation that passed every check, and how its statements are made and audited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues

from alliance_api.charter.principal import Principal
from alliance_api.onesql.cache import Document
from alliance_api.onesql.compiler import Compiler
from alliance_api.onesql.plan import Plan
from alliance_api.onesql.seals import open_seals
from alliance_api.onesql.selection import Fields, Selections
from alliance_api.store import words
from alliance_api.store.ledger import with_ledger
from alliance_api.store.transaction import Database, Transaction

TENANT = "organisation_id"


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation that may be executed."""

    schema: GraphQLSchema
    document: Document
    operation: OperationDefinitionNode
    variables: VariableValues
    cost: int

    @property
    def name(self) -> str | None:
        """Return the operation's name, for the ledger."""
        return self.operation.name.value if self.operation.name else None

    def compiler(self) -> Compiler:
        """Return a compiler for the operation's fragments and variables."""
        return Compiler(self.schema, self.document.fragments, self.variables, tenant=TENANT)

    def fields(self, kind: GraphQLObjectType, nodes: Iterable[SelectionSetNode]) -> Fields:
        """Return what selections ask of an object type, by response key."""
        return Selections(self.schema, self.document.fragments, self.variables).collect(kind, nodes)


def audited(plan: Plan, ready: Ready) -> Plan:
    """Return a plan whose statement also writes its row of the read ledger."""
    sql, added = with_ledger(
        plan.sql, plan.labels, ready.name, ready.document.hash, len(plan.binders)
    )
    constants = tuple((lambda _, value=value: value) for value in added)
    return replace(plan, sql=sql, binders=(*plan.binders, *constants))


async def opened(
    plan: Plan, body: bytes, principal: Principal, found: Database | Transaction
) -> bytes:
    """Return what a plan read with every sealed text in it opened; most plans select none."""
    if not plan.sealed:
        return body

    async def open_(texts: Sequence[bytes]) -> Sequence[str | None]:
        return await words.opened(found, principal.organisation, texts)

    return await open_seals(body, open_)
