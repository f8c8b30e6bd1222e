"""Running mutations: one transaction each, its payload read by the one read path inside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
import sqlalchemy.exc
from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_argument_values
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_argument

from alliance_api.charter.principal import Principal
from alliance_api.domain.errors import Problem, Refused
from alliance_api.onesql.arguments import Argument
from alliance_api.onesql.plan import Plan
from alliance_api.onesql.refusals import refusal
from alliance_api.onesql.rows import object_type
from alliance_api.store import outbox, words
from alliance_api.store.transaction import Database, Transaction
from chassis.database import state_of

from . import refused
from .errors import camel
from .mutations import CHANGED, VERBS, Verb
from .ready import Ready, audited, opened
from .schema import strawberry_schema

LONGEST_KEY = 255
TRIES = 3
# A statement that lost its connection or a race may be sent again: the key makes it happen once.
_AGAIN = ("08", "57P", "40P01", "40001", "55P03")
_TAKEN = {"occasions_once_key": ("ALREADY_PLANNED", "informant")}


class Verbs:
    """Runs the mutations of an operation, one after the other."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Keep what every mutation needs."""
        self._clock = clock
        self.database = database

    async def run(self, principal: Principal, trace: str, ready: Ready) -> bytes:
        """Return the body of an operation's answer."""
        root = ready.schema.mutation_type
        assert root is not None  # noqa: S101  (there is a Mutation type)
        # All are read before the first is run: a request that is refused has changed nothing.
        wanted = {
            key: _Mutation(self, principal, trace, ready, key, nodes, root.fields[name])
            if (name := nodes[0].name.value) != "__typename"
            else None
            for key, nodes in ready.fields(root, [ready.operation.selection_set]).items()
        }
        parts: list[bytes] = []
        for key, mutation in wanted.items():
            body = await mutation.answer() if mutation else b'"Mutation"'
            parts.append(orjson.dumps(key) + b":" + body)
        return b'{"data":{' + b",".join(parts) + b"}}"

    def now(self) -> datetime:
        """Return the time in whole seconds."""
        return self._clock().replace(microsecond=0)


