"""Missing feedback: nothing happens when a form becomes due, and yet it is told in time."""

from __future__ import annotations

from typing import Any

from tests.builders import DAY, Story, a_case, answers, instant, now
from tests.people import Clinic, mutation_text, with_key

from .told import kinds, missing, rests_on, submit, told


def plan(story: Story, *due_in_days: float, **given: Any) -> list[str]:
    """Ask the client for forms that are due so many days from now, or were."""
    values = {"case": story.case_id, "instrument": "alliance-check-in", **given}
    made = []
    for days in due_in_days:
        times = {
            "opensAt": instant(now() + (days - 1) * DAY),
            "dueAt": instant(now() + days * DAY),
        }
        who = {"informant": story.client.id, **times, **values}
        made.append(str(story.therapist.done("planMeasurement", "", **who)["id"]))
    return made


def answer(story: Story, occasion: str, **given: Any) -> str:
    return submit(story.client, story, "alliance-check-in", answers(3), occasion=occasion, **given)


def test_what_is_not_due_yet_is_not_missing_and_once_it_is_nobody_needs_to_write(
    clinic: Clinic,
) -> None:
    story = a_case(clinic)
    first, second, third = plan(story, -2, 1, 8)
    assert told(story.therapist, story.case_id) == []
    assert story.therapist.reads(
        "query($id: ID!) { case(id: $id) { openSignals } }", id=story.case_id
    ) == {"case": {"openSignals": 0}}
    # Two days pass.
    for table, column in (("occasions", "due_at"), ("signals", "raised_at")):
        statement = f"UPDATE {table} SET {column} = {column} - interval '2 days' WHERE case_id = %s"
        clinic.house.change(statement, story.case)
    for who in (story.client, story.therapist):
        [found] = told(who, story.case_id)
        assert found["kind"] == "FEEDBACK_MISSING"
        assert rests_on(found) == [first, second], "the third is not due yet"
        assert found["informant"] == "CLIENT"
        assert found["instrumentCode"] == "alliance-check-in"
    answer(story, third)
    [found] = told(story.therapist, story.case_id)
    assert (found["state"], rests_on(found)) == ("CLOSED", [first, second])


def test_a_signal_that_was_not_raised_yet_can_not_be_acknowledged(clinic: Clinic) -> None:
    story = a_case(clinic)
    plan(story, -2, 1)
    for (signal,) in clinic.rows("SELECT id FROM signals WHERE organisation_id = %s"):
        given = {"signal": f"signal-{signal}"}
        problem = [("NOT_FOUND", "signal")]
        assert story.therapist.refused("acknowledgeSignal", **given) == problem
        assert story.client.refused("confirmHeard", heard=True, **given) == problem


def test_an_answer_that_came_late_takes_it_back(clinic: Clinic) -> None:
    story = a_case(clinic)
    first, _ = plan(story, -2, -1)
    assert kinds(story.therapist, story.case_id) == ["FEEDBACK_MISSING"]
    answer(story, first)
    assert kinds(story.therapist, story.case_id) == []


def test_a_private_answer_does_not_exist_for_the_team(clinic: Clinic) -> None:
    story = a_case(clinic)
    first, second = plan(story, -2, -1)
    before = told(story.therapist, story.case_id)
    made = answer(story, second, disclosure="PRIVATE")
    assert told(story.therapist, story.case_id) == before
    assert told(story.client, story.case_id) == []
    assert rests_on(before[0]) == [first, second]
    for disclosure in ("NEXT_SESSION", "TREND", "SHARED"):
        story.client.done("changeDisclosure", "", measurement=made, disclosure=disclosure)
        assert told(story.therapist, story.case_id) == []
        story.client.done("changeDisclosure", "", measurement=made, disclosure="PRIVATE")
        assert kinds(story.therapist, story.case_id) == ["FEEDBACK_MISSING"]


def test_what_a_therapist_kept_to_themselves_was_not_answered_for_others(clinic: Clinic) -> None:
    story = a_case(clinic)
    given = {"informant": story.therapist.id, "instrument": "alliance-check-in-t"}
    _, second = plan(story, -2, -1, **given)
    form = ("alliance-check-in-t", answers(3))
    submit(story.therapist, story, *form, occasion=second, disclosure="PRIVATE")
    for who in (story.client, story.therapist):
        assert [each["informant"] for each in told(who, story.case_id)] == ["THERAPIST"]
    submit(story.therapist, story, *form, occasion=second, disclosure="SHARED")
    assert told(story.client, story.case_id) == []


def test_another_form_or_informant_is_another_series(clinic: Clinic) -> None:
    story = a_case(clinic)
    plan(story, -2)
    plan(story, -2, instrument="srs-3")
    plan(story, -1, informant=clinic.caregiver.id, instrument="alliance-check-in-caregiver")
    assert told(story.therapist, story.case_id) == []


def test_of_a_session_that_was_not_held_nobody_is_asked(clinic: Clinic) -> None:
    for drawing in ("m c", "C M", "m >"):
        client = clinic.another_person(drawing)
        case = clinic.another_case(client)
        story = a_case(clinic, case=case, client=client, hours=3 + len(clinic.people))
        story.with_sessions(drawing).asked("client", 0).asked("client", 1)
        assert [each for each in kinds(client, story.case_id) if "FEED" in each] == [], drawing


def test_cancelling_a_session_takes_back_what_was_missing_about_it(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k .").asked("client", 0)
    clinic.house.change(
        "UPDATE sessions SET planned_start = now() - interval '3 days', "
        "planned_end = now() - interval '71 hours' WHERE id = %s",
        story.sessions[1][-36:],
    )
    plan(story, -1, session=story.sessions[1])
    assert kinds(story.therapist, story.case_id) == ["FEEDBACK_MISSING"]
    given = {"session": story.sessions[1], "cancelledBy": "THERAPIST"}
    story.therapist.done("cancelSession", "", **given)
    assert told(story.therapist, story.case_id) == []


def test_what_is_planned_at_the_same_time_is_one_signal(clinic: Clinic) -> None:
    story = a_case(clinic)
    requests = []
    for days in (4, 3, 2, 1):
        given = {
            "case": story.case_id,
            "instrument": "alliance-check-in",
            "informant": story.client.id,
            "opensAt": instant(now() - (days + 1) * DAY),
            "dueAt": instant(now() - days * DAY),
        }
        text = mutation_text("planMeasurement")
        requests.append(story.therapist.request(text, input=with_key(given)))
    for reply in clinic.house.together(requests):
        assert reply.data["planMeasurement"]["problems"] == []
    [found] = told(story.client, story.case_id)
    assert len(found["evidence"]) == 4


def test_nothing_is_stated_of_what_nobody_did(clinic: Clinic) -> None:
    missing(a_case(clinic))
    stated = clinic.rows("SELECT type FROM facts WHERE organisation_id = %s AND type LIKE 'sig%%'")
    assert stated == []
