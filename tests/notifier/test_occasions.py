"""What is remembered of a case, and what follows from it for whom and for the time between sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifier.domain.facts import Fact
from notifier.domain.kind import Thing
from notifier.domain.occasions import (
    Case,
    erased,
    gaps,
    holders,
    recall,
    relations,
    remember,
    touched,
)
from notifier.domain.planning import concerned, default_preferences
from tests.notifier.told import CASE, CLIENT, ORGANISATION, START, THERAPIST, fact, opened, session

pytestmark = pytest.mark.ground

TEN = datetime(2026, 3, 12, 14, tzinfo=UTC)
WEEK = timedelta(days=7)


def known(*facts: Fact) -> Case:
    return remember(Case(ORGANISATION, CASE), [*opened(), *facts])


def spans(case: Case) -> list[tuple[str, str | None]]:
    """Return the gaps of a case: after which session, and until when."""
    found = [(each.id, each.marks["gap.opened"].extra.get("until")) for each in gaps(case)]
    return [(name, until and until[:10]) for name, until in found]


def test_a_memory_kept_as_marks_is_the_same_memory() -> None:
    facts = [*opened(), session("1", TEN), session("1", TEN + WEEK, movedTo="session-2")]
    case = remember(Case(ORGANISATION, CASE), facts)
    rows = [row for each in facts for row in touched(each)]
    assert recall(ORGANISATION, CASE, rows) == case
    assert recall(ORGANISATION, CASE, reversed(rows)) == case


def test_facts_of_other_cases_are_not_remembered_here() -> None:
    other = Case(ORGANISATION, "case-2")
    assert remember(other, [*opened(), session("1", TEN)]) == other
    assert remember(Case("organisation-2", CASE), opened()) == Case("organisation-2", CASE)


def test_of_two_facts_at_one_instant_the_greater_id_stays() -> None:
    kept = fact("session.recorded", "session-1", TEN, outcome="KEPT")
    missed = fact("session.recorded", "session-1", TEN, outcome="MISSED")
    for order in ([kept, missed], [missed, kept]):
        case = known(session("1", TEN), *order)
        occasion = case.occasions[Thing.SESSION, "session-1"]
        assert occasion.marks["session.recorded"].extra["outcome"] == "MISSED"


def test_who_stands_how_to_a_case() -> None:
    case = known()
    assert relations(case, CLIENT, TEN) == {"CLIENT"}
    assert holders(case, "THERAPIST", TEN) == (THERAPIST,)
    assert relations(case, "person-9", TEN) == frozenset()


def test_a_place_that_was_left_can_be_taken_again() -> None:
    left = fact("care_team.left", THERAPIST, TEN, relation="THERAPIST")
    back = fact("care_team.joined", THERAPIST, TEN + WEEK, relation="THERAPIST")
    assert holders(known(left), "THERAPIST", TEN) == ()
    assert holders(known(left, back), "THERAPIST", TEN) == (THERAPIST,)


def test_a_place_ends_by_itself_at_its_instant() -> None:
    joined = fact("care_team.joined", "person-9", relation="CAREGIVER", endsAt=TEN.isoformat())
    case = known(joined)
    assert relations(case, "person-9", TEN - timedelta(seconds=1)) == {"CAREGIVER"}
    assert relations(case, "person-9", TEN) == frozenset()


def test_an_erased_person_is_remembered_as_that_and_no_more() -> None:
    case = known(fact("person.erased", CLIENT, TEN))
    assert erased(case) == {CLIENT}


def test_a_gap_lasts_until_the_next_session() -> None:
    case = known(session("1", TEN), session("2", TEN + 2 * WEEK))
    assert spans(case) == [("gap-session-1", "2026-03-26"), ("gap-session-2", None)]


@pytest.mark.parametrize("ending", ["session.cancelled", "session.recorded"])
def test_a_session_that_did_not_take_place_ends_no_gap_and_begins_none(ending: str) -> None:
    extra = {"outcome": "MISSED"} if ending == "session.recorded" else {}
    over = fact(ending, "session-2", TEN + WEEK, **extra)
    case = known(session("1", TEN), session("2", TEN + WEEK), over)
    assert spans(case) == [("gap-session-1", None)]


def test_a_moved_session_moves_the_end_of_the_gap() -> None:
    moved = session("2", TEN + 3 * WEEK, movedTo="session-3")
    case = known(session("1", TEN), session("2", TEN + WEEK), moved)
    assert spans(case) == [("gap-session-1", "2026-04-02"), ("gap-session-3", None)]


def test_a_gap_is_overdue_after_the_interval_of_its_case() -> None:
    extra = {"client": CLIENT, "timeZone": "UTC", "intervalDays": "14"}
    every_second_week = fact("case.opened", CASE, START + timedelta(seconds=1), **extra)
    (gap,) = gaps(known(every_second_week, session("1", TEN)))
    told = gap.marks["gap.opened"].extra
    ends = TEN + timedelta(minutes=50)
    assert datetime.fromisoformat(told["from"]) == ends
    assert datetime.fromisoformat(told["overdue"]) == ends + 2 * WEEK


def test_who_said_nothing_lives_where_the_case_is() -> None:
    assert default_preferences(known()).zone == "Europe/Berlin"
    assert default_preferences(Case(ORGANISATION, CASE)).zone == "UTC"
    nowhere = fact("case.opened", CASE, TEN, client=CLIENT, timeZone="Middle/Earth")
    assert default_preferences(known(nowhere)).zone == "UTC"


def test_a_fact_concerns_its_thing_and_a_session_the_time_around_it() -> None:
    case = known(session("1", TEN))
    promise = fact("commitment.made", "commitment-1", owner=CLIENT)
    assert concerned([promise], case) == frozenset({"commitment-1"})
    assert concerned([session("1", TEN)], case) == frozenset({"session-1", "gap-session-1"})
    left = fact("care_team.left", CLIENT, TEN, relation="CLIENT")
    assert concerned([promise, left], case) is None


@pytest.mark.parametrize(
    "silent",
    [
        fact("consent.given", "consent-1"),
        fact("disclosure.changed", "measurement-1"),
        fact("measurement.submitted", "measurement-1", instrument="srs-3"),
    ],
)
def test_some_facts_leave_no_mark(silent: Fact) -> None:
    assert touched(silent) == ()
