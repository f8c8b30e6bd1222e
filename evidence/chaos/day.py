"""A simulated day, twelve hours around each change of the clocks, in which everything breaks.

The day is as long as the machine needs: what it can carry undisturbed is measured first, and the day
goes at half of that or slower, and no hour begins before nearly all of the last one was tried. How late a
reminder may be is not stretched by that: it is counted in real seconds from the moment it is due.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from evidence.chaos.lateness import Lateness, as_journeys, lateness
from evidence.chaos.nursery import Worker
from evidence.chaos.world import AUTUMN, SPRING, World, a_world, around, reminders, seed_people

WORKERS, AT_ONCE, PATIENCE = 3, 32, 5.0
DUE_AT_A_KILL = 100
SHARE = 0.5  # of what the machine can carry
LEFT = 0.1  # of a step may be untried when the next one begins
LONGEST_STEP = 60.0


@dataclass(frozen=True)
class Size:
    """How much of it. `pause` is the least between two steps, in seconds."""

    probe: int
    reminders: int
    steps: int
    kills: int
    in_window: int
    restarts: int
    pause: float
    lease: float


FULL = Size(3_000, 100_000, 600, 200, 20, 20, 1.0, 10.0)
SMALL = Size(300, 1_600, 6, 3, 1, 1, 1.5, 3.0)


@dataclass
class Day:
    """What was done, and what came of it."""

    world: World
    size: Size
    # What it carries undisturbed, in reminders a second.
    capacity: float = 0.0
    seconds: float = 0.0
    workers: list[Worker] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    born: int = 0
    kills: int = 0
    in_window: int = 0
    restarts: int = 0
    # How often each reminder was held by a worker at the moment it was killed.
    held: Counter[UUID] = field(default_factory=Counter)

    def hire(self, slot: int) -> None:
        """Start a worker in a place; each has a name of its own."""
        self.born += 1
        name = f"w{slot}-{self.born}"
        worker = self.world.hire(name, self.size.lease, AT_ONCE)
        self.workers[slot : slot + 1] = [worker]
        self.names[slot : slot + 1] = [name]

    def kill(self, slot: int) -> None:
        """Kill a worker, if enough is due; note what it held, and start another."""
        if not self.kills % 2:
            slot = self.aim(slot)
        if self.due() < DUE_AT_A_KILL:
            return
        name = self.names[slot]
        sending = self.world.open_requests().get(name, 0)
        self.workers[slot].kill()
        # Its last statements may still be at work in the database: what they claim, it held.
        self.world.wait_until_gone(name)
        held = self.world.rows(
            "SELECT id FROM reminders WHERE state = 'CLAIMED' AND worker = %s", name
        )
        self.held.update(row[0] for row in held)
        self.kills += 1
        self.in_window += sending > 0 and bool(held)
        self.hire(slot)

    def aim(self, slot: int) -> int:
        """Return the place of a worker that is sending right now, if one begins within a second."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            busy = self.world.open_requests()
            found = max(range(len(self.names)), key=lambda each: busy.get(self.names[each], 0))
            if busy.get(self.names[found], 0):
                return found
        return slot

    def due(self) -> int:
        """Return how many should be on their way at this moment."""
        found = self.world.rows(
            "SELECT count(*) FROM reminders WHERE state = 'CLAIMED' "
            "OR state IN ('PLANNED', 'FAILED') AND not_before <= ledger_now()"
        )
        return int(found[0][0])

    def settle(self, seconds: float) -> None:
        """Wait until nothing that is due is open."""
        until = time.monotonic() + seconds
        failed = "SELECT count(*) FROM reminders WHERE state = 'FAILED'"
        while (self.due() or self.world.rows(failed)[0][0]) and time.monotonic() < until:
            time.sleep(0.2)

    def untried(self) -> int:
        """Return how many are due and were never claimed."""
        found = self.world.rows(
            "SELECT count(*) FROM reminders WHERE state = 'PLANNED' AND not_before <= ledger_now()"
        )
        return int(found[0][0])

    def catch_up(self) -> None:
        """Wait for what was due: a machine that is given more than it carries measures itself."""
        until = time.monotonic() + LONGEST_STEP
        while self.untried() > LEFT * self.per_step and time.monotonic() < until:
            time.sleep(0.1)

    @property
    def pause(self) -> float:
        """How many seconds one step takes."""
        return max(self.size.pause, self.per_step / (self.capacity * SHARE))

    @property
    def per_step(self) -> float:
        """How many fall due at a step."""
        return self.size.reminders / self.size.steps


@dataclass(frozen=True)
class Found:
    """What the sink and the ledger say when it is over."""

    sent: int
    dropped: int
    lost: int
    doubled: int
    absorbed: int
    repeats: int
    unexplained: int
    without_receipt: int
    wrongly_dropped: int
    lateness: Lateness
    kills: int
    in_window: int
    restarts: int
    capacity: float
    seconds: float


