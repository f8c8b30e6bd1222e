"""Watching: an answer, and another each time it has become one.

A subscription is asked again every second, and only the digest of its answer leaves the database.
Where that is another, the answer is read as any query's is, with its row in the read ledger. So an
event tells nothing that the answer does not tell: what somebody else may not know of, a private
rating say, changes no answer of theirs and causes no event, not even in its timing. And whatever
changes an answer causes one: time that passes, an operator's verb, a right that is lost.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, NamedTuple, TypeVar

import anyio
from graphql import FieldNode, GraphQLField, get_argument_values
from graphql.execution.values import VariableValues

from alliance_api.charter.policies import ORGANISATION
from alliance_api.charter.principal import Principal
from alliance_api.domain.ids import parse_id
from alliance_api.onesql.arguments import Argument
from alliance_api.onesql.plan import Plan
from alliance_api.onesql.refusals import refusal
from alliance_api.onesql.text import HOLE, identifier
from alliance_api.store.transaction import Database

from . import refused
from .errors import plain
from .mutations import CHANGED
from .ready import Ready, audited, opened

Found = TypeVar("Found")

LOOK_SECONDS: Final = 1.0

_DIGEST: Final = "SELECT encode(sha256(convert_to(body, 'UTF8')), 'hex') FROM ({select}) AS answer"
_OPEN_SIGNALS: Final = f"""
SELECT coalesce(string_agg(id::text, ','), '') FROM signals
WHERE organisation_id = {ORGANISATION} AND state = 'OPEN' AND raised_at <= now()
-- The law says so anyway; said here as well, their index finds them, and not every signal is looked at.
AND case_id = ANY (ARRAY(SELECT case_id FROM standing))
"""
_HEAD: Final = '{"data":'
_NOT_THERE: Final = plain(
    "NOT_FOUND", "There is no such case, or you may not see it. Check the id."
)
# Each event would be a reading, and so cause the next.
_LEDGER: Final = f"{identifier('read_ledger')} AS "


class Root(NamedTuple):
    """The one field of a subscription, and its key in what is answered."""

    key: str
    node: FieldNode
    definition: GraphQLField


class Live:
    """One subscription of one principal: `begin`, then `events` until they end."""

    # What may be told of it, as of an `Answer`.
    status: Final = 200
    kind: Final = "subscription"

    def __init__(
        self,
        database: Database,
        principal: Principal,
        trace: str,
        ready: Ready,
        finish: Callable[[bytes], bytes],
    ) -> None:
        """Compile it; `finish` makes a body of what was read. Raises `GraphQLError`."""
        self._database, self.principal, self._trace = database, principal, trace
        self._ready, self._finish = ready, finish
        self.key, self._node, self._definition = _root(ready)
        compiled = ready.document.plan(ready.operation, ready.variables, self._compiled)
        if _LEDGER in compiled.sql:
            told = "Who reads what cannot be watched: every event would be a reading. Ask for it."
            raise refusal("NOT_SUPPORTED", told, self._node)
        self._digest = _DIGEST.format(select=compiled.sql)
        self._asked = compiled.parameters(self._bound(""))
        self._plan = audited(compiled, ready)

    @property
    def document(self) -> str:
        """The hash of its document."""
        return self._ready.document.hash

    async def begin(self) -> None:
        """Look for the first time. Raises what the database raises."""

    async def events(self) -> AsyncIterator[bytes]:
        """Yield answers; it ends when there is nothing any more that may be watched.

        Raises what the database raises: whoever watches had better begin anew.
        """
        async for body in self._bodies():
            yield self._finish(body)

    def _bodies(self) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def _read(self, changed: str = "") -> bytes:
        parameters = self._plan.parameters(self._bound(changed))
        read = self._database.read(self.principal, self._plan.sql, parameters, self._trace)
        return await whole(read)

    async def _opened(self, body: bytes) -> bytes:
        return await whole(opened(self._plan, body, self.principal, self._database))

    def _is_gone(self, body: bytes) -> bool:
        # Only a look: what is sealed is not opened yet, and beside a hole no JSON.
        return body.startswith(f'{_HEAD}{{"{self.key}":{HOLE}'.encode())

    def _bound(self, changed: str) -> VariableValues:
        sources, coerced = self._ready.variables
        return VariableValues(sources, {**coerced, CHANGED: changed or None})

    def _compiled(self) -> Plan:
        root = self._ready.schema.subscription_type
        assert root is not None  # noqa: S101  (there is a Subscription type)
        changed = Argument(CHANGED, None, lambda found: found.coerced[CHANGED], self._node)
        return self._ready.compiler().compile(
            root,
            [self._ready.operation.selection_set],
            head=_HEAD,
            tail="}",
            arguments={CHANGED: changed},
        )


class Case(Live):
    """A case: as it is, and again each time that has become something else."""

    async def _bodies(self) -> AsyncIterator[bytes]:
        shown = ""
        while True:
            if await self._look() != shown:
                body = await self._read()
                if self._is_gone(body):
                    if not shown:
                        yield await self._not_there()
                    return
                shown = hashlib.sha256(body).hexdigest()
                yield await self._opened(body)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> str:
        looked = self._database.look(self.principal, self._digest, self._asked)
        return (await whole(looked)).decode()

    async def _not_there(self) -> bytes:
        given = get_argument_values(self._definition, self._node, self._ready.variables)
        asked = parse_id(str(given["id"]))
        told = (self._trace, self._ready.name, self._ready.document.hash)
        noted = refused.note(self._database, self.principal, *told, [asked] if asked else [])
        await whole(noted)
        return _NOT_THERE


class Signals(Live):
    """Signals: each once, from when it may be seen; those that could be at first are not told."""

    _known: frozenset[str] = frozenset()

    async def begin(self) -> None:
        """Look which there are."""
        self._known = await self._open()

    async def _bodies(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for signal in sorted(await self._open() - self._known):
                body = await self._read(signal)
                if not self._is_gone(body):
                    self._known |= {signal}
                    yield await self._opened(body)

    async def _open(self) -> frozenset[str]:
        found = await whole(open_signals(self._database, self.principal))
        return frozenset(found.split(",")) if found else frozenset()


WATCHED: Final[Mapping[str, type[Live]]] = {"caseChanged": Case, "signalRaised": Signals}


def live(
    database: Database,
    principal: Principal,
    trace: str,
    ready: Ready,
    finish: Callable[[bytes], bytes],
) -> Live:
    """Return the subscription that an operation asks for. Raises `GraphQLError`."""
    field = _root(ready).node.name.value
    return WATCHED[field](database, principal, trace, ready, finish)


async def whole(asked: Awaitable[Found]) -> Found:
    """Return an answer of the database; whoever is cancelled meanwhile is when it is there.

    A connection that is left between question and answer can only be thrown away.
    """
    with anyio.CancelScope(shield=True):
        found = await asked
    await anyio.lowlevel.checkpoint_if_cancelled()
    return found


async def open_signals(database: Database, principal: Principal) -> str:
    """Return the ids of the open signals that somebody may see, with commas between."""
    return (await database.look(principal, _OPEN_SIGNALS, [])).decode()


def _root(ready: Ready) -> Root:
    """Return the one field of a subscription. Raises `GraphQLError`."""
    root = ready.schema.subscription_type
    assert root is not None  # noqa: S101  (there is a Subscription type)
    fields = ready.fields(root, [ready.operation.selection_set])
    if len(fields) != 1:  # it may be skipped
        raise refusal("BAD_REQUEST", "A subscription selects one field.", ready.operation)
    [(key, nodes)] = fields.items()
    return Root(key, nodes[0], root.fields[nodes[0].name.value])
