"""Workers are stopped for three times their lease and continued: what another has finished stays so."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid5

from evidence.chaos.nursery import Worker
from evidence.chaos.world import SPRING, World, a_world, reminders, seed_people

AT_ONCE = 8


@dataclass(frozen=True)
class Stops:
    """How many there are, of how many workers at a time; `due` in each round."""

    rounds: int
    workers: int
    at_a_time: int
    due: int
    lease: float

    @property
    def count(self) -> int:
        """All of them."""
        return self.rounds * self.at_a_time

    @property
    def seconds(self) -> float:
        """How long one lasts."""
        return 3 * self.lease


FULL = Stops(10, 24, 20, 1_000, 10.0)
SMALL = Stops(1, 6, 4, 240, 1.0)


@dataclass(frozen=True)
class Fenced:
    """What became of the stops."""

    stops: int
    holding: int
    late_outcomes: int
    marked_over: int
    sent_again: int
    doubled: int
    lost: int
    ended_on_waking: int


def fencing(stops: Stops, seed: int = 2) -> Fenced:
    """Stop workers while they hold claims, and continue them when others have done their work."""
    chance = random.Random(seed)
    with a_world(fail=0.0, stall=0.0, seed=seed) as world:
        seed_people(world, 200)
        dues = [
            SPRING + timedelta(minutes=number // stops.due)
            for number in range(stops.due * stops.rounds)
        ]
        reminders(world, dues, 200, seed, expiring=0.0)
        world.jump_to(SPRING - timedelta(hours=1))
        names = [f"f{slot}" for slot in range(stops.workers)]
        workers = [world.hire(name, stops.lease, AT_ONCE) for name in names]
        world.wait_for(stops.workers)
        holding = ended = 0
        for number in range(stops.rounds):
            chosen = chance.sample(range(stops.workers), stops.at_a_time)
            world.jump_to(SPRING + timedelta(minutes=number))
            _wait_for_claims(world, stops)
            time.sleep(chance.uniform(0.0, 0.05))
            holding += _stop(world, [(workers[slot], names[slot]) for slot in chosen], stops)
            # Whoever was stopped between look and write has ended, as it should: another comes.
            for slot, worker in enumerate(workers):
                if not worker.is_alive():
                    workers[slot] = world.hire(names[slot], stops.lease, AT_ONCE)
                    ended += 1
        _settle(world)
        for worker in workers:
            worker.send(signal.SIGTERM)
        for worker in workers:
            worker.wait(30)
        return _judged(world, stops.count, holding, ended)


def _wait_for_claims(world: World, stops: Stops) -> None:
    until = time.monotonic() + 5
    claimed = "SELECT count(DISTINCT worker) FROM reminders WHERE state = 'CLAIMED'"
    while world.rows(claimed)[0][0] < stops.workers // 2 and time.monotonic() < until:
        time.sleep(0.005)


def _stop(world: World, chosen: Sequence[tuple[Worker, str]], stops: Stops) -> int:
    """Stop some for a while; return how many of them held claims."""
    for worker, _ in chosen:
        worker.send(signal.SIGSTOP)
    try:
        held = world.rows(
            "SELECT count(DISTINCT worker) FROM reminders "
            "WHERE state = 'CLAIMED' AND worker = ANY (%s)",
            [name for _, name in chosen],
        )
        time.sleep(stops.seconds)
    finally:
        for worker, _ in chosen:
            worker.send(signal.SIGCONT)
    time.sleep(0.2)
    return int(held[0][0])


def _settle(world: World) -> None:
    until = time.monotonic() + 60
    opened = "SELECT count(*) FROM reminders WHERE state NOT IN ('SENT', 'DROPPED', 'DEAD')"
    while world.rows(opened)[0][0] and time.monotonic() < until:
        time.sleep(0.2)


def _judged(world: World, stops: int, holding: int, ended: int) -> Fenced:
    seen = world.report()
    rows = world.rows(
        "SELECT r.id, c.id, c.channel, r.state FROM reminders r "
        "JOIN contact_points c ON c.person_id = r.recipient"
    )
    honest = [str(uuid5(row[0], str(row[1]))) for row in rows if row[2] == "sms"]
    late = world.rows("SELECT count(*) FROM attempts WHERE late")[0][0]
    # Of each reminder one outcome counts: that of the claim which was its last.
    over = world.rows(
        "SELECT count(*) FROM (SELECT reminder_id FROM attempts WHERE NOT late "
        "AND outcome = 'SENT' GROUP BY reminder_id HAVING count(*) > 1) twice"
    )[0][0]
    wrong = world.rows(
        "SELECT count(*) FROM attempts a JOIN reminders r ON r.id = a.reminder_id "
        "WHERE NOT a.late AND a.outcome = 'SENT' AND a.claim <> r.claim"
    )[0][0]
    return Fenced(
        stops,
        holding,
        int(late),
        int(over) + int(wrong),
        sum(_sent_again(seen, key) for key in seen["arrivals"]),
        sum(len(seen["effects"].get(key, [])) > 1 for key in honest),
        sum(row[3] != "SENT" for row in rows),
        ended,
    )


def _sent_again(seen: dict[str, Any], key: str) -> int:
    """Count requests under an older claim that arrived after a later claim's was answered."""
    answered = seen["answered"].get(key, [])
    return sum(
        any(claim < other and at > when for when, other in answered)
        for at, claim in seen["arrivals"][key]
    )
