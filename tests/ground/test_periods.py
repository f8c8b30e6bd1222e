from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.periods import Period, last_closed, quarter

pytestmark = pytest.mark.ground


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("0001-Q1", date(1, 1, 1), date(1, 3, 31)),
        ("9998-Q4", date(9998, 10, 1), date(9998, 12, 31)),
    ],
)
def test_a_quarter_has_a_name_and_its_days(name: str, first: date, last: date) -> None:
    assert quarter(name) == Period(name, first, last)


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-Q0", "2026-Q5", "2026-q3", "26-Q3", "2026-Q3 ", "٢٠٢٦-Q3", "0000-Q1"],
)
def test_anything_else_is_no_quarter(name: str) -> None:
    assert quarter(name) is None


def test_the_year_after_the_last_has_no_end() -> None:
    # Its last quarter ends where the calendar does, and there is no instant after it.
    assert quarter("9999-Q1") is None


def test_a_quarter_is_closed_from_the_first_instant_after_it() -> None:
    third = quarter("2026-Q3")

    assert third is not None
    assert third.starts_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert third.ends_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert third.is_closed(third.ends_at)
    assert not third.is_closed(third.ends_at - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2025-Q4"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2025-Q4"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026-Q1"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026-Q3"),
        # The day is the one in UTC, where it is still March.
        (datetime(2026, 4, 1, 5, tzinfo=ZoneInfo("Asia/Tokyo")), "2025-Q4"),
    ],
)
def test_the_last_quarter_that_is_over(now: datetime, name: str) -> None:
    assert last_closed(now).name == name


@given(st.datetimes(datetime(2, 1, 1), datetime(9990, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_quarters_follow_each_other_without_a_gap(now: datetime) -> None:
    closed = last_closed(now)
    current = last_closed(now + timedelta(days=92))

    assert quarter(closed.name) == closed
    assert closed.is_closed(now)
    assert closed.ends_at == current.starts_at or closed.starts_on < current.starts_on
    assert now - closed.ends_at < timedelta(days=92)
    assert 90 <= (closed.ends_at - closed.starts_at).days <= 92


def test_now_is_an_instant() -> None:
    with pytest.raises(ValueError, match="offset"):
        last_closed(datetime(2026, 4, 1))  # noqa: DTZ001 - that is the point