def day(size: Size, seed: int = 1) -> Found:
    """Live through it."""
    chance = random.Random(seed)
    with a_world(fail=0.10, stall=0.01, seed=seed) as world:
        people = min(2_000, size.reminders // 4)
        seed_people(world, people)
        half = size.reminders // 2
        early = SPRING - timedelta(hours=8)
        reminders(world, [early] * size.probe, people, seed + 1000, expiring=0.0)
        reminders(world, around(SPRING, half) + around(AUTUMN, half), people, seed)
        found = Day(world, size)
        world.jump_to(early - timedelta(hours=1))
        for slot in range(WORKERS):
            found.hire(slot)
        world.wait_for(WORKERS)
        found.capacity = _capacity(found, early)
        began = time.monotonic()
        for number, step in enumerate(_steps(size)):
            _step(found, number, step, chance)
        found.seconds = time.monotonic() - began
        # Lateness is counted for itself; lost is what never comes, however busy the machine is.
        found.settle(600)
        for worker in found.workers:
            worker.send(signal.SIGTERM)
        for worker in found.workers:
            worker.wait(30)
        return judged(found)


def _capacity(found: Day, at: datetime) -> float:
    """Return how many a second leave when nothing but the provider breaks."""
    enough = found.size.probe * 9 // 10  # the last ones wait for what the provider refused
    began = time.monotonic()
    found.world.jump_to(at)
    sent = "SELECT count(*) FROM reminders WHERE state = 'SENT'"
    while found.world.rows(sent)[0][0] < enough:
        time.sleep(0.02)
    return enough / (time.monotonic() - began)


def _steps(size: Size) -> list[datetime]:
    """Return where the clock jumps to: over each change, and from spring to autumn."""
    half = size.steps // 2
    return [
        change - timedelta(hours=6) + timedelta(hours=12) * (number + 1) / half
        for change in (SPRING, AUTUMN)
        for number in range(half)
    ]


def _step(found: Day, number: int, to: datetime, chance: random.Random) -> None:
    if number == found.size.steps // 2:
        # From spring to autumn everything expires; what was due before has to be out.
        found.settle(600)
    began = time.monotonic()
    found.world.jump_to(to)
    every = found.size.steps // found.size.restarts
    if number % every == every // 2 and found.restarts < found.size.restarts:
        time.sleep(chance.uniform(0.02, 0.2))
        found.world.restart("immediate" if found.restarts % 2 else "fast")
        found.restarts += 1
    elif found.kills * found.size.steps < found.size.kills * (number + 1):
        time.sleep(chance.uniform(0.0, 0.1))
        found.kill(chance.randrange(WORKERS))
    time.sleep(max(0.0, found.pause - (time.monotonic() - began)))
    found.catch_up()


def judged(found: Day) -> Found:
    """Compare what the ledger says with what the sink saw."""
    world, seen = found.world, found.world.report()
    rows = world.rows(
        "SELECT r.id, r.state, r.reason, r.due_at, r.expires_at, r.settled_at, c.id, c.channel, "
        "(SELECT a.receipt FROM attempts a WHERE a.organisation_id = r.organisation_id "
        " AND a.reminder_id = r.id AND a.outcome = 'SENT' AND NOT a.late) "
        "FROM reminders r JOIN contact_points c ON c.person_id = r.recipient"
    )
    effects: dict[str, list[float]] = seen["effects"]
    keys = {str(uuid5(row[0], str(row[6]))): row for row in rows}
    honest = [key for key, row in keys.items() if row[7] == "sms"]
    plain = [key for key, row in keys.items() if row[7] == "push"]
    sent = [key for key, row in keys.items() if row[1] == "SENT"]
    dropped = [row for row in rows if row[1] == "DROPPED"]
    told = {key: (world.became_due(keys[key][3].timestamp()), keys[key][0]) for key in sent}
    journeys = as_journeys(
        {key: (due, found.held[each]) for key, (due, each) in told.items()}, seen
    )
    # Where the answer took longer than the time for sending, the ledger says so, and it is sent again.
    unanswered = dict(
        world.rows(
            "SELECT reminder_id, count(*) FROM attempts WHERE code = 'TIMEOUT' GROUP BY reminder_id"
        )
    )
    repeats = {keys[key][0]: len(effects.get(key, [0])) - 1 for key in plain}
    return Found(
        sent=len(sent),
        dropped=len(dropped),
        lost=len(rows) - len(sent) - len(dropped),
        # One effect for each reminder, and none that no reminder explains.
        doubled=sum(len(effects.get(key, [])) > 1 for key in honest) + len(effects.keys() - keys),
        absorbed=sum(len(seen["answered"].get(key, [])) > 1 for key in honest),
        repeats=sum(repeats.values()),
        unexplained=sum(
            max(0, count - found.held[each] - unanswered.get(each, 0))
            for each, count in repeats.items()
        ),
        without_receipt=sum(
            keys[key][8] != f"receipt-{key}" or key not in seen["answered"] for key in sent
        ),
        wrongly_dropped=sum(row[2] != "EXPIRED" or row[5] < row[4] for row in dropped),
        lateness=lateness(journeys, world.outages, found.size.lease, _patience(found)),
        kills=found.kills,
        in_window=found.in_window,
        restarts=found.restarts,
        capacity=found.capacity,
        seconds=found.seconds,
    )


def _patience(found: Day) -> float:
    if found.size is FULL:
        return PATIENCE
    # The short form runs beside other tests: what a step takes undisturbed is the machine's, not ours.
    return PATIENCE + 4 * found.per_step / found.capacity
