"""Closing a case: who may, what falls with it, and what can still be done in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy.exc
from sqlalchemy import text

from alliance_api.domain.disclosure import Disclosure
from alliance_api.store import cases
from alliance_api.usecases.derive_all import derive_all
from tests.builders import DAY, HOUR, WEEK, Story, a_case, answers, instant, now
from tests.people import Clinic, Person, mutation_text, with_key

from .test_missing_feedback import plan
from .told import told
from .verbs import EMERGENCY

ZONE = ZoneInfo("Europe/Berlin")
FRAME = """query($id: ID!) { case(id: $id) { status closedOn nextSession { id }
  sessions(first: 50) { nodes { id outcome cancelledBy excused } }
  openSignals } }"""
RELIABILITY = """query($id: ID!) { case(id: $id) {
  client: reliability(of: CLIENT) { sessions kept { numerator denominator } lateCancellations }
  therapist: reliability(of: THERAPIST) { sessions kept { numerator denominator }
    lateCancellations } } }"""


def today() -> date:
    return now().astimezone(ZONE).date()


def close(who: Person, story: Story, **given: Any) -> dict[str, Any]:
    return who.done("closeCase", "status closedOn", case=story.case_id, **given)


def frame(who: Person, story: Story) -> dict[str, Any]:
    found: dict[str, Any] = who.reads(FRAME, id=story.case_id)["case"]
    return found


def outcomes(who: Person, story: Story) -> dict[str, dict[str, Any]]:
    return {each.pop("id"): each for each in frame(who, story)["sessions"]["nodes"]}


CALLED_OFF = {"outcome": "CANCELLED", "cancelledBy": None, "excused": True}


@pytest.mark.parametrize("name", ["therapist", "manager"])
def test_a_therapist_or_a_manager_closes_a_case_and_what_was_to_come_is_called_off(
    clinic: Clinic, name: str
) -> None:
    story = a_case(clinic, hours=2).with_sessions("k m . .")
    before = outcomes(clinic.client, story)

    closed = close(clinic.people[name], story)

    assert closed == {
        "id": story.case_id,
        "status": "CLOSED",
        "closedOn": today().isoformat(),
    }
    found = frame(clinic.client, story)
    assert (found["status"], found["nextSession"]) == ("CLOSED", None)
    after = outcomes(clinic.client, story)
    assert [after[each] for each in story.sessions[2:]] == [CALLED_OFF, CALLED_OFF]
    assert [after[each] for each in story.sessions[:2]] == [
        before[each] for each in story.sessions[:2]
    ]


def test_who_only_reads_a_case_cannot_close_it(clinic: Clinic) -> None:
    story = a_case(clinic, hours=2).with_sessions("k .")
    clinic.with_offices()
    before = clinic.house.counts()
    for name in ("client", "supervisor", "caregiver", "ehr", "clinician"):
        problem = [("NOT_ALLOWED", "case")]
        assert clinic.people[name].refused("closeCase", case=story.case_id) == problem, name
        # Whoever may not is not told by the answer when somebody was there.
        given = {"case": story.case_id, "closedOn": "2026-01-06"}
        assert clinic.people[name].refused("closeCase", **given) == problem, name
    assert clinic.house.counts() == before
    assert frame(clinic.client, story)["status"] == "ACTIVE"


def test_a_former_therapist_cannot_close_it_and_who_follows_can(clinic: Clinic) -> None:
    story = a_case(clinic)
    given = {"case": story.case_id, "relation": "THERAPIST"}
    follows = clinic.another_person("follows")
    clinic.manager.done("joinCareTeam", "", **given, person=follows.id)
    clinic.manager.done("leaveCareTeam", "", **given, person=clinic.therapist.id)
    assert clinic.therapist.refused("closeCase", case=story.case_id) == [("NOT_FOUND", "case")]
    close(follows, story)


def changes(clinic: Clinic, who: Person, statement: str, **values: Any) -> int:
    """Change something as somebody, under the law, by no verb; return how many rows."""

    async def change() -> int:
        async with clinic.house.database.write(who.principal) as tx:
            return (await tx.run(text(statement).bindparams(**values))).rowcount

    return clinic.house.run(change)


@pytest.mark.parametrize("name", ["client", "supervisor", "caregiver", "stranger"])
def test_the_database_lets_nobody_else_close_a_case(clinic: Clinic, name: str) -> None:
    closing = "UPDATE cases SET status = 'CLOSED', closed_on = now()::date"
    assert changes(clinic, clinic.people[name], closing) == 0


def test_the_database_lets_nobody_open_a_closed_case_or_close_one_without_a_day(
    clinic: Clinic,
) -> None:
    for half in ("status = 'CLOSED'", "closed_on = now()::date"):
        with pytest.raises(sqlalchemy.exc.ProgrammingError) as refused:
            changes(clinic, clinic.therapist, f"UPDATE cases SET {half}")
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
    close(clinic.therapist, a_case(clinic))
    opening = "UPDATE cases SET status = 'ACTIVE', closed_on = NULL"
    for name in ("therapist", "manager"):
        assert changes(clinic, clinic.people[name], opening) == 0


# --- The day --------------------------------------------------------------------------------


def test_it_ends_on_no_day_to_come_and_on_none_before_it_began_or_somebody_met(
    clinic: Clinic,
) -> None:
    story = a_case(clinic, hours=2).with_sessions("k m .")
    before = clinic.house.counts()
    clinic.house.change("UPDATE cases SET opened_on = '2026-01-05' WHERE id = %s", story.case)
    held = story.starts[0].astimezone(ZONE).date()
    for day, code in (
        (today() + DAY, "IN_THE_FUTURE"),
        (date(2026, 1, 4), "CLOSED_BEFORE_OPENED"),
        (held - DAY, "HELD_AFTER_CLOSING"),
    ):
        given = {"case": story.case_id, "closedOn": day.isoformat()}
        assert clinic.therapist.refused("closeCase", **given) == [(code, "closedOn")]
    assert clinic.house.counts() == before
    assert frame(clinic.client, story)["nextSession"] is not None
    assert close(clinic.therapist, story, closedOn=held.isoformat())["closedOn"] == str(held)


def test_the_day_is_counted_where_the_client_lives(clinic: Clinic) -> None:
    story = a_case(clinic)
    clinic.house.change(
        "UPDATE cases SET time_zone = 'Pacific/Kiritimati' WHERE id = %s", story.case
    )
    with clinic.house.at(datetime(2026, 11, 2, 12, tzinfo=UTC)):  # the 3rd, fourteen hours ahead
        assert close(clinic.therapist, story)["closedOn"] == "2026-11-03"


def with_one_of_the_past(clinic: Clinic, days: int) -> Story:
    """A case with a session so many days ago of which nobody has said what became of it."""
    story = a_case(clinic).with_sessions("k . .")
    start = now() - days * DAY
    clinic.house.change(
        "UPDATE sessions SET planned_start = %s, planned_end = %s WHERE id = %s",
        start,
        start + HOUR,
        UUID(story.sessions[1][-36:]),
    )
    story.starts[1] = start
    return story


def test_what_was_planned_until_then_can_still_be_recorded(clinic: Clinic) -> None:
    story = with_one_of_the_past(clinic, days=2)
    close(clinic.therapist, story)
    assert outcomes(clinic.therapist, story)[story.sessions[1]]["outcome"] is None
    clinic.therapist.done(
        "recordSession",
        "",
        session=story.sessions[1],
        outcome="KEPT",
        startedAt=instant(story.starts[1]),
    )
    found = outcomes(clinic.therapist, story)
    assert found[story.sessions[1]]["outcome"] == "KEPT"
    assert found[story.sessions[2]] == CALLED_OFF


def test_what_was_planned_for_after_the_day_falls_though_its_time_has_passed(
    clinic: Clinic,
) -> None:
    story = with_one_of_the_past(clinic, days=2)
    close(clinic.therapist, story, closedOn=(today() - 4 * DAY).isoformat())
    found = outcomes(clinic.therapist, story)
    assert [found[each] for each in story.sessions[1:]] == [CALLED_OFF, CALLED_OFF]


# --- Once -----------------------------------------------------------------------------------


def test_it_is_closed_once(clinic: Clinic) -> None:
    story = a_case(clinic, hours=2).with_sessions("k .")
    first = close(clinic.therapist, story, idempotencyKey="once")
    before = clinic.house.counts()
    assert close(clinic.therapist, story, idempotencyKey="once") == first
    again = clinic.manager.refused("closeCase", case=story.case_id)
    assert again == [("ALREADY_CLOSED", "case")]
    assert {**clinic.house.counts(), "read_ledger": 0} == {**before, "read_ledger": 0}


def test_closing_and_planning_at_once_leave_nothing_planned(clinic: Clinic) -> None:
    for number in range(4):
        opened = clinic.opens_case()
        start = now() + (number + 1) * DAY
        planning = {
            "case": opened["id"],
            "plannedStart": instant(start),
            "plannedEnd": instant(start + HOUR),
            "modality": "VIDEO",
        }
        both = (
            ("scheduleSession", planning),
            ("closeCase", {"case": opened["id"]}),
        )
        replies = clinic.house.together(
            clinic.therapist.request(mutation_text(verb), input=with_key(given))
            for verb, given in both
        )
        planned, closed = (reply.data[verb] for reply, (verb, _) in zip(replies, both, strict=True))
        assert closed["problems"] == []
        codes = [problem["code"] for problem in planned["problems"]]
        assert codes in ([], ["CASE_CLOSED"])
        left = clinic.rows(
            "SELECT state FROM sessions WHERE organisation_id = %s AND case_id = %s",
            UUID(opened["id"][-36:]),
        )
        assert left == ([("CANCELLED",)] if codes == [] else [])


# --- Counted against nobody -----------------------------------------------------------------


def reliable(who: Person, story: Story) -> dict[str, Any]:
    found: dict[str, Any] = who.reads(RELIABILITY, id=story.case_id)["case"]
    return found


def test_what_falls_with_a_case_is_counted_for_nobody_however_late_it_is_asked(
    clinic: Clinic,
) -> None:
    story = a_case(clinic, hours=2).with_sessions("k k m k M k . . . . .")
    before = reliable(clinic.therapist, story)
    close(clinic.therapist, story)
    assert reliable(clinic.therapist, story) == before

    async def half_a_year_later() -> None:
        async with clinic.house.database.write(clinic.therapist.principal) as tx:
            found = await cases.find(tx, story.case)
            assert found is not None
            async with tx.as_engine():
                await derive_all(tx, now() + 26 * WEEK, found)

    clinic.house.run(half_a_year_later)
    assert reliable(clinic.therapist, story) == before
    assert told(clinic.therapist, story.case_id) == []


def test_a_session_called_off_an_hour_before_is_no_late_cancellation(clinic: Clinic) -> None:
    story = a_case(clinic, hours=2).with_sessions("k .")
    clinic.house.change(
        "UPDATE sessions SET planned_start = %s, planned_end = %s WHERE id = %s",
        now() + HOUR,
        now() + 2 * HOUR,
        UUID(story.sessions[1][-36:]),
    )
    close(clinic.therapist, story)
    assert outcomes(clinic.client, story)[story.sessions[1]] == CALLED_OFF
    found = reliable(clinic.client, story)
    assert [found[who]["lateCancellations"] for who in ("client", "therapist")] == [0, 0]


def test_forms_that_were_to_be_filled_in_later_are_not_missed(clinic: Clinic) -> None:
    story = a_case(clinic)
    plan(story, -2, 1, 8)
    missing = (
        "SELECT raised_at FROM signals WHERE organisation_id = %s AND kind = 'FEEDBACK_MISSING'"
    )
    assert clinic.rows(missing)
    close(clinic.therapist, story)
    assert clinic.rows(missing) == []
    asked = "query($id: ID!) { case(id: $id) { occasions { state } } }"
    found = clinic.client.reads(asked, id=story.case_id)["case"]["occasions"]
    assert [each["state"] for each in found] == ["OVERDUE", "DROPPED", "DROPPED"]


def test_forms_that_were_missed_before_stay_so_until_somebody_takes_note(clinic: Clinic) -> None:
    story = a_case(clinic)
    plan(story, -4, -2, 1)
    [signal] = told(clinic.therapist, story.case_id)
    close(clinic.therapist, story)
    assert [each["id"] for each in told(clinic.therapist, story.case_id)] == [signal["id"]]
    clinic.therapist.done("acknowledgeSignal", "", signal=signal["id"])
    assert frame(clinic.therapist, story)["openSignals"] == 0


# --- What is written afterwards -------------------------------------------------------------


@pytest.fixture
def ended(clinic: Clinic) -> Story:
    """A case with something of everything, closed; and a session nobody has spoken of."""
    story = a_case(clinic).with_sessions("k k .")
    story.with_ratings(client="33", disclosure=Disclosure.NEXT_SESSION)
    story.with_goals("Sleep through").with_goals("Eat", agreed=False).with_commitments("Call")
    story.asked("client", 1)
    start = now() - 2 * DAY
    clinic.house.change(
        "UPDATE sessions SET planned_start = %s, planned_end = %s WHERE id = %s",
        start,
        start + HOUR,
        UUID(story.sessions[2][-36:]),
    )
    close(clinic.therapist, story)
    return story


def test_nothing_new_begins_in_it(clinic: Clinic, ended: Story) -> None:
    case, start = ended.case_id, now() + 3 * DAY
    span = {"plannedStart": instant(start), "plannedEnd": instant(start + HOUR)}
    before = clinic.house.counts()
    for who, verb, given, field in (
        (clinic.therapist, "scheduleSession", {"case": case, **span, "modality": "VIDEO"}, "case"),
        (clinic.manager, "scheduleSession", {"case": case, **span, "modality": "VIDEO"}, "case"),
        (clinic.therapist, "moveSession", {"session": ended.sessions[2], **span}, "session"),
        (
            clinic.therapist,
            "planMeasurement",
            {
                "case": case,
                "instrument": "alliance-check-in",
                "informant": clinic.client.id,
                "opensAt": instant(now()),
                "dueAt": instant(start),
            },
            "case",
        ),
        (clinic.client, "proposeGoal", {"case": case, "wording": "Swim"}, "case"),
        (
            clinic.client,
            "makeCommitment",
            {"case": case, "wording": "Write", "dueAt": instant(start)},
            "case",
        ),
    ):
        assert who.refused(verb, **given) == [("CASE_CLOSED", field)], verb
    assert clinic.house.counts() == before


def test_what_was_begun_can_be_finished(clinic: Clinic, ended: Story) -> None:
    client, therapist, case = clinic.client, clinic.therapist, ended.case_id
    form = {"case": case, "instrument": "alliance-check-in", "answers": answers(3)}
    client.done("submitMeasurement", "", **form, occasion=ended.occasions[0])
    client.done("submitMeasurement", "", **form)  # what it was like, some time later
    shown = {"measurement": ended.measurements["client"][1], "disclosure": "SHARED"}
    client.done("changeDisclosure", "", **shown)
    client.done("rateGoal", "", goal=ended.goals[0], level=1)
    therapist.done("answerGoal", "", goal=ended.goals[1], answer="AGREE")
    therapist.done("endGoal", "", goal=ended.goals[0])
    client.done("settleCommitment", "", commitment=ended.commitments[0], outcome="KEPT")
    therapist.done("writeNote", "", case=case, body="How it ended")
    therapist.done("cancelSession", "", session=ended.sessions[2], cancelledBy="CLIENT")


def test_people_come_and_go_and_consents_are_given_and_taken_back(
    clinic: Clinic, ended: Story
) -> None:
    case = ended.case_id
    given = clinic.client.done("giveConsent", "live", case=case, kind="RESEARCH")
    assert given["live"]
    clinic.client.done("withdrawConsent", "", consent=given["id"])
    # A clinic must be able to say who keeps the record of somebody whose therapist has left.
    who = clinic.another_person("keeps the record")
    place = {"case": case, "person": who.id, "relation": "THERAPIST"}
    clinic.manager.done("joinCareTeam", "", **place)
    assert frame(who, ended)["status"] == "CLOSED"
    clinic.manager.done("leaveCareTeam", "", **place)
    clinic.appoint("clinician", "CLINICIAN")
    clinician = clinic.people["clinician"].can(EMERGENCY)
    clinician.done("breakGlass", "", case=case, reason="On call tonight")


READ = """query($id: ID!) { case(id: $id) {
  client { name } goals { wording } commitments { wording }
  measurements(first: 50) { nodes { id scores { raw } comment withheld { facet reason } } }
  trajectory(instrument: "alliance-check-in", informant: CLIENT) { n } } }"""


@pytest.mark.parametrize("name", ["client", "therapist", "supervisor", "caregiver", "manager"])
def test_who_reads_it_reads_what_they_read_before(clinic: Clinic, name: str) -> None:
    clinic.consent()
    story = a_case(clinic).with_sessions("k k .").with_ratings("34", "33")
    story.with_goals("Sleep through").with_commitments("Call")
    before = clinic.people[name].reads(READ, id=story.case_id)
    assert before["case"]["client"]["name"]
    close(clinic.therapist, story)
    assert clinic.people[name].reads(READ, id=story.case_id) == before


def test_what_waits_for_a_next_session_stays_closed_until_its_informant_opens_it(
    clinic: Clinic,
) -> None:
    story = a_case(clinic, hours=2).with_sessions("k .")
    story.with_ratings(client="3", disclosure=Disclosure.NEXT_SESSION)
    close(clinic.therapist, story)
    asked = "query($id: ID!) { node(id: $id) { ... on Measurement { withheld { reason } } } }"
    measurement = story.measurements["client"][0]

    def reasons() -> set[str]:
        found = clinic.therapist.reads(asked, id=measurement)["node"]["withheld"]
        return {each["reason"] for each in found}

    assert reasons() == {"NOT_YET"}
    clinic.client.done("changeDisclosure", "", measurement=measurement, disclosure="SHARED")
    assert reasons() == set()


def test_the_client_of_a_closed_case_can_be_erased(clinic: Clinic, ended: Story) -> None:
    clinic.with_offices().officer.done("erasePerson", "", person=clinic.client.id)
    found = clinic.therapist.reads(READ, id=ended.case_id)["case"]
    assert found["client"]["name"] is None
    assert [each["wording"] for each in found["goals"]] == [None, None]


def test_another_case_of_the_same_client_goes_on(clinic: Clinic, ended: Story) -> None:
    opened = clinic.manager.done(
        "openCase",
        "status",
        client=clinic.client.id,
        therapist=clinic.therapist.id,
        timeZone="Europe/Berlin",
    )
    assert opened["status"] == "ACTIVE"
    a_case(clinic, case=UUID(opened["id"][-36:]), hours=2).with_sessions(".")


def test_closing_is_written_in_nobodys_words(clinic: Clinic, ended: Story) -> None:
    stated = clinic.rows(
        "SELECT case_id, subject_id, extra FROM facts "
        "WHERE organisation_id = %s AND type = 'case.closed'"
    )
    assert stated == [(ended.case, ended.case, {})]
