import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.periods import Period, last_closed, quarter

pytestmark = pytest.mark.ground


def test_a_quarter_has_its_first_and_its_last_day() -> None:
    assert quarter("2026-Q1") == Period("2026-Q1", date(2026, 1, 1), date(2026, 3, 31))
    assert quarter("2026-Q4") == Period("2026-Q4", date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    "name", ["2026-Q5", "2026-Q0", "2026Q1", "26-Q1", "0000-Q1", "", "²026-Q1"]
)
def test_anything_else_is_no_quarter(name: str) -> None:
    assert quarter(name) is None


def test_the_calendar_ends_before_its_last_year_so_that_every_quarter_has_a_next() -> None:
    assert quarter("0001-Q1") == Period("0001-Q1", date(1, 1, 1), date(1, 3, 31))
    assert quarter("9998-Q4") == Period("9998-Q4", date(9998, 10, 1), date(9998, 12, 31))
    assert quarter("9999-Q1") is None


def test_a_quarter_is_closed_with_its_last_instant_in_utc() -> None:
    found = quarter("2026-Q3")
    assert found is not None
    end = datetime(2026, 10, 1, tzinfo=UTC)

    assert (found.starts_at, found.ends_at) == (datetime(2026, 7, 1, tzinfo=UTC), end)
    assert found.is_closed(end)
    assert not found.is_closed(end - timedelta(seconds=1))


def test_the_last_closed_quarter_may_be_last_years() -> None:
    assert last_closed(datetime(2026, 2, 3, tzinfo=UTC)).name == "2025-Q4"
    assert last_closed(datetime(2026, 7, 1, tzinfo=UTC)).name == "2026-Q2"
    # In Auckland it is July already.
    auckland = timezone(timedelta(hours=12))
    assert last_closed(datetime(2026, 7, 1, 6, tzinfo=auckland)).name == "2026-Q1"


def test_the_day_is_that_of_utc_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert last_closed(datetime(2026, 6, 30, 18, tzinfo=UTC)).name == "2026-Q1"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_instant_needs_its_offset() -> None:
    with pytest.raises(ValueError, match="offset"):
        last_closed(datetime(2026, 7, 1))  # noqa: DTZ001  (that is the point)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001
def test_quarters_follow_each_other_without_a_gap(now: datetime) -> None:
    found = last_closed(now.replace(tzinfo=UTC))

    assert found.is_closed(now.replace(tzinfo=UTC))
    assert quarter(found.name) == found
    assert last_closed(found.ends_at) == found
    assert last_closed(found.ends_at - timedelta(seconds=1)).ends_at == found.starts_at
