"""All of it as one figure."""

from __future__ import annotations

from evidence.chaos.day import FULL, PATIENCE, SMALL, Found, Size, day
from evidence.chaos.fencing import FULL as STOPS
from evidence.chaos.fencing import SMALL as FEW_STOPS
from evidence.chaos.fencing import Fenced, Stops, fencing
from evidence.chaos.lateness import Lateness
from evidence.chaos.peer import STUCK_SECONDS, Peer, peer
from evidence.figures import Figure

# What is explained stays rare, or the rule would say nothing.
MOST_LATE, FEW = 0.002, 5
TARGET = (
    "lost 0, doubled 0, every repeat explained by a kill in flight, nothing sent without receipt, "
    "all within lease + 5 s but at most 2 in 1,000, each held up twice or refused, 0 sent again or "
    "marked over after a stop"
)


def experiment(small: bool) -> Figure:
    """Live through a day, stop workers, and see how a queue people would pick does."""
    size = SMALL if small else FULL
    found = day(size)
    stops = FEW_STOPS if small else STOPS
    fenced = fencing(stops)
    beside = None if small else peer(12)
    for part in (found, fenced, beside):
        print(part, flush=True)
    told = [_of_day(found, size), _of_stops(fenced, stops), *([_of_peer(beside)] if beside else [])]
    return Figure("chaos", "; ".join(told), TARGET, met=_is_met(found, size) and _holds(fenced))


def _of_day(found: Found, size: Size) -> str:
    return (
        f"{found.sent + found.dropped + found.lost:,} reminders in {found.seconds:.0f} s, {found.kills} kills "
        f"({found.in_window} in the send window), {found.restarts} restarts: lost {found.lost}, "
        f"doubled {found.doubled} ({found.absorbed} absorbed by the key), repeats at a sink without "
        f"keys {found.repeats} ({found.unexplained} unexplained), without receipt "
        f"{found.without_receipt}, {_of_lateness(found.lateness, size)}, dropped as expired "
        f"{found.dropped}"
    )


def _of_lateness(late: Lateness, size: Size) -> str:
    return (
        f"later than {size.lease + PATIENCE:.0f} s {late.late} ({late.twice_held_up} held up by a "
        f"kill or restart more than once, {late.refused} refused or stalled by the provider besides, "
        f"{late.unexplained} unexplained; p99 {late.p99:.1f} s, of the undisturbed "
        f"{late.untouched_p99:.1f} s, slowest {late.slowest:.1f} s)"
    )


def _of_stops(fenced: Fenced, stops: Stops) -> str:
    return (
        f"{fenced.stops} stops of {stops.seconds:.0f} s at a lease of {stops.lease:.0f} s ({fenced.holding} held claims): "
        f"sent again {fenced.sent_again}, marked over {fenced.marked_over}, late outcomes noted "
        f"{fenced.late_outcomes}, ended on waking {fenced.ended_on_waking}"
    )


def _of_peer(beside: Peer) -> str:
    return (
        f"procrastinate, {beside.kills} kills of {beside.jobs:,} jobs: {beside.undelivered} "
        f"undelivered and {beside.stuck} stuck after {STUCK_SECONDS:.0f} s"
    )


def _is_met(found: Found, size: Size) -> bool:
    wrong = (
        found.lost,
        found.doubled,
        found.unexplained,
        found.without_receipt,
        found.wrongly_dropped,
        found.lateness.unexplained,
    )
    floors = (
        found.kills >= size.kills,
        found.in_window >= size.in_window,
        found.restarts >= size.restarts,
        found.dropped > 0,
        found.lateness.late <= max(FEW, MOST_LATE * found.sent),
    )
    return not any(wrong) and all(floors)


def _holds(fenced: Fenced) -> bool:
    wrong = (fenced.sent_again, fenced.marked_over, fenced.doubled, fenced.lost)
    return not any(wrong) and fenced.holding * 4 >= fenced.stops
