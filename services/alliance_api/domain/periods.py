"""Calendar quarters in UTC days: the periods of which figures are published once."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)
_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter: its name, and its first and last day."""

    name: str
    starts_on: date
    ends_on: date

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.starts_on, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.ends_on + timedelta(days=1), time(), UTC)

    def is_closed(self, now: datetime) -> bool:
        """Tell whether it is over."""
        return self.ends_at <= now


def quarter(name: str) -> Period | None:
    """Return the quarter of a name such as `2026-Q3`; None for anything else."""
    found = _QUARTER.fullmatch(name)
    if not found or not 0 < int(found[1]) < date.max.year:
        return None
    return _quarter(int(found[1]), int(found[2]))


def last_closed(now: datetime) -> Period:
    """Return the latest quarter that is over.

    Raises:
        ValueError: for a datetime without an offset.
    """
    if now.utcoffset() is None:
        raise ValueError("a datetime without an offset is not an instant")
    today = now.astimezone(UTC).date()
    number = (today.month - 1) // _MONTHS
    return _quarter(today.year, number) if number else _quarter(today.year - 1, 4)


def _quarter(year: int, number: int) -> Period:
    first = date(year, _MONTHS * (number - 1) + 1, 1)
    following = date(year + number // 4, _MONTHS * number % 12 + 1, 1)
    return Period(f"{year:04d}-Q{number}", first, following - timedelta(days=1))
