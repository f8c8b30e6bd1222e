"""When a case may be closed, and which plans fall with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.closing import check_closing, ends_with

OPENED, HELD, TODAY = date(2026, 1, 5), date(2026, 3, 2), date(2026, 3, 9)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
BERLIN, AUCKLAND = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)


def codes(day: date, held: date | None = HELD) -> list[str]:
    found = check_closing(day, opened_on=OPENED, today=TODAY, last_held=held)
    assert all(each.field == "closed_on" for each in found)
    # A sentence that says what to do.
    assert all(each.message[0].isupper() and each.message.endswith(".") for each in found)
    assert all(not each.message.isupper() for each in found)
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (TODAY, []),
        (TODAY - DAY, []),
        (HELD, []),
        (TODAY + DAY, ["IN_THE_FUTURE"]),
        (HELD - DAY, ["HELD_AFTER_CLOSING"]),
        (OPENED - DAY, ["CLOSED_BEFORE_OPENED"]),
        (date.min, ["CLOSED_BEFORE_OPENED"]),
        (date.max, ["IN_THE_FUTURE"]),
    ],
)
def test_a_case_ends_when_care_has_ended_and_not_before_it_began(
    day: date, expected: list[str]
) -> None:
    assert codes(day) == expected


def test_a_case_in_which_nobody_met_ends_on_the_day_it_was_opened_at_the_earliest() -> None:
    assert codes(OPENED, None) == []
    assert codes(OPENED - DAY, None) == ["CLOSED_BEFORE_OPENED"]


def test_what_is_still_to_come_falls_though_it_was_planned_for_the_day_itself() -> None:
    today = NOW.astimezone(BERLIN).date()
    assert ends_with(NOW + SECOND, closed_on=today, zone=BERLIN, now=NOW)
    assert not ends_with(NOW, closed_on=today, zone=BERLIN, now=NOW)
    assert not ends_with(NOW - SECOND, closed_on=today, zone=BERLIN, now=NOW)


def test_the_day_is_the_cases_own() -> None:
    late = datetime(2026, 3, 6, 12, tzinfo=UTC)  # past midnight in Auckland
    assert ends_with(late, closed_on=date(2026, 3, 6), zone=AUCKLAND, now=NOW)
    assert not ends_with(late, closed_on=date(2026, 3, 6), zone=BERLIN, now=NOW)


@given(
    start=st.datetimes(timezones=st.just(UTC), min_value=datetime(2026, 1, 1)),  # noqa: DTZ001
    days=st.integers(0, 400),
)
def test_closing_later_lets_no_more_sessions_fall(start: datetime, days: int) -> None:
    day = TODAY - days * DAY
    early = ends_with(start, closed_on=day, zone=BERLIN, now=NOW)
    late = ends_with(start, closed_on=day + DAY, zone=BERLIN, now=NOW)
    assert early or not late


def test_a_time_without_an_offset_is_no_instant() -> None:
    with pytest.raises(ValueError, match="offset"):
        ends_with(datetime(2026, 3, 9), closed_on=TODAY, zone=BERLIN, now=NOW)  # noqa: DTZ001
