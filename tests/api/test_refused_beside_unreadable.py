"""One answer may hold a text that does not open and an object that is not shown, and is told whole."""

from __future__ import annotations

from uuid import uuid4

from alliance_api.domain.ids import Kind, format_id
from tests.builders import a_case
from tests.people import Clinic

BOTH = "query($goal: ID!, $other: ID!) { goal: node(id: $goal) { ...G } other: node(id: $other) { ...G } }"
GOAL = " fragment G on Goal { state wording }"


def test_a_text_that_does_not_open_does_not_take_the_answer_with_it(clinic: Clinic) -> None:
    story = a_case(clinic).with_goals("Sleep through")
    clinic.house.change(
        "UPDATE goal_versions SET wording = 'nobody sealed this' WHERE organisation_id = %s",
        clinic.organisation,
    )
    given = {"goal": story.goals[0], "other": format_id(Kind.GOAL, uuid4())}
    reply = clinic.client.asks(BOTH + GOAL, **given)
    assert reply.status == 200, reply.text
    assert reply.body["data"] == {"goal": {"state": "AGREED", "wording": None}, "other": None}
    assert [error["extensions"]["code"] for error in reply.body["errors"]] == ["UNREADABLE"]
