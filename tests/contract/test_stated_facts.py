"""The running API states each fact, and gives it, in the very shape of its golden event."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.fact_types import TYPES
from tests.api.test_signal_audiences import a_rupture
from tests.api.verbs import good
from tests.contract.events import golden, shape
from tests.feeds import told_all
from tests.house import House
from tests.people import Clinic

# The verbs that state facts, and what they state that systems are told.
STATE = {
    "openCase": {"case.opened", "care_team.joined"},
    "closeCase": {"session.cancelled", "case.closed"},
    "joinCareTeam": {"care_team.joined"},
    "leaveCareTeam": {"care_team.left"},
    "scheduleSession": {"session.planned"},
    "moveSession": {"session.moved"},
    "cancelSession": {"session.cancelled"},
    "recordSession": {"session.recorded"},
    "planMeasurement": {"occasion.planned"},
    "submitMeasurement": {"occasion.settled"},
    "proposeGoal": {"goal.proposed"},
    "answerGoal": {"goal.answered"},
    "rateGoal": {"goal.rated"},
    "endGoal": {"goal.ended"},
    "makeCommitment": {"commitment.made"},
    "settleCommitment": {"commitment.settled"},
    "acknowledgeSignal": {"signal.acknowledged"},
    "confirmHeard": {"signal.heard"},
    "breakGlass": {"emergency.opened"},
    "erasePerson": {"person.erased"},
}
# Stated by a verb, and told to no system: their golden events are what a reader of rows would make.
UNTOLD = {
    "measurement.submitted",
    "disclosure.changed",
    "consent.given",
    "consent.withdrawn",
    "emergency.reviewed",
}


def without_optional(kind: str, found: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """Return a golden event without the optional keys that a live one has not."""
    optional = {"care_team.joined": {"endsAt"}}.get(kind, set())
    data = {k: v for k, v in found["data"].items() if k not in optional - set(like["data"])}
    return {**found, "data": data}


@pytest.mark.parametrize("verb", STATE)
def test_what_a_verb_states_is_given_as_its_golden_event_says(clinic: Clinic, verb: str) -> None:
    works = good(clinic, verb)
    notifier = clinic.notifier()
    before = told_all(notifier)
    works.who.done(verb, "", **works.given)
    after = {"after": before[-1]["cursor"]} if before else {}

    new = told_all(notifier, **after)

    assert {event["type"] for event in new} == STATE[verb]
    for event in new:
        like = without_optional(event["type"], golden(event["type"]), event)
        assert shape(event) == shape(like)


def test_a_signal_that_is_raised_says_only_that_something_waits(clinic: Clinic) -> None:
    a_rupture(clinic, Disclosure.SHARED)
    raised = [event for event in told_all(clinic.notifier()) if event["type"] == "signal.raised"]

    assert raised
    for event in raised:
        assert shape(event) == shape(golden("signal.raised"))


def test_every_golden_event_is_compared_with_a_live_one_or_told_to_nobody(house: House) -> None:
    told = set().union(*STATE.values()) | {"signal.raised"}

    assert told | UNTOLD == TYPES
    assert not told & UNTOLD
