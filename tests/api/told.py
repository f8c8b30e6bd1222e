"""What somebody is told, and cases that raise each kind of signal."""

from __future__ import annotations

from typing import Any

from tests.builders import Story, answers
from tests.people import Person

SIGNALS = """query($case: ID!, $state: [SignalState!]) { case(id: $case) {
  openSignals signals(state: $state) {
    id kind state raisedAt over falseAlarmRate informant instrumentCode scale party heard heardAt
    evidence { measurement { id } session { id } occasion { id } commitment { id } goal { id } }
    acknowledgement { by { id } at } method { id version }
  } } }"""
FALLEN, MENDED = "33331", "333313"


def told(who: Person, case: str, *kinds: str, state: str | None = None) -> list[dict[str, Any]]:
    """Return what somebody is told; of some kinds, if they are named."""
    found = who.reads(SIGNALS, case=case, state=[state] if state else None)["case"]["signals"]
    return [each for each in found if not kinds or each["kind"] in kinds]


def kinds(who: Person, case: str) -> list[str]:
    return sorted(each["kind"] for each in told(who, case))


def rests_on(signal: dict[str, Any]) -> list[str]:
    """Return the ids of the evidence."""
    return [found["id"] for each in signal["evidence"] for found in each.values() if found]


def submit(who: Person, story: Story, form: str, given: list[dict[str, Any]], **more: Any) -> str:
    values = {"disclosure": "SHARED", **more}
    made = who.done(
        "submitMeasurement", "", case=story.case_id, instrument=form, answers=given, **values
    )
    return str(made["id"])


def drawn(sessions: int) -> str:
    return " ".join("k" * sessions)


def low(story: Story) -> None:
    submit(story.client, story, "srs-3", answers(8, 4))


def fall(story: Story) -> None:
    story.with_sessions(drawn(4)).with_ratings(client="3331")


def rupture(story: Story) -> None:
    story.with_sessions(drawn(5)).with_ratings(client=FALLEN)


def repair(story: Story) -> None:
    story.with_sessions(drawn(6)).with_ratings(client=MENDED)


def divergence(story: Story) -> None:
    story.with_sessions(drawn(3)).with_ratings(client="222", therapist="333")


def ceiling(story: Story) -> None:
    story.with_sessions(drawn(5)).with_ratings(client="44444")


def missing(story: Story) -> None:
    story.with_sessions("k k").asked("client", 0).asked("client", 1)


def unreliable(story: Story) -> None:
    story.with_sessions("k k k k k k m m")


def disagreement(story: Story) -> None:
    story.with_goals("Sleep through", agreed=False)
    story.therapist.done("answerGoal", "", goal=story.goals[0], answer="DISAGREE")


def mismatch(story: Story) -> None:
    for who, value in ((story.client, 2), (story.therapist, -1)):
        said = [{"dimension": "DIRECTIVENESS", "value": value}]
        who.done("setPreferences", "", case=story.case_id, preferences=said)


TOLD = {
    "LOW_ALLIANCE": low,
    "RELIABLE_FALL": fall,
    "RUPTURE": rupture,
    "REPAIR": repair,
    "DIVERGENCE": divergence,
    "STUCK_AT_CEILING": ceiling,
    "FEEDBACK_MISSING": missing,
    "RELIABILITY_FALLING": unreliable,
    "GOAL_DISAGREEMENT": disagreement,
    "PREFERENCE_MISMATCH": mismatch,
}
