"""What becomes of reminders, as numbers: never of whom, only of which kind, how and why."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from chassis import metrics
from notifier.domain.facts import Fact
from notifier.ledger.claims import Outcome, Settled
from notifier.ledger.store import Store, Unavailable

PAUSE_SECONDS: Final = 15.0
_WAITING = (
    "SELECT count(*) AS waiting FROM reminders "
    "WHERE state IN ('PLANNED', 'FAILED') AND not_before <= ledger_now()"
)


def settled(batch: Iterable[Settled]) -> None:
    """Count what was sent, how late, and what will not be sent any more."""
    for each in batch:
        kind = {"reminder.kind": each.claimed.reminder.kind}
        if each.outcome is Outcome.SENT:
            metrics.add(metrics.SENT, 1, {**kind, "channel": each.channel or "none"})
            late = each.claimed.now - each.claimed.reminder.due_at
            metrics.record(metrics.LATE, max(0.0, late.total_seconds()), kind)
        elif each.outcome in {Outcome.DROPPED, Outcome.DEAD}:
            reason = (each.code or each.outcome.value).lower()
            metrics.add(metrics.DROPPED, 1, {**kind, "reason": reason})


def caught_up(facts: Iterable[Fact], now: datetime) -> None:
    """Note how old the last fact of a batch was when it had been dealt with."""
    ages = [(now - fact.at).total_seconds() for fact in facts]
    if ages:
        metrics.record(metrics.READ_LAG, max(0.0, ages[-1]))


def unread() -> None:
    """Count an attempt at a feed that came to nothing."""
    metrics.add(metrics.UNREAD)


async def waiting(store: Store) -> None:
    """Note how many reminders are due and not sent. Raises `Unavailable`."""
    [row] = await store.run(_WAITING)
    metrics.record(metrics.QUEUE, row["waiting"])


async def watch(store: Store) -> None:
    """Note it again and again; whoever runs this cancels it."""
    while True:
        with contextlib.suppress(Unavailable):
            await waiting(store)
        await asyncio.sleep(PAUSE_SECONDS)
