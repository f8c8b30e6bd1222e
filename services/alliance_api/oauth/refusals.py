"""How often somebody failed to show which client they are: beyond it they are told to wait.

Whoever does show it is never asked to: what is shown is looked at first, and only a failure counts.
So nobody keeps a client out by failing in its name, from its own network or another. Secrets here have
256 bits, and keys cannot be guessed: what this is for is that guessing is noticed, and gives up.

It is counted on each replica, in memory and for so many names at most: there is nothing to fill.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from datetime import datetime
from typing import Final

MOST: Final = 30
SECONDS: Final = 60
KEPT: Final = 10_000

_log = logging.getLogger("alliance.oauth")


class Refusals:
    """Counts failures by client and network, in this minute."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: OrderedDict[bytes, tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many names are kept."""
        return len(self._counts)

    def wait(self, client: str, network: str, now: datetime) -> int:
        """Count a failure; return how many seconds to wait, or 0 if it is not one too many."""
        minute, second = divmod(int(now.timestamp()), SECONDS)
        name = f"{client}\0{network}".encode(errors="surrogateescape")
        key = hashlib.sha256(name).digest()
        since, count = self._counts.pop(key, (minute, 0))
        count = count + 1 if since == minute else 1
        self._counts[key] = minute, count
        if len(self._counts) > KEPT:
            self._counts.popitem(last=False)
        if count == MOST + 1:
            # Neither who it was nor which client: a name may be anything that somebody sent.
            _log.warning("oauth.client_guessed")
        return SECONDS - second if count > MOST else 0
