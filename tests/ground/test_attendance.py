from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alliance_api.domain.attendance import (
    PartyDelays,
    SessionOutcome,
    cancellation_outcome,
    check_times,
    delay_minutes,
    is_late_notice,
    notice,
    on_time,
    party_delays,
)
from alliance_api.domain.statistics import median
from tests.ground.known import told, vector

pytestmark = pytest.mark.ground

PLAN = datetime(2025, 5, 2, 15, 0, tzinfo=UTC)
LATER = PLAN + timedelta(days=3)


def _minutes(n: float) -> datetime:
    return PLAN + timedelta(minutes=n)


def test_notice_is_real_time_across_the_clock_change() -> None:
    row = vector("attendance", "AT02")

    for case, expected in zip(row["inputs"], row["expected"], strict=True):
        zone = ZoneInfo(case["tz"])
        start = datetime.fromisoformat(case["start"]).replace(tzinfo=zone)
        cancelled = datetime.fromisoformat(case["cancelled"]).replace(tzinfo=zone)
        given = notice(start, cancelled)

        assert given / timedelta(hours=1) == pytest.approx(expected["notice_hours_utc"], abs=1e-6)
        assert is_late_notice(given) is expected["late_lt_24h"]
        late = cancellation_outcome(start, cancelled) is SessionOutcome.LATE_CANCELLED
        assert late is expected["late_lt_24h"]


def test_calling_off_after_the_start_is_late_and_the_threshold_is_local_policy() -> None:
    assert cancellation_outcome(PLAN, _minutes(10)) is SessionOutcome.LATE_CANCELLED
    two_days = timedelta(hours=48)
    day_before = PLAN - timedelta(hours=30)
    assert cancellation_outcome(PLAN, day_before) is SessionOutcome.CANCELLED
    assert cancellation_outcome(PLAN, day_before, two_days) is SessionOutcome.LATE_CANCELLED


def test_delays_are_minutes_and_the_end_of_the_grace_is_on_time() -> None:
    row = vector("attendance", "AT03")
    delays = [
        delay_minutes(*(datetime.fromisoformat(f"2025-05-02T{at}Z") for at in pair))
        for pair in row["inputs"]["scheduled_actual"]
    ]
    punctual = [on_time(delay, row["inputs"]["grace_min"]) for delay in delays]

    assert delays == row["expected"]["delays"]
    assert sum(punctual) == row["expected"]["on_time"]
    assert median(delays) == row["expected"]["median"]


def test_known_arrivals_speak_for_themselves() -> None:
    delays = party_delays(PLAN, _minutes(12), _minutes(-3), _minutes(12))

    assert delays == PartyDelays(client=-3, therapist=12)


def test_nobody_was_late_for_a_punctual_start() -> None:
    assert party_delays(PLAN, _minutes(5), None, None) == PartyDelays(5, 5)
    assert party_delays(PLAN, _minutes(4), _minutes(1), None) == PartyDelays(1, 4)


def test_a_late_start_without_arrivals_blames_nobody() -> None:
    assert party_delays(PLAN, _minutes(6), None, None) == PartyDelays(None, None)
    assert party_delays(PLAN, _minutes(6), None, _minutes(0)) == PartyDelays(None, 0)
    assert party_delays(PLAN, _minutes(6), None, None, grace=10) == PartyDelays(6, 6)
    assert party_delays(PLAN, None, None, None) == PartyDelays(None, None)


def _codes(
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    client_arrived_at: datetime | None = None,
    therapist_ready_at: datetime | None = None,
    now: datetime = LATER,
) -> list[tuple[str, str | None]]:
    problems = check_times(
        planned_start=PLAN,
        started_at=started_at,
        ended_at=ended_at,
        client_arrived_at=client_arrived_at,
        therapist_ready_at=therapist_ready_at,
        now=now,
    )
    return told(problems)


def test_plausible_times_are_recorded() -> None:
    assert _codes() == []
    assert _codes(_minutes(2), _minutes(52), _minutes(-5), _minutes(0)) == []
    assert _codes(_minutes(-24 * 60), _minutes(-23 * 60)) == []


def test_a_session_ends_after_it_started_and_within_a_day() -> None:
    assert _codes(_minutes(2), _minutes(2)) == [("ENDS_BEFORE_START", "ended_at")]
    assert _codes(_minutes(2), _minutes(1)) == [("ENDS_BEFORE_START", "ended_at")]
    assert _codes(_minutes(0), _minutes(24 * 60)) == []
    assert _codes(_minutes(0), _minutes(24 * 60 + 1)) == [("TOO_LONG", "ended_at")]
    assert _codes(None, _minutes(50)) == [("START_REQUIRED", "started_at")]


def test_times_far_from_the_plan_are_refused() -> None:
    far = _minutes(24 * 60 + 1)

    assert _codes(far) == [("FAR_FROM_PLAN", "started_at")]
    assert _codes(PLAN, None, far, far) == [
        ("FAR_FROM_PLAN", "client_arrived_at"),
        ("FAR_FROM_PLAN", "therapist_ready_at"),
    ]


def test_the_future_is_not_recorded() -> None:
    assert _codes(PLAN, now=PLAN) == []
    assert _codes(PLAN, now=_minutes(-1)) == [("IN_THE_FUTURE", "started_at")]
    assert _codes(PLAN, _minutes(50), now=_minutes(20)) == [("IN_THE_FUTURE", "ended_at")]


def test_times_without_an_offset_are_refused_before_anything_else() -> None:
    naive = datetime(2025, 5, 2, 15, 0)  # noqa: DTZ001 - that is the point

    assert _codes(naive, naive) == [("NAIVE_TIME", "ended_at"), ("NAIVE_TIME", "started_at")]
    assert _codes(now=naive) == [("NAIVE_TIME", "now")]
    unplanned = check_times(planned_start=naive, started_at=PLAN, ended_at=None, now=LATER)
    assert told(unplanned) == [("NAIVE_TIME", "planned_start")]
    with pytest.raises(ValueError, match="offset"):
        delay_minutes(PLAN, naive)


def test_the_ends_of_the_calendar_are_refused_and_do_not_overflow() -> None:
    first = datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    last = datetime.max.replace(tzinfo=ZoneInfo("America/New_York"))

    assert _codes(first) == [("FAR_FROM_PLAN", "started_at")]
    assert _codes(last) == [("IN_THE_FUTURE", "started_at"), ("FAR_FROM_PLAN", "started_at")]
