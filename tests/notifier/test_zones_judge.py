"""The experiment over all zones can tell a planner that is wrong from one that is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from evidence.zones import Tally, around, changes
from notifier.domain import clock, timing

pytestmark = pytest.mark.ground

BERLIN = "Europe/Berlin"


def tallied() -> Tally:
    tally = Tally()
    for change in changes(BERLIN, 1):
        around(BERLIN, change, tally)
    return tally


def test_the_planner_that_is_here_makes_no_mistake() -> None:
    tally = tallied()
    assert tally.faults == 0
    assert tally.cases > 200


def test_changes_are_found_to_the_minute() -> None:
    assert changes(BERLIN, 1) == [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]


def naive(day: date, wall: time, zone: str) -> datetime:
    return datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)


def second_of_two(day: date, wall: time, zone: str) -> datetime:
    return naive(day, wall.replace(fold=1), zone)


@pytest.mark.parametrize(
    ("where", "name", "broken"),
    [
        (clock, "resolve", naive),
        (clock, "resolve", second_of_two),
        (timing, "is_permitted", lambda *_: True),
        (timing, "shifted", lambda at, *_: at + timedelta(minutes=1)),
        (timing, "shifted", lambda *_: None),
    ],
)
def test_a_planner_that_is_wrong_is_found_out(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Callable[..., Any]
) -> None:
    monkeypatch.setattr(where, name, broken)
    assert tallied().faults > 0
