"""A worker as the notifier runs it, with two providers: one that honours keys, one that does not.

`python -m evidence.chaos.worker DATABASE_URL MASTERS SINK NAME LEASE AT_ONCE`
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from dataclasses import replace
from pathlib import Path

import uvloop

from chassis.masters import local_masters
from chassis.vault import Vault
from notifier.channels.http import open_pool
from notifier.channels.message import Fence, Message
from notifier.channels.provider import Provider, ProviderChannel
from notifier.ledger.claims import Claimed, Claims, Settled
from notifier.ledger.people import ContactPoint, Contacts, Known
from notifier.ledger.store import Store
from notifier.worker.delivery import Delivery
from notifier.worker.sender import Sender

PATHS = {"sms": "honest", "push": "plain"}


class Telling(ProviderChannel):
    """The provider's channel; beside its own header it tells the sink who sends under which claim."""

    async def send(self, message: Message, address: str) -> str:
        claim = dict(message.ids)["claim"]
        provider = self._provider
        told = Telling(
            replace(provider, headers={**provider.headers, "x-claim": claim}), self._pool
        )
        return await super(Telling, told).send(message, address)


async def may_go(_: Claimed, __: Known) -> Settled | None:
    """Quiet hours and caps are the kinds' business; here everything that is due goes."""
    return None


def words(claimed: Claimed, _: Known, __: ContactPoint, key: str, fence: Fence) -> Message:
    """Return a message that says nothing."""
    reminder = claimed.reminder
    ids = (("claim", str(claimed.claim)),)
    return Message(
        key, reminder.organisation, reminder.key, reminder.kind, "en", "-", "-", "-", fence, ids=ids
    )


async def work(given: list[str]) -> None:
    url, masters, sink, name, lease, at_once = given
    store = Store(url)
    await store.open()
    channels = {
        channel: Telling(Provider(f"{sink}/{path}", headers={"x-worker": name}), open_pool())
        for channel, path in PATHS.items()
    }
    contacts = Contacts(store, Vault(local_masters(None, Path(masters))))
    delivery = Delivery(
        contacts,
        channels,
        check=may_go,
        order=lambda _, __: ("sms", "push"),
        words=words,
    )
    sender = Sender(Claims(url, name, lease=float(lease)), delivery, at_once=int(at_once), poll=0.2)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sender.stop)
    await sender.run()
    for each in channels.values():
        await each.close()
    await store.close()


if __name__ == "__main__":
    # Each restart of the database is worth a hundred lines to the pool.
    logging.disable(logging.WARNING)
    uvloop.run(work(sys.argv[1:]))
