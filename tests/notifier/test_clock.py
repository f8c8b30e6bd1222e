"""Wall clocks: gaps, overlaps, quiet hours and working days, held against looking minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notifier.domain import clock, timing
from notifier.domain.errors import Malformed
from notifier.domain.kind import Kind, Moment, Shift
from notifier.domain.preferences import Preferences, QuietHours
from tests.notifier.told import kind

pytestmark = pytest.mark.ground

MINUTE = timedelta(minutes=1)
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "UTC"]
# Days on or next to a change of the clocks in one of these zones, and others.
DAYS = st.sampled_from(
    [date(2026, month, day) for month, day in [(3, 7), (3, 28), (4, 4), (7, 1), (10, 3), (10, 24)]]
)
WALLS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
QUIET = st.one_of(
    st.none(),
    st.tuples(WALLS, WALLS)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: QuietHours(*pair)),
)
WISHES = st.builds(
    Preferences,
    zone=st.sampled_from(ZONES),
    quiet=QUIET,
    working_days=st.frozensets(st.integers(0, 6), min_size=1),
)
KINDS = st.builds(
    lambda staff, shift: kind(for_staff=staff, shift=shift), st.booleans(), st.sampled_from(Shift)
)


def free_minutes(quiet: QuietHours) -> int:
    starts, ends = (each.hour * 60 + each.minute for each in (quiet.starts, quiet.ends))
    return (starts - ends) % 1440


def test_a_time_that_is_skipped_means_the_first_instant_after_the_gap() -> None:
    at = clock.resolve(date(2026, 3, 29), time(2, 30), "Europe/Berlin")
    assert at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert clock.local(at, "Europe/Berlin").time() == time(3)


def test_a_gap_of_half_an_hour_is_none_of_a_whole_one() -> None:
    at = clock.resolve(date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe")
    assert clock.local(at, "Australia/Lord_Howe").time() == time(2, 30)


def test_a_day_that_a_zone_left_out_means_the_next_one() -> None:
    at = clock.resolve(date(2011, 12, 30), time(9), "Pacific/Apia")
    shown = clock.local(at, "Pacific/Apia")
    assert (shown.date(), shown.time()) == (date(2011, 12, 31), time())


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    at = clock.resolve(date(2026, 10, 25), time(2, 30), "Europe/Berlin")
    assert at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert clock.both(date(2026, 10, 25), time(2, 30), "Europe/Berlin") == (
        at,
        at + timedelta(hours=1),
    )


@settings(max_examples=60, deadline=None)
@given(DAYS, WALLS, WISHES, KINDS)
def test_the_next_permitted_instant_is_the_one_found_by_looking(
    day: date, wall: time, wishes: Preferences, asked: Kind
) -> None:
    start = clock.resolve(day, wall, wishes.zone)
    found = timing.later(start, asked, wishes)
    looked = start
    while not timing.is_permitted(looked, asked, wishes):
        looked += MINUTE
    assert found == looked


@settings(max_examples=40, deadline=None)
@given(DAYS, WALLS, WISHES)
def test_what_moves_forward_leaves_before_the_last_quiet_span(
    day: date, wall: time, wishes: Preferences
) -> None:
    asked = kind(shift=Shift.EARLIER, for_staff=True)
    assume(wishes.quiet is None or free_minutes(wishes.quiet) >= 60)
    start = clock.resolve(day, wall, wishes.zone)
    found = timing.shifted(start, asked, wishes)
    assert found is not None
    assert found <= start
    assert timing.is_permitted(found, asked, wishes)
    if found < start:
        # From the edge it keeps its distance to nothing is permitted, but for spans so short
        # that a quarter of an hour before their end lies before their beginning.
        looked, room = found + timing.MARGIN, 0
        while looked <= start:
            room = room + 1 if timing.is_permitted(looked, asked, wishes) else 0
            assert room <= timing.MARGIN // MINUTE
            looked += MINUTE


def test_nobody_with_a_job_is_left_without_a_working_day() -> None:
    with pytest.raises(Malformed) as found:
        Preferences(working_days=frozenset())
    assert found.value.field == "working_days"


def test_a_search_without_an_end_is_given_up() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert clock.next_permitted(start, "UTC", (), lambda _: False) is None
    assert clock.last_permitted(start, "UTC", (), lambda _: False, MINUTE) is None


@pytest.mark.parametrize(
    ("moment", "anchor", "expected"),
    [
        (Moment("a", timedelta(hours=-2)), "2026-03-29T03:30:00+02:00", "2026-03-28T23:30:00"),
        (Moment("b", days=-1, at=time(17)), "2026-03-30", "2026-03-29T15:00:00"),
        (Moment("c", days=0, at=time(9)), "2026-03-28T23:30:00Z", "2026-03-29T07:00:00"),
    ],
)
def test_a_moment_is_an_instant(moment: Moment, anchor: str, expected: str) -> None:
    found = timing.moment_at(moment, anchor, Preferences(zone="Europe/Berlin"))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_hours_are_not_counted_from_a_day() -> None:
    assert timing.moment_at(Moment("a", timedelta()), "2026-03-30", Preferences()) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"zone": "Middle/Earth"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"working_days": frozenset({7})}, "working_days"),
        ({"paused_until": datetime(2026, 1, 1)}, "paused_until"),  # noqa: DTZ001 - the fault
        ({"weekly_cap": -1}, "weekly_cap"),
        ({"channels": ("pigeon",)}, "channels"),
        ({"channels": ("email", "email")}, "channels"),
    ],
)
def test_what_nobody_can_want_is_refused_by_its_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Malformed) as found:
        Preferences(**wrong)  # type: ignore[arg-type]  # wrong on purpose
    assert found.value.field == field


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [(time(8), time(8), "quiet.ends"), (time(8, 0, 1), time(9), "quiet.starts")],
)
def test_quiet_hours_have_a_length_in_minutes(starts: time, ends: time, field: str) -> None:
    with pytest.raises(Malformed) as found:
        QuietHours(starts, ends)
    assert found.value.field == field
