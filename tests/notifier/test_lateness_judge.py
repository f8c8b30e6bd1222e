"""The judge of `make evidence-chaos`: what is late, what explains it, and what nothing explains."""

from __future__ import annotations

import pytest

from evidence.chaos.lateness import Journey, lateness
from notifier.worker.sender import FIRST_DELAY, SEND_SECONDS

pytestmark = pytest.mark.ground

LEASE, PATIENCE = 10.0, 5.0
REFUSED, STALLED = "refused", "stalled"


def judged(
    journey: Journey, outages: tuple[tuple[float, float], ...] = ()
) -> tuple[int, int, int, int]:
    found = lateness([journey], outages, LEASE, PATIENCE)
    return found.late, found.twice_held_up, found.refused, found.unexplained


def a_journey(
    arrived: float, *, refusals: tuple[tuple[float, str], ...] = (), deaths: int = 0
) -> Journey:
    return Journey(0.0, arrived, refusals, deaths)


def test_within_a_lease_and_patience_nothing_is_late() -> None:
    assert judged(a_journey(LEASE + PATIENCE, deaths=1)) == (0, 0, 0, 0)


def test_what_is_late_for_no_reason_is_unexplained() -> None:
    assert judged(a_journey(LEASE + PATIENCE + 0.1)) == (1, 0, 0, 1)


def test_one_death_explains_one_lease_and_no_more() -> None:
    assert judged(a_journey(LEASE + PATIENCE + 0.1, deaths=1)) == (1, 0, 0, 1)


def test_a_second_death_explains_another_lease() -> None:
    assert judged(a_journey(2 * LEASE + PATIENCE, deaths=2)) == (1, 1, 0, 0)
    assert judged(a_journey(2 * LEASE + PATIENCE + 0.1, deaths=2)) == (1, 1, 0, 1)


def test_a_restart_counts_as_a_death_if_it_was_due_then() -> None:
    late = a_journey(2 * LEASE + PATIENCE, deaths=1)
    assert judged(late, ((3.0, 4.0),)) == (1, 1, 0, 0)
    assert judged(late, ((-4.0, -3.0), (40.0, 41.0))) == (1, 0, 0, 1)


def test_a_refusal_explains_the_pause_after_it() -> None:
    allowed = LEASE + PATIENCE
    assert judged(a_journey(allowed + 2 * FIRST_DELAY, refusals=((1.0, REFUSED),))) == (1, 0, 1, 0)
    assert judged(a_journey(allowed + 1.1, refusals=((1.0, REFUSED),))) == (1, 0, 1, 1)
    stalled = a_journey(allowed + SEND_SECONDS + FIRST_DELAY, refusals=((1.0, STALLED),))
    assert judged(stalled) == (1, 0, 1, 0)


def test_a_refusal_after_it_arrived_explains_nothing() -> None:
    late = a_journey(LEASE + PATIENCE + 0.5, refusals=((99.0, REFUSED),))
    assert judged(late) == (1, 0, 0, 1)
