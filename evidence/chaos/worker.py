"""A worker as the notifier runs it, with two providers: one that honours keys, one that does not."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

from chassis.masters import local_masters
from chassis.vault import Vault
from notifier.channels.fence import Fence, keep_alarms_to_this_thread
from notifier.channels.http import Pool
from notifier.channels.message import Message
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
    """Be a worker: of a database, master keys, a sink; with a name, a lease and so many at once."""
    keep_alarms_to_this_thread()
    url, masters, sink, name, lease, at_once = given
    store = Store(url)
    named = f"{url}{'&' if '?' in url else '?'}application_name=worker-{name}"
    await store.open()
    channels = {
        channel: Telling(Provider(f"{sink}/{path}", headers={"x-worker": name}), Pool())
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
    sender = Sender(Claims(named, name, lease=float(lease)), delivery, at_once=int(at_once))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sender.stop)
    await sender.run()
    for each in channels.values():
        await each.close()
    await store.close()
