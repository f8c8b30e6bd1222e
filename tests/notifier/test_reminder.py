"""What can become of a reminder, and what makes two reminders one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.domain.reminder import OPEN, TRANSITIONS, Event, NotAllowed, State, after, key_of

pytestmark = pytest.mark.ground

PARTS = st.lists(st.text(max_size=3), min_size=6, max_size=6)


def test_every_state_says_what_every_event_makes_of_it() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(set(row) == set(Event) for row in TRANSITIONS.values())


def test_what_was_sent_stays_sent() -> None:
    for event in Event:
        with pytest.raises(NotAllowed) as refused:
            after(State.SENT, event)
        assert (refused.value.state, refused.value.event) == (State.SENT, event)


def test_only_a_claim_leads_to_a_receipt() -> None:
    reached = [state for state, row in TRANSITIONS.items() if State.SENT in row.values()]
    assert reached == [State.CLAIMED]
    assert after(State.CLAIMED, Event.RECEIPT) is State.SENT


def test_every_state_is_reached_and_every_open_one_can_end() -> None:
    reached = {State.PLANNED} | {to for row in TRANSITIONS.values() for to in row.values() if to}
    assert reached == set(State)
    for state in OPEN:
        assert after(state, Event.DROP) is State.DROPPED


def test_a_claimed_one_is_not_planned_anew_under_the_hands_of_its_sender() -> None:
    with pytest.raises(NotAllowed):
        after(State.CLAIMED, Event.PLAN)


@given(PARTS, PARTS)
def test_a_key_is_the_same_for_the_same_parts_and_for_no_others(
    some: list[str], others: list[str]
) -> None:
    assert (key_of(*some) == key_of(*others)) is (some == others)
    assert key_of(*some).version == 8
    assert key_of(*some).variant == "specified in RFC 4122"


def test_parts_do_not_run_into_each_other() -> None:
    assert key_of("a", "b", "cd", "", "e", "f") != key_of("a", "b", "c", "d", "e", "f")
    assert key_of("ab", "", "", "", "", "") != key_of("a", "b", "", "", "", "")
