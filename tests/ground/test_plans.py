from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alliance_api.domain.plans import check_span, check_zone, overlaps
from tests.ground.known import told

pytestmark = pytest.mark.ground

TEN = datetime(2025, 5, 2, 10, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def _at(minutes: int) -> datetime:
    return TEN + timedelta(minutes=minutes)


def test_sessions_back_to_back_do_not_overlap() -> None:
    assert not overlaps(_at(0), _at(50), _at(50), _at(100))
    assert not overlaps(_at(50), _at(100), _at(0), _at(50))


def test_sessions_that_share_a_minute_overlap_whichever_comes_first() -> None:
    assert overlaps(_at(0), _at(50), _at(49), _at(100))
    assert overlaps(_at(49), _at(100), _at(0), _at(50))
    assert overlaps(_at(0), _at(100), _at(20), _at(30))
    assert overlaps(_at(0), _at(50), _at(0), _at(50))


def test_overlap_goes_by_real_time_in_the_repeated_hour() -> None:
    first = datetime(2025, 10, 26, 1, 30, tzinfo=LONDON)
    second = first.replace(fold=1)

    assert not overlaps(
        first, first + timedelta(minutes=15), second, second + timedelta(minutes=15)
    )


@pytest.mark.parametrize("zone", ["Europe/London", "UTC", "America/Argentina/Ushuaia"])
def test_iana_names_are_zones(zone: str) -> None:
    assert check_zone(zone) == ()


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "europe/london", "+01:00", "../etc/passwd", "Europe", "a\x00b"]
)
def test_anything_else_is_an_unknown_zone_and_not_repeated(zone: str) -> None:
    (problem,) = check_zone(zone)

    assert told([problem]) == [("UNKNOWN_TIME_ZONE", "time_zone")]
    assert "Mars" not in problem.message


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        (-1, "ENDS_BEFORE_START"),
        (0, "ENDS_BEFORE_START"),
        (4, "TOO_SHORT"),
        (5, None),
        (12 * 60, None),
        (12 * 60 + 1, "TOO_LONG"),
    ],
)
def test_a_session_is_planned_for_five_minutes_to_twelve_hours(
    minutes: int, code: str | None
) -> None:
    assert told(check_span(TEN, _at(minutes))) == ([(code, "planned_end")] if code else [])


def test_a_plan_without_an_offset_is_refused() -> None:
    naive = datetime(2025, 5, 2, 10, 0)  # noqa: DTZ001 - that is the point

    assert told(check_span(TEN, naive)) == [("NAIVE_TIME", "planned_end")]
    assert told(check_span(naive, TEN)) == [("NAIVE_TIME", "planned_start")]


def test_a_span_is_real_time_across_the_clock_change() -> None:
    # Half past midnight to half past two by the clock; one hour, as the clock skips one.
    start = datetime(2025, 3, 30, 0, 30, tzinfo=LONDON)

    assert check_span(start, datetime(2025, 3, 30, 2, 30, tzinfo=LONDON)) == ()
    # By the clock this ends before it starts; it lasts half an hour.
    last = datetime(2025, 10, 26, 1, 45, tzinfo=LONDON)
    assert check_span(last, datetime(2025, 10, 26, 1, 15, tzinfo=LONDON, fold=1)) == ()
