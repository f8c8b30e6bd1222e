"""How fast somebody may guess, so that guessing is hopeless and nobody is locked out by another.

An attempt goes through lanes, and each lane that has seen failures makes it wait a little longer.
A device that once signed in to an account has a lane of its own there, which nobody else can fill.
All others share: one lane for each account and network, one for each network, and a wide one for
the account, whose waits stay short: it slows many networks that work together, and no more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alliance_api.store.desk import Desk

# A lane without a failure for so long begins anew.
FORGOTTEN: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Lane:
    """A count of failures: how many are free, and how long the wait grows at most."""

    key: bytes
    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures: doubling from a second on."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(beyond - 1, 20)), self.longest)


def lanes(kind: str, subject: str, network: str, device: str | None) -> list[Lane]:
    """Return the lanes of an attempt at a subject, from a network, by a known device or none."""
    if device is not None:
        return [Lane(_key(kind, "device", subject, device), 10, timedelta(minutes=5))]
    return [
        Lane(_key(kind, "here", subject, network), 5, timedelta(minutes=15)),
        Lane(_key(kind, "network", network), 30, timedelta(minutes=15)),
        Lane(_key(kind, "wide", subject), 50, timedelta(seconds=20)),
    ]


def of_network(kind: str, network: str) -> list[Lane]:
    """Return the lane of what a network guesses at, whosever it is."""
    return [Lane(_key(kind, "network", network), 10, timedelta(minutes=5))]


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(encode(%(lane)s, 'hex'), 0))"
_OPENS: Final = """
SELECT max(opens_at) AS opens FROM oauth.attempts WHERE lane = ANY(%(lanes)s) AND opens_at > %(now)s
"""
_CHARGE: Final = """
INSERT INTO oauth.attempts AS a (lane, failures, last_at, opens_at)
VALUES (%(lane)s, 1, %(now)s, 'epoch')
ON CONFLICT (lane) DO UPDATE SET last_at = %(now)s,
  failures = CASE WHEN a.last_at < %(forgotten)s THEN 1 ELSE a.failures + 1 END
RETURNING failures
"""
_CLOSE: Final = "UPDATE oauth.attempts SET opens_at = %(until)s WHERE lane = %(lane)s"
_REFUND: Final = """
UPDATE oauth.attempts SET failures = greatest(failures - 1, 0), opens_at = least(opens_at, %(now)s)
WHERE lane = %(lane)s
"""
_CLEAR: Final = "DELETE FROM oauth.attempts WHERE lane = %(lane)s"
_FORGET: Final = "DELETE FROM oauth.attempts WHERE last_at < %(forgotten)s"


async def enter(desk: Desk, chosen: Sequence[Lane], now: datetime) -> timedelta:
    """Charge an attempt to its lanes before it is made; return how long to wait instead, if so.

    Charged beforehand, so that many at the same time count as many. One that must wait is not
    charged: asking again too early makes nothing worse for whoever else is in the lane.
    """
    # In one order, so that two attempts never wait for each other.
    ordered = sorted(chosen, key=lambda lane: lane.key)
    for lane in ordered:
        await desk.rows(_LOCK, lane=lane.key)
    keys = [lane.key for lane in ordered]
    row = await desk.row(_OPENS, lanes=keys, now=now)
    if row is not None and row["opens"] is not None:
        found: timedelta = row["opens"] - now
        return found
    for lane in ordered:
        charged = await desk.row(_CHARGE, lane=lane.key, now=now, forgotten=now - FORGOTTEN)
        failures = int(charged["failures"]) if charged else 1
        if wait := lane.wait(failures):
            await desk.run(_CLOSE, until=now + wait, lane=lane.key)
    return timedelta(0)


async def succeed(desk: Desk, chosen: Sequence[Lane], now: datetime) -> None:
    """Take the charge back: one's own lane is empty again, in shared ones others' failures stay."""
    for lane in sorted(chosen, key=lambda one: one.key):
        if lane is chosen[0]:
            await desk.run(_CLEAR, lane=lane.key)
        else:
            await desk.run(_REFUND, now=now, lane=lane.key)


async def forget(desk: Desk, now: datetime) -> None:
    """Remove the lanes that begin anew anyway."""
    await desk.run(_FORGET, forgotten=now - FORGOTTEN)
