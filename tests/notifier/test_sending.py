"""The last look before a reminder leaves, and the look ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from notifier.domain.facts import Fact
from notifier.domain.kind import Kind, Shift
from notifier.domain.occasions import Case, remember
from notifier.domain.planning import react
from notifier.domain.preferences import Preferences, QuietHours
from notifier.domain.preview import Line, preview
from notifier.domain.reminder import DropReason, Reminder
from notifier.domain.sending import Drop, Send, Sent, Wait, decide
from notifier.kinds.loader import load_all
from tests.notifier.told import CASE, CLIENT, ORGANISATION, START, fact, kind, opened, session

pytestmark = pytest.mark.ground

TEN = datetime(2026, 3, 12, 14, tzinfo=UTC)
DUE = TEN - timedelta(hours=2)
WISHES = Preferences(zone="Europe/Berlin")
KINDS = {name: folder.kind for name, folder in load_all().items()}


def reminder(**changes: Any) -> Reminder:
    facts = [*opened(), session("1", TEN)]
    made = react(facts, Case(ORGANISATION, CASE), [kind()], {}, {}, START).plan[1]
    assert made.due_at == DUE
    return replace(made, **changes)


def decided(
    now: datetime = DUE,
    wishes: Preferences = WISHES,
    sent: list[Sent] | None = None,
    asked: Kind | None = None,
) -> Send | Wait | Drop:
    return decide(reminder(), asked or kind(), wishes, sent or [], now)


def test_what_is_due_leaves() -> None:
    assert decided() == Send()


def test_what_is_not_due_waits() -> None:
    assert decided(DUE - timedelta(minutes=1)) == Wait(DUE)


@pytest.mark.parametrize(
    ("now", "wishes", "reason"),
    [
        (TEN, WISHES, DropReason.EXPIRED),
        (TEN - timedelta(minutes=15), WISHES, DropReason.EXPIRED),
        (DUE, replace(WISHES, opted={"session-upcoming": False}), DropReason.OPTED_OUT),
        (DUE, replace(WISHES, paused=True), DropReason.PAUSED),
        (DUE, replace(WISHES, paused_until=DUE + timedelta(hours=1)), DropReason.PAUSED),
        (DUE, replace(WISHES, quiet=QuietHours(time(12), time(15))), DropReason.QUIET),
        (DUE, replace(WISHES, weekly_cap=0), DropReason.CAPPED),
    ],
)
def test_what_must_not_leave_is_dropped_with_its_reason(
    now: datetime, wishes: Preferences, reason: DropReason
) -> None:
    assert decided(now, wishes) == Drop(reason)


def test_what_is_late_beyond_its_staleness_is_dropped_and_never_sent() -> None:
    asked = kind(stale_after=timedelta(minutes=30))
    late = reminder(stale_after=timedelta(minutes=30))
    at = DUE + timedelta(minutes=30)
    assert decide(late, asked, WISHES, [], at) == Send()
    assert decide(late, asked, WISHES, [], at + timedelta(seconds=1)) == Drop(DropReason.STALE)


def test_new_quiet_hours_put_it_off_while_there_is_time() -> None:
    wishes = replace(WISHES, quiet=QuietHours(time(12), time(13, 30)))
    assert decided(wishes=wishes) == Wait(DUE + timedelta(minutes=30))


def test_a_kind_that_is_no_more_is_not_sent() -> None:
    assert decide(reminder(), None, WISHES, [], DUE) == Drop(DropReason.RETIRED)


def test_a_cap_counts_seven_days_and_no_more() -> None:
    asked = kind(cap=1)
    week = timedelta(days=7)
    assert decided(sent=[Sent("session-upcoming", DUE - week)], asked=asked) == Send()
    recent = [Sent("session-upcoming", DUE - week + timedelta(seconds=1))]
    assert decided(sent=recent, asked=asked) == Drop(DropReason.CAPPED)
    assert decided(sent=[Sent("goal-review", DUE)], asked=asked) == Send()


def test_an_uncapped_kind_leaves_though_its_reader_had_enough() -> None:
    full = [Sent("goal-review", DUE)] * 10
    assert decided(sent=full) == Drop(DropReason.CAPPED)
    assert decided(sent=full, asked=kind(uncapped=True)) == Send()


def looked(
    facts: list[Fact],
    wishes: Preferences | None = None,
    sent: list[Sent] | None = None,
    now: datetime = START,
) -> tuple[Line, ...]:
    case = remember(Case(ORGANISATION, CASE), [*opened(), *facts])
    return preview(CLIENT, [case], KINDS, wishes, sent or [], (), now)


def test_a_preview_shows_what_would_leave_and_why_something_would_not() -> None:
    lines = looked([session("1", TEN), fact("goal.proposed", "goal-1", by=CLIENT)])
    assert [(each.kind, each.label, each.reason) for each in lines] == [
        ("session-upcoming", "-48h", None),
        ("session-upcoming", "-2h", None),
        ("check-in", "+3d 17:00", DropReason.OPTED_OUT),
        ("goal-review", "+28d 10:00", None),
    ]
    assert [each.at for each in lines] == sorted(each.at for each in lines)


def test_a_preview_ends_after_thirty_days() -> None:
    far = START + timedelta(days=33)
    assert [each.label for each in looked([session("1", far)]) if each.reason is None] == []
    near = START + timedelta(days=30)
    assert [each.label for each in looked([session("1", near)]) if each.reason is None] == [
        "-48h",
        "-2h",
    ]


def test_a_preview_counts_towards_the_cap_what_it_would_send() -> None:
    wishes = Preferences(zone="Europe/Berlin", weekly_cap=1)
    lines = looked([session("1", TEN)], wishes)
    said = [each.reason for each in lines if each.kind == "session-upcoming"]
    assert said == [None, DropReason.CAPPED]


def test_a_preview_leaves_out_what_was_sent() -> None:
    first = looked([session("1", TEN)])[0]
    case = remember(Case(ORGANISATION, CASE), [*opened(), session("1", TEN)])
    lines = preview(CLIENT, [case], KINDS, None, [], {first.key}, START)
    assert first.key not in {each.key for each in lines}


def test_a_preview_made_at_night_sends_nothing_before_the_morning() -> None:
    night = datetime(2026, 3, 2, 21, tzinfo=UTC)  # 22:00 in Berlin
    facts = [fact("emergency.opened", "emergency-1", night, by="p", endsAt=night.isoformat())]
    (line,) = looked(facts, now=night)
    assert line.at == datetime(2026, 3, 3, 7, tzinfo=UTC)


def test_a_preview_is_of_one_person_only() -> None:
    assert looked([session("1", TEN)]) != ()
    case = remember(Case(ORGANISATION, CASE), [*opened(), session("1", TEN)])
    assert preview("person-9", [case], KINDS, None, [], (), START) == ()


@pytest.mark.parametrize("shift", Shift)
def test_a_preview_says_what_the_planner_would_plan(shift: Shift) -> None:
    early = datetime(2026, 3, 12, 6, tzinfo=UTC)
    asked = {"session-upcoming": kind(shift=shift)}
    case = remember(Case(ORGANISATION, CASE), [*opened(), session("1", early)])
    planned = react([], case, asked.values(), {}, {}, START)
    lines = preview(CLIENT, [case], asked, None, [], (), START)
    assert {each.key: each.at for each in lines if each.reason is None} == {
        each.key: each.due_at for each in planned.plan
    }