class _Mutation:
    """One mutation of one request."""

    def __init__(  # noqa: PLR0913  (what a request is made of)
        self,
        verbs: Verbs,
        principal: Principal,
        trace: str,
        ready: Ready,
        key: str,
        nodes: list[FieldNode],
        definition: GraphQLField,
    ) -> None:
        self._verbs = verbs
        self._principal = principal
        self._trace = trace
        self._ready = ready
        self._key = key
        self._nodes = nodes
        self._sets = [node.selection_set for node in nodes if node.selection_set]
        self._payload: GraphQLObjectType = object_type(definition.type)
        declared = definition.extensions["strawberry-definition"]
        self._name: str = declared.python_name
        self._verb: Verb = VERBS[self._name]
        self._given = get_argument_values(definition, nodes[0], ready.variables)["input"]
        check_texts(self._given)
        self._input = _converted(declared, self._given)

    async def answer(self) -> bytes:
        """Return the JSON of the payload."""
        try:
            self._check()
            return await self._tried()
        except Refused as found:
            asked = refused.of_a_mutation(self._given, found.problems)
            told = (self._principal, self._trace, self._name, self._ready.document.hash)
            await refused.note(self._verbs.database, *told, asked)
            return self._refused(found.problems)

    def _check(self) -> None:
        if not 0 < len(self._input.idempotency_key) <= LONGEST_KEY:
            message = f"An idempotency key has 1 to {LONGEST_KEY} characters. Make one a request."
            raise Refused((Problem("TEXT_TOO_LONG", message, "idempotency_key"),))
        missing = {*self._verb.reads} - self._principal.reads
        missing |= {*self._verb.writes} - self._principal.writes
        if missing:
            message = f"This needs scopes for {', '.join(sorted(missing))}. Ask for a wider token."
            raise Refused((Problem("SCOPE_MISSING", message, None),))

    async def _tried(self) -> bytes:
        for attempt in range(TRIES):
            try:
                return await self._once()
            except sqlalchemy.exc.DBAPIError as error:
                state = state_of(error)
                if not state.startswith(_AGAIN) or attempt == TRIES - 1:
                    _explain(error, state)
                    raise
        raise AssertionError

    async def _once(self) -> bytes:
        # Before the transaction begins: what starts now must have started by its `now()`.
        now = self._verbs.now()
        async with self._verbs.database.write(self._principal, self._trace) as tx:
            changed = await self._changed(tx, now)
            return await self._read(tx, changed)

    async def _changed(self, tx: Transaction, now: datetime) -> UUID:
        key, hashed = self._input.idempotency_key, await self._hash(tx)
        used = await outbox.claimed(tx, key)
        if used is None:
            changed = await self._verb.run(tx, now, self._input)
            await outbox.claim(tx, key, self._name, hashed, changed)
            return changed
        if (used["mutation"], used["input_hash"]) != (self._name, hashed):
            message = "This key was used for something else. Use a new key for a new request."
            raise Refused((Problem("IDEMPOTENCY_KEY_REUSED", message, "idempotency_key"),))
        found: UUID = used["changed_id"]
        return found

    async def _hash(self, tx: Transaction) -> str:
        # Under a key of the sender's: what a short text says could be guessed from its mere hash.
        text = orjson.dumps(self._given, option=orjson.OPT_SORT_KEYS, default=str)
        return await words.mac(tx, text)

    async def _read(self, tx: Transaction, changed: UUID) -> bytes:
        plan = self._ready.document.plan(
            self._ready.operation,
            self._ready.variables,
            self._plan,
            part=self._key,
            nodes=self._sets,
        )
        sources, coerced = self._ready.variables
        variables = VariableValues(sources, {**coerced, CHANGED: str(changed)})
        body = await tx.read(plan.sql, plan.parameters(variables))
        return await opened(plan, body, self._principal, tx)

    def _plan(self) -> Plan:
        compiled = self._ready.compiler().compile(
            self._payload,
            self._sets,
            overrides=self._no_problems(),
            arguments={CHANGED: self._changed_argument()},
        )
        return audited(compiled, self._ready)

    def _changed_argument(self) -> Argument:
        # The id of what changed is bound like a variable, one that no document can name.
        return Argument(CHANGED, None, lambda found: found.coerced[CHANGED], self._nodes[0])

    def _fields(self) -> dict[str, list[FieldNode]]:
        return self._ready.fields(self._payload, self._sets)

    def _no_problems(self) -> dict[str, Any]:
        return {
            key: lambda _: "'[]'"
            for key, nodes in self._fields().items()
            if nodes[0].name.value == "problems"
        }

    def _refused(self, problems: tuple[Problem, ...]) -> bytes:
        body: dict[str, Any] = {}
        for key, nodes in self._fields().items():
            match nodes[0].name.value:
                case "__typename":
                    body[key] = self._payload.name
                case "problems":
                    body[key] = [self._problem(nodes, problem) for problem in problems]
                case _:
                    body[key] = None
        return orjson.dumps(body)

    def _problem(self, nodes: list[FieldNode], problem: Problem) -> dict[str, Any]:
        kind = object_type(self._payload.fields["problems"].type)
        values = {
            "__typename": kind.name,
            "code": problem.code,
            "message": problem.message,
            "field": camel(problem.field),
        }
        sets = [node.selection_set for node in nodes if node.selection_set]
        fields = self._ready.fields(kind, sets)
        return {key: values[found[0].name.value] for key, found in fields.items()}


def _converted(declared: Any, given: Any) -> Any:
    converter = strawberry_schema().schema_converter
    kind = declared.arguments[0].type
    return convert_argument(given, kind, converter.scalar_registry, converter.config)


def check_texts(value: Any) -> None:
    """Refuse the one character that PostgreSQL cannot hold, wherever it stands."""
    if isinstance(value, str):
        if "\0" in value:
            raise refusal("BAD_TEXT", "A text holds a NUL character. Remove it.")
    elif isinstance(value, dict):
        for item in value.values():
            check_texts(item)
    elif isinstance(value, list):
        for item in value:
            check_texts(item)


def _explain(error: sqlalchemy.exc.DBAPIError, state: str) -> None:
    """Raise what the database refused as a problem, where it is one of the caller's."""
    if state == psycopg.errors.InsufficientPrivilege.sqlstate:
        message = "The charter does not let you do this. Ask someone who stands otherwise to it."
        raise Refused((Problem("NOT_ALLOWED", message, None),)) from None
    if state == psycopg.errors.UniqueViolation.sqlstate:
        for name, (code, field) in _TAKEN.items():
            if re.search(rf"\b{name}\b", str(error.orig)):
                message = "This was planned already. Look it up instead."
                raise Refused((Problem(code, message, field),)) from None
