"""The notifier's half of [crash-points]: between plan and commit, after the claim, the send, the mark.

Each round is one fact of a planned session and four processes that kill themselves. The first dies with
the plan made and not committed; then the parent plans. The second dies with the claim, the third when
the provider has taken the message, the fourth when the outcome is written down; in between, the leases
run out. The provider honours keys, and counts what it was sent.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from evidence.chaos.world import ORGANISATION, World, a_world
from evidence.crash_points import Half
from notifier.domain.facts import Fact
from notifier.kinds.loader import load_all
from notifier.ledger.chosen import preferences_of
from notifier.ledger.claims import Claimed, Claims, Outcome, Settled
from notifier.ledger.plans import Plans
from notifier.ledger.store import Connection, Store

IN_A_PLAN: Final = "notifier killed between the plan and its commit"
AFTER_CLAIM: Final = "notifier killed between claim and send"
AFTER_SEND: Final = "notifier killed between send and mark"
AFTER_MARK: Final = "notifier killed after the mark"
KIND = "session-upcoming"
RECEIPTS = """
CREATE TABLE receipts (key uuid PRIMARY KEY, transmissions integer NOT NULL DEFAULT 1);
GRANT SELECT, INSERT, UPDATE ON receipts TO notifier;
"""
# What the provider does with a message: an effect the first time, a count ever after.
TAKE = """
INSERT INTO receipts (key) VALUES (%s)
ON CONFLICT (key) DO UPDATE SET transmissions = receipts.transmissions + 1
"""


def half(crashes: int) -> Half:
    """Crash so often at each point; compare the ledger with the provider."""
    found = Half()
    with a_world(fail=0.0, stall=0.0, seed=11) as world:
        world.run(RECEIPTS)
        for number in range(crashes):
            _round(world, number, found)
    return found


def _round(world: World, number: int, found: Half) -> None:
    case, facts = f"case-{number}", _facts(number)
    after, cursor = (str(number) if number else None), str(number + 1)
    _crash(partial(_plan, world, after, facts, cursor, dying=True))
    found.crashes[IN_A_PLAN] += 1
    planned = f"SELECT id FROM reminders WHERE case_id = '{case}'"
    position = world.rows("SELECT cursor FROM feed_positions")
    # Nothing of a plan that was not committed is there, nor has the cursor moved.
    found.made_up += len(world.rows(planned)) + (position != ([(after,)] if after else []))
    asyncio.run(_plan(world, after, facts, cursor, dying=False))
    reminders = [row[0] for row in world.rows(planned)]
    found.facts += len(facts)
    found.lost += not reminders
    found.doubled += len(reminders) > 1
    for kind, point in ((AFTER_CLAIM, 0), (AFTER_SEND, 1), (AFTER_MARK, 2)):
        _crash(partial(_send, world, point))
        found.crashes[kind] += 1
        world.run("UPDATE reminders SET lease_until = now() WHERE state = 'CLAIMED'")
    _judge(world, reminders, found)


def _judge(world: World, reminders: Sequence[UUID], found: Half) -> None:
    states = world.rows("SELECT id, state FROM reminders WHERE id = ANY (%s)", list(reminders))
    found.lost += sum(state != "SENT" for _, state in states)
    got = world.rows(
        "SELECT key, transmissions FROM receipts WHERE key = ANY (%s)", list(reminders)
    )
    found.lost += len(reminders) - len(got)
    # Sent by the process that died before its mark, and once more under the same key.
    found.doubled += sum(transmissions != 2 for _, transmissions in got)
    strangers = "SELECT count(*) FROM receipts WHERE key NOT IN (SELECT id FROM reminders)"
    found.made_up += int(world.rows(strangers)[0][0])


def _facts(number: int) -> list[Fact]:
    now = datetime.now(UTC)
    before, start = now - timedelta(days=9), now + timedelta(hours=1)
    case, client = f"case-{number}", f"person-{number}"
    opened = {"client": client, "timeZone": "UTC"}
    span = {
        "plannedStart": start.isoformat(),
        "plannedEnd": (start + timedelta(minutes=50)).isoformat(),
        "therapist": "person-t",
    }
    return [
        Fact(f"o-{number}", "case.opened", ORGANISATION, case, case, before, opened),
        Fact(
            f"s-{number}", "session.planned", ORGANISATION, case, f"session-{number}", before, span
        ),
    ]


def _crash(doing: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Let a process of its own do something and kill itself; that it did is part of the experiment."""
    child = os.fork()
    if not child:
        try:
            asyncio.run(doing())
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it came to an end before its point"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(Plans):
    """Makes the whole plan, and dies before the transaction ends."""

    async def _plan(self, connection: Connection, new: Sequence[Fact]) -> None:
        await super()._plan(connection, new)
        _die()


async def _plan(
    world: World, after: str | None, facts: list[Fact], cursor: str, *, dying: bool
) -> None:
    store = Store(world.url, size=1)
    await store.open()
    made: Any = Dying if dying else Plans
    plans = made(store, [load_all()[KIND].kind], preferences_of)
    assert await plans.take("feed", after, facts, cursor)
    await store.close()


async def _send(world: World, point: int) -> None:
    """Do what a worker does with one reminder, up to a point."""
    claims = Claims(world.url, f"crash-{os.getpid()}")
    (claimed,) = await claims.claim(1)
    if point == 0:
        _die()
    await _deliver(claims, claimed)
    if point == 1:
        _die()
    await claims.settle([Settled(claimed, Outcome.SENT, "sms", receipt="r")])
    _die()


async def _deliver(claims: Claims, claimed: Claimed) -> None:
    await claims._claiming.run(TAKE, [claimed.reminder.key])  # noqa: SLF001  (its own transaction)
