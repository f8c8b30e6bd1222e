"""One reminder out of the door: whom, in which words, on which channel; and what became of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol
from uuid import uuid5

from notifier.channels.breaker import Breaker
from notifier.channels.fence import Fence
from notifier.channels.message import Channel, ChannelError, Message
from notifier.ledger.claims import Claimed, Outcome, Settled
from notifier.ledger.people import ContactPoint, Known, Who
from notifier.ledger.store import Unavailable

from .sender import FIRST_DELAY, LONGEST_DELAY

# What a provider can be down with. A refusal of one message says nothing of the next one.
_DOWN = ("TIMEOUT", "UNREACHABLE", "HTTP_5", "HTTP_429", "SMTP_4", "RELAY")

# Where the address itself is the server that fails. A mail relay that is down says nothing of a mailbox.
OWN_ENDPOINTS = frozenset({"webhook"})


class People(Protocol):
    """Whoever knows where people are reached."""

    async def known_all(self, people: Collection[Who]) -> dict[Who, Known]:
        """Return what people chose, and their contact points."""

    async def gone(self, organisation: str, point: Any, reason: str) -> None:
        """Use a contact point no more."""

    async def failing(self, organisation: str, point: Any) -> None:
        """Note that one does not answer."""

    async def healthy(self, organisation: str, point: Any) -> None:
        """Note that one answered."""


# Decides once more, right before sending: None to go on, or what becomes of the reminder instead.
Check = Callable[[Claimed, Known], Awaitable[Settled | None]]
# The order in which a person's channels are tried, and the message in their words.
Order = Callable[[Claimed, Known], tuple[str, ...]]
Words = Callable[[Claimed, Known, ContactPoint, str, Fence], Message]


def backoff(tries: int, after: float | None = None) -> float:
    """Return seconds until the next try: anything up to a bound that doubles (full jitter).

    A provider that asked to wait waits at least so long.
    """
    bound = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(tries, 16))
    return max(random.uniform(0, bound), after or 0.0)  # noqa: S311  (no secret)


class Delivery:
    """Delivers claims; `channels` are those the operator has set up."""

    def __init__(
        self,
        people: People,
        channels: Mapping[str, Channel],
        *,
        check: Check,
        order: Order,
        words: Words,
    ) -> None:
        """Keep what it works with; each channel has a breaker."""
        self._people, self._channels = people, channels
        self._check, self._order, self._words = check, order, words
        self._breakers = {name: Breaker(_monotonic) for name in channels}

    async def look_up(self, claimed: Sequence[Claimed]) -> dict[Who, Known]:
        """Return whom claims are for, as they are now. Raises `Unavailable`."""
        return await self._people.known_all({_who(each) for each in claimed})

    async def __call__(self, claimed: Claimed, known: Known, fence: Fence) -> Settled:
        """Send a reminder on the first channel that takes it. Raises `Lapsed`."""
        try:
            instead = await self._check(claimed, known)
            return instead or await self._first(claimed, known, fence)
        except Unavailable:
            return Settled(claimed, Outcome.WAIT, code="DATABASE", delay=0.5)

    async def _first(self, claimed: Claimed, known: Known, fence: Fence) -> Settled:
        tried = []
        for point in self._reachable(claimed, known):
            found = await self._on(point, claimed, known, fence)
            if found.outcome not in {Outcome.DEAD, Outcome.WAIT}:
                return found
            tried.append(found)
        # A channel that is only waiting may yet do what the others cannot.
        waiting = [each for each in tried if each.outcome is Outcome.WAIT]
        unreachable = Settled(claimed, Outcome.DROPPED, code="UNREACHABLE")
        return next(iter([*waiting, *tried]), unreachable)

    def _reachable(self, claimed: Claimed, known: Known) -> Iterator[ContactPoint]:
        for channel in self._order(claimed, known):
            if channel in self._channels:
                for point in known.points:
                    if point.channel == channel and point.state == "VERIFIED":
                        yield point

    async def _on(
        self, point: ContactPoint, claimed: Claimed, known: Known, fence: Fence
    ) -> Settled:
        breaker = self._breakers[point.channel]
        wait = breaker.wait()
        if wait:
            # Spread, so that a provider that is back is not met by everything at once.
            delay = wait + random.uniform(0, 1)  # noqa: S311  (no secret)
            return Settled(claimed, Outcome.WAIT, point.channel, "CIRCUIT", delay=delay)
        # The same whenever this reminder goes to this contact point, and telling nothing.
        key = str(uuid5(claimed.reminder.key, str(point.id)))
        message = self._words(claimed, known, point, key, fence)
        try:
            receipt = await self._channels[point.channel].send(message, point.address)
        except ChannelError as error:
            return await self._failed(error, breaker, point, claimed)
        except asyncio.CancelledError:
            # The time for sending is over: the provider took too long.
            breaker.failed()
            raise
        breaker.succeeded()
        if point.is_failing:
            await self._people.healthy(claimed.reminder.organisation, point.id)
        return Settled(claimed, Outcome.SENT, point.channel, receipt=receipt)

    async def _failed(
        self, error: ChannelError, breaker: Breaker, point: ContactPoint, claimed: Claimed
    ) -> Settled:
        if error.code.startswith(_DOWN):
            breaker.failed()
        if error.gone:
            await self._people.gone(claimed.reminder.organisation, point.id, error.code)
        if error.permanent:
            return Settled(claimed, Outcome.DEAD, point.channel, error.code)
        if point.channel in OWN_ENDPOINTS:
            await self._people.failing(claimed.reminder.organisation, point.id)
        delay = backoff(claimed.tries, error.after)
        return Settled(claimed, Outcome.FAILED, point.channel, error.code, delay=delay)


def _who(claimed: Claimed) -> Who:
    return claimed.reminder.organisation, claimed.reminder.recipient


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
