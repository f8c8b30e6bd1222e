"""How a person wants to be reminded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from notifier.domain.errors import Malformed

CHANNELS = frozenset({"email", "sms", "push", "webpush", "webhook", "console"})
WEEKDAYS = frozenset(range(7))
MOST_A_WEEK = 50


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A span of local time, from `starts` up to but not including `ends`; it may cross midnight.

    Raises:
        Malformed: for a span without length, or times with seconds or an offset.
    """

    starts: time
    ends: time

    def __post_init__(self) -> None:
        for name, wall in (("starts", self.starts), ("ends", self.ends)):
            if wall.second or wall.microsecond or wall.tzinfo:
                raise Malformed(f"quiet.{name}", "give a local time in hours and minutes")
        if self.starts == self.ends:
            raise Malformed("quiet.ends", "let quiet hours end at another time than they start")

    def holds(self, wall: time) -> bool:
        """Tell whether a time on the wall is a quiet one."""
        if self.starts < self.ends:
            return self.starts <= wall < self.ends
        return wall >= self.starts or wall < self.ends


NIGHT = QuietHours(time(21), time(8))
MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one person asked for; everything has a default that disturbs little and tells nothing.

    `zone` is an IANA name. `opted` holds a person's own yes or no per kind; a kind says what holds
    where nothing was said. `working_days` (0 is Monday) counts for kinds meant for staff.
    `weekly_cap` bounds reminders of all kinds in any 7 × 24 hours. `channels` come in the order in
    which they are tried. Only with `explicit` may a message say what it is about.

    Raises:
        Malformed: naming the field, for what no person can want.
    """

    zone: str = "UTC"
    language: str = "en"
    quiet: QuietHours | None = NIGHT
    working_days: frozenset[int] = MONDAY_TO_FRIDAY
    paused: bool = False
    paused_until: datetime | None = None
    opted: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    weekly_cap: int = 10
    explicit: bool = False
    channels: tuple[str, ...] = ("email",)

    def __post_init__(self) -> None:
        if self.zone not in zones():
            raise Malformed("zone", "give a name of the IANA database, such as Europe/London")
        if not self.working_days or not self.working_days <= WEEKDAYS:
            raise Malformed("working_days", "give at least one day from 0 (Monday) to 6")
        if self.paused_until is not None and self.paused_until.utcoffset() is None:
            raise Malformed("paused_until", "give the instant with its offset from UTC")
        if not 0 <= self.weekly_cap <= MOST_A_WEEK:
            raise Malformed("weekly_cap", f"give a number from 0 to {MOST_A_WEEK}")
        if not set(self.channels) <= CHANNELS or len(set(self.channels)) < len(self.channels):
            raise Malformed("channels", f"give each of {', '.join(sorted(CHANNELS))} at most once")

    def is_paused(self, at: datetime) -> bool:
        """Tell whether the person wants nothing at an instant."""
        return self.paused or (self.paused_until is not None and at < self.paused_until)


@cache
def zones() -> frozenset[str]:
    """Return the names of every zone. Asking ZoneInfo instead would open the file it is given."""
    return frozenset(available_timezones())
