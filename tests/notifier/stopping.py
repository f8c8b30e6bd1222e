"""A process that sends one message, and stops itself between its last look at the fence and the write.

`python -m tests.notifier.stopping CHANNEL PORT LEASE`; ends with 0 once it has sent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from asyncio.selector_events import _SelectorSocketTransport  # type: ignore[attr-defined]
from typing import Any

from notifier.channels.fence import Fence, clock, keep_alarms_to_this_thread
from notifier.channels.mail import MailChannel, Relay
from notifier.channels.message import Channel
from notifier.channels.provider import Provider, ProviderChannel
from tests.notifier.messages import message

WORDS = b"tomorrow"


def main(channel: str, port: int, lease: float) -> None:
    """Send it."""
    keep_alarms_to_this_thread()
    # Threads that do nothing but be there: the alarm has to reach the one that writes.
    for _ in range(4):
        threading.Thread(target=_be_there, daemon=True).start()
    write = _SelectorSocketTransport.write

    def stop_first(self: Any, data: bytes) -> None:
        if WORDS in data:
            os.kill(os.getpid(), signal.SIGSTOP)
        write(self, data)

    _SelectorSocketTransport.write = stop_first
    given = message(fence=Fence(clock() + lease))
    asyncio.run(_channel(channel, port).send(given, "amira@example.org"))


def _channel(name: str, port: int) -> Channel:
    if name == "mail":
        return MailChannel(Relay("127.0.0.1", port, "reminders@clinic.example", start_tls=False))
    return ProviderChannel(Provider(f"http://127.0.0.1:{port}/sms"))


def _be_there() -> None:
    while True:
        time.sleep(0.001)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
