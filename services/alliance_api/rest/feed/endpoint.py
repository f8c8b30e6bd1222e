"""GET /v1/feed: facts after a cursor, at once or as soon as there are any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from alliance_api.charter import feed as charter
from alliance_api.charter.principal import Principal
from alliance_api.store import feed
from alliance_api.store.transaction import Database
from chassis import metrics
from chassis.places import Full, Places
from chassis.problems import ALWAYS
from chassis.refused import Refused

from ..answering import Authenticate, answering, principal_of
from .cursors import BadCursor, Cursor, epoch_of, read, spell
from .events import BATCH, Stated, event, source_of

LIMITS: Final = (1, 1000, 100)
WAITS: Final = (0, 60, 0)
"""Seconds: least, most, usual."""
PAUSE: Final = 0.25
"""Seconds between two looks of somebody who waits."""
PLACES: Final = 100
"""How many may wait at once in one process."""
EACH: Final = 20
"""How many of these may be one reader's: more than a clinic has of workers."""

_UNAVAILABLE = "The feed could not be read now. Try again with the same cursor."
_GONE = (
    "This cursor is of a time of which not everything is kept. Drop what you have made of facts, and "
    "begin without `after`: what still stands is there."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for."""

    after: Cursor | None
    limit: int
    wait: int

    @classmethod
    def of(cls, request: Request, organisation: UUID) -> Asked:
        """Return what is asked for. Raises `Refused`, with the first parameter to mend."""
        after = request.query_params.get("after")
        try:
            cursor = read(organisation, after) if after is not None else None
        except BadCursor:
            told = "`after` is no cursor of this feed. Take one from an event, or leave it out."
            raise Refused(400, "BAD_CURSOR", told, "after") from None
        return cls(cursor, _whole(request, "limit", LIMITS), _whole(request, "wait", WAITS))

    @property
    def place(self) -> feed.Place:
        """The place after which facts are asked for."""
        return (self.after.transaction, self.after.position) if self.after else feed.START


def _whole(request: Request, field: str, bounds: tuple[int, int, int]) -> int:
    least, most, usual = bounds
    given = request.query_params.get(field, str(usual))
    if given.isascii() and given.isdecimal() and len(given) <= len(str(most)):
        number = int(given)
        if least <= number <= most:
            return number
    told = f"`{field}` is a whole number from {least} to {most}."
    raise Refused(400, "ARGUMENT_OUT_OF_RANGE", told, field)


class Feed:
    """Reads batches for principals."""

    def __init__(self, database: Database, places: Places) -> None:
        """Keep the database, and the places of those who wait."""
        self._database = database
        self.places = places

    async def batch(self, principal: Principal, asked: Asked) -> feed.Batch:
        """Return what there is now. Raises `Refused` for a cursor that does not serve any more."""
        found = await feed.batch(self._database, principal, asked.place, asked.limit)
        if not found.reader:
            told = "Only the organisation's notifier and its EHR systems read the feed."
            raise Refused(403, "NOT_A_READER", told)
        after = asked.after
        if after and (after.epoch != epoch_of(found.epoch) or asked.place < found.pruned):
            raise Refused(410, "CURSOR_EXPIRED", _GONE, "after")
        return found

    async def wait(self, request: Request, principal: Principal, asked: Asked) -> feed.Batch:
        """Return what there is, as soon as there is any, or when the wait is over."""
        found = await self.batch(principal, asked)
        if found.facts or not asked.wait:
            return found
        loop = asyncio.get_running_loop()
        until = loop.time() + asked.wait
        with self._place(principal):
            while not found.facts and loop.time() < until and not await request.is_disconnected():
                await asyncio.sleep(min(PAUSE, max(0, until - loop.time())))
                found = await self.batch(principal, asked)
        return found

    @contextmanager
    def _place(self, principal: Principal) -> Iterator[None]:
        try:
            with self.places.one(principal.person):
                yield
        except Full:
            told = "Too many are waiting here. Ask again without `wait`, or later."
            raise Refused(503, "TOO_MANY_WAITING", told, "wait", {"retry-after": "5"}) from None


def routes(
    database: Database, authenticate: Authenticate, clock: Callable[[], datetime]
) -> list[BaseRoute]:
    """Return the feed's route; lag is told by the clock."""
    found = Feed(database, Places(PLACES, EACH, metrics.FEED_WAITING))

    async def answer(request: Request) -> Response:
        principal = await principal_of(authenticate, request)
        if charter.GATE not in principal.writes:
            raise Refused(403, "SCOPE_MISSING", f"This needs the scope {charter.GATE}.")
        asked = Asked.of(request, principal.organisation)
        if asked.wait:
            request.state.operation = "feed.wait"
        batch = await found.wait(request, principal, asked)
        if asked.after and batch.facts:
            # Whoever begins anew is told old facts: that is no lag.
            metrics.record(metrics.FEED_LAG, (clock() - _stated(batch.facts[0]).at).total_seconds())
        return _response(principal.organisation, asked, batch)

    return [Route("/v1/feed", answering(answer, "feed", _UNAVAILABLE))]


def _response(organisation: UUID, asked: Asked, batch: feed.Batch) -> Response:
    epoch, source = epoch_of(batch.epoch), source_of(organisation)
    events = []
    last = spell(organisation, asked.after) if asked.after else None
    for fact in map(_stated, batch.facts):
        last = spell(organisation, Cursor(epoch, fact.transaction, fact.position))
        events.append(event(fact, source, last))
    headers = {name.decode(): value.decode() for name, value in ALWAYS}
    after = f"&after={last}" if last else ""
    headers["link"] = f'</v1/feed?limit={asked.limit}&wait={asked.wait}{after}>; rel="next"'
    return Response(orjson.dumps(events), 200, headers, BATCH)


def _stated(row: list[Any]) -> Stated:
    identity, transaction, position, kind, case, subject, at, extra, trace = row
    return Stated(
        UUID(identity),
        transaction,
        position,
        kind,
        UUID(case) if case else None,
        UUID(subject),
        _instant(at),
        extra,
        trace,
    )


def _instant(epoch: str) -> datetime:
    # Seconds and millionths apart: as one floating-point number the last digits would be lost.
    seconds, _, millionths = epoch.partition(".")
    whole = datetime.fromtimestamp(int(seconds), UTC)
    return whole.replace(microsecond=int((millionths + "000000")[:6]))
