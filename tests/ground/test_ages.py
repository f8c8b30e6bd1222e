"""Ages and birthdays: what ends at midnight ends at the midnight of where somebody lives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.charter.jurisdictions import (
    parental_authority_ends,
    read_jurisdictions,
    shipped,
)
from alliance_api.domain.ages import birthday, completed_years, lapses_at

pytestmark = pytest.mark.ground

TABLE = """
[[jurisdiction]]
code = "A"
name = "A land"
own_consent_age = 14
citation = "Code 1"
reviewed = 2026-01-01
verified = true
[[jurisdiction]]
code = "B"
name = "B land"
own_consent_age = 12
citation = "Code 2"
reviewed = 2026-01-01
verified = false
"""


@pytest.mark.parametrize(
    ("zone", "instant"),
    [
        ("UTC", datetime(2026, 6, 3, 0, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 6, 2, 10, 0, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 6, 3, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_birthday_begins_at_midnight_where_somebody_lives(zone: str, instant: datetime) -> None:
    found = lapses_at(date(2012, 6, 3), 14, ZoneInfo(zone))
    assert found == instant
    assert found.tzinfo is UTC


def test_where_clocks_skip_midnight_a_day_begins_when_they_jump() -> None:
    """In Cairo the clocks went from 24:00 to 1:00 in the night to 26 April 2024."""
    begins = lapses_at(date(2010, 4, 26), 14, ZoneInfo("Africa/Cairo"))
    assert begins == datetime(2024, 4, 25, 22, 0, tzinfo=UTC)


def test_who_was_born_on_a_leap_day_completes_a_common_year_on_the_28th() -> None:
    assert birthday(date(2012, 2, 29), 14) == date(2026, 2, 28)
    assert birthday(date(2012, 2, 29), 12) == date(2024, 2, 29)
    # Of the centuries only every fourth is a leap year.
    assert birthday(date(1896, 2, 29), 4) == date(1900, 2, 28)
    assert birthday(date(1996, 2, 29), 4) == date(2000, 2, 29)


def test_years_are_completed_on_the_birthday_and_not_before() -> None:
    born = date(2012, 6, 3)
    assert completed_years(born, date(2026, 6, 2)) == 13
    assert completed_years(born, date(2026, 6, 3)) == 14


@given(st.dates(date(1930, 1, 1), date(2030, 1, 1)), st.integers(0, 90))
def test_the_day_before_a_birthday_one_is_a_year_younger(born: date, years: int) -> None:
    day = birthday(born, years)
    assert completed_years(born, day) == years
    assert completed_years(born, day - timedelta(days=1)) == years - 1


def test_an_unknown_jurisdiction_takes_the_lowest_age_there_is() -> None:
    table = read_jurisdictions(TABLE)
    for code in (None, "NOWHERE"):
        assert parental_authority_ends(code, date(2026, 6, 1), table) == 12


def test_a_row_nobody_answers_for_protects_no_less_than_an_unknown_one() -> None:
    table = read_jurisdictions(TABLE)
    assert parental_authority_ends("A", date(2026, 6, 1), table) == 14
    assert parental_authority_ends("A", date(2028, 6, 1), table) == 12, "its review is outdated"
    assert parental_authority_ends("A", date(2025, 12, 31), table) == 12, "not reviewed yet"
    assert parental_authority_ends("B", date(2026, 6, 1), table) == 12


def test_every_shipped_row_has_a_citation_and_none_claims_to_be_verified() -> None:
    assert len(shipped()) >= 4
    assert all(row.citation and not row.verified for row in shipped().values())


@pytest.mark.parametrize(
    "wrong",
    [
        TABLE.replace('citation = "Code 1"\n', ""),
        TABLE.replace("14", "19"),
        TABLE.replace("14", '"14"'),
        TABLE.replace('"Code 1"', '" "'),
        TABLE.replace("verified = true", "verified = true\nnote = 1"),
    ],
)
def test_an_incomplete_row_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"jurisdiction|citation"):
        read_jurisdictions(wrong)
