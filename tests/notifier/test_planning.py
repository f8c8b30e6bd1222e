"""What is planned, dropped and left unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from notifier.domain.facts import Fact
from notifier.domain.occasions import Case
from notifier.domain.planning import Changes, react
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import DropReason
from tests.notifier.told import CASE, CLIENT, ORGANISATION, START, fact, kind, opened, session

pytestmark = pytest.mark.ground

TEN = datetime(2026, 3, 12, 14, tzinfo=UTC)
LATER = datetime(2026, 3, 13, 10, tzinfo=UTC)


def reacted(
    facts: Sequence[Fact],
    before: Changes | None = None,
    now: datetime = START,
    preferences: Preferences | None = None,
) -> Changes:
    case = before.case if before else Case(ORGANISATION, CASE)
    pending = {each.key: each for each in before.plan} if before else {}
    wishes = {CLIENT: preferences} if preferences else {}
    return react(facts, case, [kind()], wishes, pending, now)


def dues(changes: Changes) -> list[datetime]:
    return [each.due_at for each in changes.plan]


def reasons(changes: Changes) -> list[DropReason]:
    return [each.reason for each in changes.silent]


def test_a_planned_session_is_reminded_of_twice() -> None:
    made = reacted([*opened(), session("1", TEN)])
    assert dues(made) == [TEN - timedelta(hours=48), TEN - timedelta(hours=2)]
    assert {each.recipient for each in made.plan} == {CLIENT}
    assert made.plan[0].expires_at == TEN - timedelta(minutes=15)


def test_nobody_is_reminded_before_it_is_known_who_the_client_is() -> None:
    assert reacted([session("1", TEN)]).plan == ()


def test_a_moved_session_leaves_no_reminder_of_the_old_time() -> None:
    first = reacted([*opened(), session("1", TEN)])
    moved = reacted([session("1", LATER, movedTo="session-2")], first)
    assert set(moved.drop) == {(each.key, DropReason.ENDED) for each in first.plan}
    assert dues(moved) == [LATER - timedelta(hours=48), LATER - timedelta(hours=2)]
    assert {each.occasion for each in moved.plan} == {"session-2"}


def test_a_cancelled_session_drops_its_reminders() -> None:
    first = reacted([*opened(), session("1", TEN)])
    off = reacted([fact("session.cancelled", "session-1", START)], first)
    assert [reason for _, reason in off.drop] == [DropReason.ENDED] * 2
    assert off.plan == ()


def test_the_same_facts_again_change_nothing() -> None:
    told = [*opened(), session("1", TEN)]
    first = reacted(told)
    again = reacted(told, first)
    assert (again.plan, again.drop) == ((), ())
    assert again.case == first.case


def test_a_session_booked_at_short_notice_is_not_reminded_of_as_if_it_were_far() -> None:
    made = reacted([*opened(), session("1", START + timedelta(hours=5))])
    assert dues(made) == [START + timedelta(hours=3)]
    assert reasons(made) == [DropReason.KNOWN_TOO_LATE]


def test_what_is_late_beyond_its_staleness_is_never_planned() -> None:
    made = reacted([*opened(), session("1", TEN)], now=TEN - timedelta(hours=41))
    assert reasons(made) == [DropReason.STALE]
    assert dues(made) == [TEN - timedelta(hours=2)]


def test_quiet_hours_move_a_reminder_to_the_evening_before() -> None:
    early = datetime(2026, 3, 12, 7, tzinfo=UTC)  # 08:00 in Berlin
    made = reacted([*opened(), session("1", early)])
    assert dues(made)[1] == datetime(2026, 3, 11, 19, 45, tzinfo=UTC)  # 20:45, before 21:00


def test_a_person_who_opted_out_or_paused_is_left_alone() -> None:
    told = [*opened(), session("1", TEN)]
    out = reacted(told, preferences=Preferences(opted={"session-upcoming": False}))
    assert reasons(out) == [DropReason.OPTED_OUT] * 2
    until = TEN - timedelta(hours=24)
    paused = reacted(told, preferences=Preferences(paused_until=until))
    assert reasons(paused) == [DropReason.PAUSED]
    assert dues(paused) == [TEN - timedelta(hours=2)]


def test_another_zone_plans_the_same_reminder_for_another_instant() -> None:
    early = datetime(2026, 3, 12, 7, tzinfo=UTC)
    first = reacted([*opened(), session("1", early)])
    moved = reacted([], first, preferences=Preferences(zone="Asia/Tokyo"))
    assert moved.drop == ()
    assert [each.key for each in moved.plan] == [first.plan[1].key]
    assert moved.plan[0].due_at == early - timedelta(hours=2)


def test_who_left_the_case_or_was_erased_hears_nothing_more() -> None:
    first = reacted([*opened(), session("1", TEN)])
    later = START + timedelta(hours=1)
    gone = reacted([fact("care_team.left", CLIENT, later, relation="CLIENT")], first)
    assert {reason for _, reason in gone.drop} == {DropReason.NOT_CONCERNED}
    erased = reacted([fact("person.erased", CLIENT, later)], first)
    assert {reason for _, reason in erased.drop} == {DropReason.ERASED}
    assert gone.plan == erased.plan == ()


def test_a_closed_case_is_silent() -> None:
    first = reacted([*opened(), session("1", TEN)])
    closed = reacted([fact("case.closed", CASE, START + timedelta(hours=1))], first)
    assert {reason for _, reason in closed.drop} == {DropReason.ENDED}


def test_a_place_that_ends_by_itself_before_a_reminder_is_due_gets_none() -> None:
    ends = (TEN - timedelta(hours=24)).isoformat()
    caregiver = fact("care_team.joined", "person-9", relation="CLIENT", endsAt=ends)
    made = reacted([*opened(), caregiver, session("1", TEN)])
    assert [each.due_at for each in made.plan if each.recipient == "person-9"] == [
        TEN - timedelta(hours=48)
    ]
    assert reasons(made) == [DropReason.NOT_CONCERNED]
