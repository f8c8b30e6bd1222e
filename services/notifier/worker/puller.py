"""Keeps up with a feed: read, plan, move on; any number of pullers, each batch planned once."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable
from datetime import UTC, datetime

from notifier.domain.errors import Malformed
from notifier.domain.facts import Fact, parse
from notifier.feed import Batch, Expired, Feed, Unreadable
from notifier.ledger.plans import Plans
from notifier.ledger.store import Unavailable

from . import counting

LONGEST_WAIT = 30.0

_log = logging.getLogger("notifier.puller")


class Puller:
    """Reads one feed until told to stop."""

    def __init__(self, feed: Feed, plans: Plans) -> None:
        """Keep both."""
        self._feed, self._plans = feed, plans
        self._trouble = 0

    async def run(self) -> None:
        """Go on for ever; whoever runs this cancels it, and a batch is planned or it is not."""
        while True:
            try:
                await self.once()
                self._trouble = 0
            except (Unreadable, Unavailable) as error:
                self._trouble += 1
                _log.warning("feed.unreadable", extra={"exception.type": type(error).__name__})
                counting.unread()
                bound = min(LONGEST_WAIT, 0.5 * 2 ** min(self._trouble, 8))
                await asyncio.sleep(random.uniform(bound / 2, bound))  # noqa: S311  (no secret)

    async def once(self, *, wait: int | None = None) -> int:
        """Read and plan one batch; return how many events it had."""
        after = await self._plans.position(self._feed.name)
        given = {} if wait is None else {"wait": wait}
        try:
            batch = await self._feed.read(after, **given)
        except Expired:
            # Read from the beginning: what was remembered before is remembered the same again.
            await self._plans.forget(self._feed.name, after)
            return 0
        if batch.cursor is not None:
            facts = list(facts_of(batch))
            await self._plans.take(self._feed.name, after, facts, batch.cursor)
            counting.caught_up(facts, datetime.now(UTC))
        return len(batch.events)


def facts_of(batch: Batch) -> Iterable[Fact]:
    """Yield the facts of a batch that we know; what breaks the contract is logged and left out."""
    for event in batch.events:
        try:
            found = parse(event)
        except Malformed:
            _log.error("feed.malformed")
            continue
        if isinstance(found, Fact):
            yield found
