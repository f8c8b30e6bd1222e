"""The notifier's half of [crash-points]: between plan and commit, after the claim, the send, the mark.

It goes in generations. Some processes die with a plan made and not committed; then facts of planned
sessions are planned. For each reminder a process dies with its claim, and, when the leases have run
out, another when the provider has taken the message; some die when the outcome is written down, and one
that lives does what is left. The provider honours keys, and counts what it was sent.

`python -m evidence.crash_notifier` is one ledger's; two run at once (in the short form: one).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from evidence.chaos.world import ORGANISATION, World, a_world
from evidence.crash_deaths import answered, begun, die, killed, serve, settle_down
from evidence.crash_points import Half, few
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
LEDGERS, GENERATION = 2, 100
MANY = 100
FEW = 4  # facts of a plan that dies
# Leases run out when the experiment says so, however slow the machine is.
LEASE = 36_000.0
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
    """Crash so often after claim and send, and fewer times elsewhere; add up the ledgers."""
    ledgers = LEDGERS if crashes >= MANY else 1
    each = -(-crashes // ledgers)
    programs = [begun("evidence.crash_notifier", each) for _ in range(ledgers)]
    total = Half()
    for program in programs:
        total.add(answered(program))
    return total


def one_ledger(crashes: int) -> Half:
    """Crash; compare the ledger with the provider."""
    found = Half()
    size = min(GENERATION, crashes)
    with a_world(fail=0.0, stall=0.0, seed=11, throwaway=True) as world:
        world.run(RECEIPTS)
        asyncio.run(_warm(world))
        settle_down()
        for number in range(-(-crashes // size)):
            _generation(world, number, size, found)
        _judge(world, found)
    return found


def _generation(world: World, number: int, size: int, found: Half) -> None:
    after, cursor = (str(number) if number else None), str(number + 1)
    facts = _facts(range(number * size, (number + 1) * size))
    for _ in range(few(size)):
        _crash(found, IN_A_PLAN, lambda: _plan(world, after, facts[:FEW], cursor, dying=True))
    # Nothing of a plan that was not committed is there, nor has the cursor moved.
    found.made_up += world.rows("SELECT count(*) FROM reminders")[0][0] - number * size
    found.made_up += world.rows("SELECT cursor FROM feed_positions") != (
        [(after,)] if after else []
    )
    asyncio.run(_plan(world, after, facts, cursor, dying=False))
    found.facts += len(facts)
    for kind, point, count in (
        (AFTER_CLAIM, 0, size),
        (AFTER_SEND, 1, size),
        (AFTER_MARK, 2, few(size)),
    ):
        for _ in range(count):
            _crash(found, kind, lambda point=point: _send(world, point))
        if point < 2:
            _lapse(world, size, found)
    asyncio.run(_finish(world, size))


def _lapse(world: World, claimed: int, found: Half) -> None:
    """Let the leases of the dead run out: each of them had one claim, and no two the same."""
    held = "UPDATE reminders SET lease_until = now() WHERE state = 'CLAIMED' RETURNING id"
    found.lost += claimed - len(world.rows(held))


def _judge(world: World, found: Half) -> None:
    """Every session has one reminder, sent; the provider got it twice, under one key."""
    facts = found.facts // 2
    states = world.rows("SELECT state, count(*), count(DISTINCT case_id) FROM reminders GROUP BY 1")
    sent = next((count for state, count, _ in states if state == "SENT"), 0)
    found.lost += facts - next((cases for state, _, cases in states if state == "SENT"), 0)
    found.doubled += sum(count for _, count, _ in states) - facts
    found.lost += sum(count for state, count, _ in states if state != "SENT")
    got = world.rows(
        "SELECT count(r.key), count(*) FILTER (WHERE r.transmissions IS DISTINCT FROM 2) "
        "FROM reminders m LEFT JOIN receipts r ON r.key = m.id"
    )[0]
    found.lost += sent - got[0]
    # Sent by the process that died before its mark, and once more under the same key.
    found.doubled += got[1]
    strangers = "SELECT count(*) FROM receipts WHERE key NOT IN (SELECT id FROM reminders)"
    found.made_up += int(world.rows(strangers)[0][0])
    twice = (
        "SELECT count(*) FROM (SELECT FROM attempts WHERE outcome = 'SENT' AND NOT late "
        "GROUP BY reminder_id HAVING count(*) > 1) marked"
    )
    found.doubled += int(world.rows(twice)[0][0])


def _facts(numbers: Sequence[int]) -> list[Fact]:
    now = datetime.now(UTC)
    before, start = now - timedelta(days=9), now + timedelta(hours=1)
    found = []
    for number in numbers:
        case = f"case-{number}"
        opened = {"client": f"person-{number}", "timeZone": _where_it_is_noon(now)}
        span = {
            "plannedStart": start.isoformat(),
            "plannedEnd": (start + timedelta(minutes=50)).isoformat(),
            "therapist": "person-t",
        }
        about = (ORGANISATION, case)
        found.append(Fact(f"o-{number}", "case.opened", *about, case, before, opened))
        session = f"session-{number}"
        found.append(Fact(f"s-{number}", "session.planned", *about, session, before, span))
    return found


def _where_it_is_noon(now: datetime) -> str:
    """Return a time zone in which nobody is asleep now, whenever this runs."""
    ahead = 12 - now.astimezone(UTC).hour
    # These names count hours behind Greenwich.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def _crash(found: Half, kind: str, doing: Any) -> None:
    async def work(_: int) -> None:
        await doing()

    killed(work)
    found.crashes[kind] += 1


class Dying(Plans):
    """Makes the whole plan, and dies before the transaction ends."""

    async def _plan(self, connection: Connection, new: Sequence[Fact]) -> None:
        await super()._plan(connection, new)
        die()


async def _plan(
    world: World, after: str | None, facts: list[Fact], cursor: str, *, dying: bool
) -> None:
    store = Store(world.url, size=1)
    await store.open()
    made: Any = Dying if dying else Plans
    plans = made(store, [KINDS[KIND].kind], preferences_of)
    assert await plans.take("feed", after, facts, cursor)
    await store.close()


async def _send(world: World, point: int) -> None:
    """Do what a worker does with one reminder, up to a point."""
    claims = Claims(world.url, f"crash-{os.getpid()}", lease=LEASE)
    (claimed,) = await claims.claim(1)
    if point == 0:
        die()
    await _deliver(claims, claimed)
    if point == 1:
        die()
    await claims.settle([_sent(claimed)])
    die()


async def _finish(world: World, size: int) -> None:
    """Do what is left, and live."""
    claims = Claims(world.url, "alive")
    rest = await claims.claim(size)
    for each in rest:
        await _deliver(claims, each)
    await claims.settle([_sent(each) for each in rest])
    await claims.close()


async def _warm(world: World) -> None:
    """Have done once what is done for the first time slowly, on connections that are closed."""
    claims = Claims(world.url, "warm")
    assert not await claims.claim(1)
    assert not await claims.settle([])
    await claims.close()


def _sent(claimed: Claimed) -> Settled:
    return Settled(claimed, Outcome.SENT, "sms", receipt="r")


async def _deliver(claims: Claims, claimed: Claimed) -> None:
    await claims._claiming.run(TAKE, [claimed.reminder.key])  # noqa: SLF001  (its own transaction)


KINDS = load_all()

if __name__ == "__main__":
    serve(one_ledger)
