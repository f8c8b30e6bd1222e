"""Ages and birthdays, in the days of somebody's own zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LEAP_DAY = (2, 29)


def birthday(birth: date, years: int) -> date:
    """Return the day on which somebody completes so many years.

    Who was born on 29 February completes a common year on the 28th: the earlier of the days that
    laws know, as what ends on a birthday here is somebody else's power over a young person. [D]
    """
    year = birth.year + years
    if (birth.month, birth.day) == LEAP_DAY and not _is_leap(year):
        return date(year, 2, 28)
    return birth.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def completed_years(birth: date, day: date) -> int:
    """Return the age on a day, in completed years; negative before birth."""
    years = day.year - birth.year
    return years if birthday(birth, years) <= day else years - 1


def begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a day in a zone, in UTC, whatever its clocks do at midnight."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def lapses_at(birth: date, years: int, zone: ZoneInfo) -> datetime:
    """Return the instant from which somebody is so many years old: midnight, where they live."""
    return begins(birthday(birth, years), zone)
