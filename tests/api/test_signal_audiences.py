"""Who is told of a signal, who answers it, and what nobody learns by it."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_api.domain.disclosure import Disclosure
from tests.builders import HOUR, Story, a_case, answers
from tests.people import Clinic, Person

from .told import FALLEN, SIGNALS, disagreement, drawn, kinds, mismatch, submit, told

FORM = "alliance-check-in"


def a_rupture(clinic: Clinic, disclosure: Disclosure) -> Story:
    """Tell a fall, of which only the last rating is not simply shared."""
    story = a_case(clinic).with_sessions(f"{drawn(5)} .").with_ratings(client=FALLEN[:4])
    with clinic.house.at(story.starts[4] + HOUR):
        about = {"session": story.sessions[4], "disclosure": disclosure.value}
        made = submit(story.client, story, FORM, answers(1), **about)
    story.measurements["client"].append(made)
    return story


def disclose(story: Story, disclosure: str) -> None:
    given = {"measurement": story.measurements["client"][-1], "disclosure": disclosure}
    story.client.done("changeDisclosure", "", **given)


def acknowledge(who: Person, signal: str) -> dict[str, Any]:
    select = "state acknowledgement { by { id } at }"
    return who.done("acknowledgeSignal", select, signal=signal)


def facts(clinic: Clinic) -> list[tuple[str, Any]]:
    return clinic.rows(
        "SELECT type, extra FROM facts WHERE organisation_id = %s AND type LIKE 'signal%%' "
        "ORDER BY position"
    )


OPENED = {"PRIVATE": [], "TREND": ["RUPTURE"], "NEXT_SESSION": [], "SHARED": ["RUPTURE"]}


@pytest.mark.parametrize("disclosure", Disclosure)
def test_the_team_is_told_what_was_disclosed_and_the_client_always(
    clinic: Clinic, disclosure: Disclosure
) -> None:
    clinic.consent()
    story = a_rupture(clinic, disclosure)
    assert kinds(story.client, story.case_id) == ["RUPTURE"]
    for who in (clinic.therapist, clinic.supervisor):
        assert kinds(who, story.case_id) == OPENED[disclosure]
    for who in (clinic.caregiver, clinic.manager):
        found = who.reads(SIGNALS, case=story.case_id)["case"]
        assert found == {"openSignals": None, "signals": []}


def test_a_supervisor_is_told_with_the_clients_consent_only(clinic: Clinic) -> None:
    story = a_rupture(clinic, Disclosure.SHARED)
    asked = {"case": story.case_id}
    found = clinic.supervisor.reads(SIGNALS, **asked)["case"]
    assert found == {"openSignals": None, "signals": []}
    clinic.consent()
    assert clinic.supervisor.reads(SIGNALS, **asked)["case"]["openSignals"] == 1


def test_the_next_session_opens_a_signal_with_its_rating(clinic: Clinic) -> None:
    story = a_rupture(clinic, Disclosure.NEXT_SESSION)
    assert told(story.therapist, story.case_id) == []
    start = (
        "UPDATE sessions SET planned_start = now() - interval '1 hour' WHERE id = %s RETURNING id"
    )
    clinic.house.change(start, story.sessions[5][-36:])
    begun = clinic.house.rows("SELECT now() - interval '1 hour'")[0][0].replace(microsecond=0)
    story.therapist.done(
        "recordSession",
        "",
        session=story.sessions[5],
        outcome="KEPT",
        startedAt=begun.isoformat(),
    )
    assert kinds(story.therapist, story.case_id) == ["RUPTURE"]


def test_narrowing_takes_a_signal_away_and_widening_brings_it_back(clinic: Clinic) -> None:
    story = a_rupture(clinic, Disclosure.SHARED)
    [before] = told(story.client, story.case_id)
    for disclosure, seen in (("PRIVATE", []), ("TREND", ["RUPTURE"]), ("NEXT_SESSION", [])):
        disclose(story, disclosure)
        assert kinds(story.therapist, story.case_id) == seen
        assert told(story.client, story.case_id) == [before]


def test_a_private_rating_between_others_changes_nothing_they_are_told(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(drawn(6)).with_ratings(client="3333-1")
    before = told(story.therapist, story.case_id)
    assert [each["kind"] for each in before] == ["RUPTURE"]
    about = {"session": story.sessions[4], "disclosure": "PRIVATE"}
    with clinic.house.at(story.starts[4] + HOUR):
        submit(story.client, story, FORM, answers(0), **about)
    assert told(story.therapist, story.case_id) == before
    [own] = told(story.client, story.case_id)
    assert own["raisedAt"] < before[0]["raisedAt"], "her own began with the private one"


@pytest.mark.parametrize("disclosure", ["PRIVATE", "SHARED"])
def test_colleagues_are_not_told_what_rests_on_a_therapists_own_ratings(
    clinic: Clinic, disclosure: str
) -> None:
    colleague = a_colleague(clinic)
    story = a_case(clinic).with_sessions(drawn(5))
    story.with_ratings(therapist=FALLEN, client="22222", disclosure=Disclosure(disclosure))
    clinic.consent()
    mine = ["DIVERGENCE", "RUPTURE"] if disclosure == "SHARED" else []
    for who in (clinic.therapist, clinic.supervisor):
        assert kinds(who, story.case_id) == mine
    assert kinds(colleague, story.case_id) == []
    assert facts(clinic) == []


def a_colleague(clinic: Clinic) -> Person:
    found = clinic.another_person("colleague")
    clinic.house.change(
        "INSERT INTO standing (organisation_id, person_id, relation, case_id, starts_at, client_id)"
        " VALUES (%s, %s, 'THERAPIST', %s, now() - interval '1 year', %s)",
        *(clinic.organisation, found.uuid, clinic.case, clinic.client.uuid),
    )
    return found


def test_a_divergence_needs_the_disclosed_ratings_of_both(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(drawn(3)).with_ratings(client="222")
    story.with_ratings(therapist="444", disclosure=Disclosure.PRIVATE)
    assert told(story.client, story.case_id) == []
    assert told(story.therapist, story.case_id) == []
    for made in story.measurements["therapist"]:
        given = {"measurement": made, "disclosure": "TREND"}
        story.therapist.done("changeDisclosure", "", **given)
    for who in (story.client, story.therapist):
        assert kinds(who, story.case_id) == ["DIVERGENCE"]


def test_a_therapist_takes_note_once_and_the_client_sees_it(clinic: Clinic) -> None:
    colleague = a_colleague(clinic)
    story = a_case(clinic)
    disagreement(story)
    [signal] = told(story.therapist, story.case_id)
    first = acknowledge(story.therapist, signal["id"])
    assert first["state"] == "ACKNOWLEDGED"
    assert first["acknowledgement"]["by"] == {"id": story.therapist.id}
    assert acknowledge(colleague, signal["id"]) == first
    for who in (story.client, story.therapist):
        [found] = told(who, story.case_id)
        assert found["acknowledgement"] == first["acknowledgement"]
        assert who.reads(SIGNALS, case=story.case_id)["case"]["openSignals"] == 0
    assert [kind for kind, _ in facts(clinic)] == ["signal.raised", "signal.acknowledged"]


def test_only_a_therapist_takes_note_and_only_the_client_answers(clinic: Clinic) -> None:
    clinic.consent()
    story = a_case(clinic)
    disagreement(story)
    [theirs] = told(story.therapist, story.case_id)
    [hers] = told(story.client, story.case_id)
    missing, may_not = [("NOT_FOUND", "signal")], [("NOT_ALLOWED", "signal")]
    assert clinic.supervisor.refused("acknowledgeSignal", signal=theirs["id"]) == may_not
    assert story.client.refused("acknowledgeSignal", signal=hers["id"]) == may_not
    assert story.client.refused("acknowledgeSignal", signal=theirs["id"]) == missing
    assert story.therapist.refused("confirmHeard", signal=hers["id"], heard=True) == missing
    assert story.therapist.refused("confirmHeard", signal=theirs["id"], heard=True) == may_not
    assert [kind for kind, _ in facts(clinic)] == ["signal.raised"]


def test_the_client_says_whether_she_was_heard_and_may_say_otherwise_later(clinic: Clinic) -> None:
    story = a_case(clinic)
    disagreement(story)
    [hers] = told(story.client, story.case_id)
    for heard in (False, True, True):
        given = {"signal": hers["id"], "heard": heard}
        assert story.client.done("confirmHeard", "heard", **given)["heard"] is heard
        [theirs] = told(story.therapist, story.case_id)
        assert theirs["heard"] is heard
        assert theirs["heardAt"]
    stated = [kind for kind, _ in facts(clinic)]
    assert stated == ["signal.raised", "signal.heard", "signal.heard"]
    assert all("heard" not in extra for _, extra in facts(clinic))


def test_what_is_said_to_a_signal_of_ones_own_stays_ones_own(clinic: Clinic) -> None:
    story = a_rupture(clinic, Disclosure.PRIVATE)
    [hers] = told(story.client, story.case_id)
    story.client.done("confirmHeard", "", signal=hers["id"], heard=False)
    assert told(story.therapist, story.case_id) == []
    assert facts(clinic) == []
    disclose(story, "SHARED")
    [theirs] = told(story.therapist, story.case_id)
    assert (theirs["heard"], theirs["heardAt"]) == (None, None), "it was not said to them"
    assert told(story.client, story.case_id)[0]["heard"] is False


def test_what_was_said_to_a_signal_outlives_its_being_derived_again(clinic: Clinic) -> None:
    story = a_rupture(clinic, Disclosure.SHARED)
    [signal] = told(story.therapist, story.case_id)
    [hers] = told(story.client, story.case_id)
    acknowledge(story.therapist, signal["id"])
    story.client.done("confirmHeard", "", signal=hers["id"], heard=True)
    about = {"session": story.sessions[5]}
    submit(story.client, story, FORM, answers(0), **about)
    for who, before in ((story.therapist, signal), (story.client, hers)):
        [found] = told(who, story.case_id, "RUPTURE")
        assert (found["id"], found["state"], found["heard"]) == (before["id"], "ACKNOWLEDGED", True)
        assert len(found["evidence"]) == 3


def test_a_repair_leaves_who_took_note_and_closes(clinic: Clinic) -> None:
    story = a_rupture(clinic, Disclosure.SHARED)
    [signal] = told(story.therapist, story.case_id)
    acknowledge(story.therapist, signal["id"])
    submit(story.client, story, FORM, answers(3), session=story.sessions[5])
    [found] = told(story.therapist, story.case_id, "RUPTURE")
    assert (found["id"], found["state"]) == (signal["id"], "CLOSED")
    assert found["acknowledgement"]["by"] == {"id": story.therapist.id}


@pytest.mark.parametrize("disclosure", Disclosure)
def test_a_fact_tells_the_kind_of_what_the_whole_team_is_told_and_of_no_more(
    clinic: Clinic, disclosure: Disclosure
) -> None:
    a_rupture(clinic, disclosure)
    stated = [("signal.raised", {"audience": "CARE_TEAM", "about": "CASE"})]
    assert facts(clinic) == (stated if OPENED[disclosure] else [])


PREFERENCES = """query($case: ID!) { case(id: $case) {
  preferences { dimension role value setBy { id } } } }"""


def prefer(who: Person, case: str, **values: float) -> None:
    said = [{"dimension": name, "value": value} for name, value in values.items()]
    who.done("setPreferences", "", case=case, preferences=said)


def test_both_say_what_they_see_and_each_reads_both(clinic: Clinic) -> None:
    prefer(clinic.client, clinic.case_id, WARM_SUPPORT=3, DIRECTIVENESS=-0.5)
    prefer(clinic.therapist, clinic.case_id, DIRECTIVENESS=1)
    prefer(clinic.client, clinic.case_id, WARM_SUPPORT=2)
    expected = [
        {"dimension": "DIRECTIVENESS", "role": "CLIENT", "value": -0.5},
        {"dimension": "DIRECTIVENESS", "role": "THERAPIST", "value": 1},
        {"dimension": "WARM_SUPPORT", "role": "CLIENT", "value": 2},
    ]
    people = {"CLIENT": {"id": clinic.client.id}, "THERAPIST": {"id": clinic.therapist.id}}
    expected = [{**row, "setBy": people[str(row["role"])]} for row in expected]
    for who in (clinic.client, clinic.therapist, clinic.supervisor):
        assert who.reads(PREFERENCES, case=clinic.case_id)["case"]["preferences"] == expected
    for who in (clinic.caregiver, clinic.manager):
        assert who.reads(PREFERENCES, case=clinic.case_id)["case"]["preferences"] == []


def test_a_therapist_who_follows_another_says_what_therapy_is_like_now(clinic: Clinic) -> None:
    colleague = a_colleague(clinic)
    prefer(clinic.therapist, clinic.case_id, DIRECTIVENESS=1)
    prefer(colleague, clinic.case_id, DIRECTIVENESS=-1)
    [found] = clinic.client.reads(PREFERENCES, case=clinic.case_id)["case"]["preferences"]
    assert (found["value"], found["setBy"]) == (-1, {"id": colleague.id})


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ([], ("NOTHING_SAID", "preferences")),
        ([("DIRECTIVENESS", 3.1)], ("VALUE_OUT_OF_RANGE", "preferences[0].value")),
        (
            [("WARM_SUPPORT", 1), ("DIRECTIVENESS", -4)],
            ("VALUE_OUT_OF_RANGE", "preferences[1].value"),
        ),
        ([("WARM_SUPPORT", 1)] * 2, ("DUPLICATE_DIMENSION", "preferences")),
    ],
)
def test_a_preference_is_one_number_a_dimension(
    clinic: Clinic, said: list[tuple[str, float]], problem: tuple[str, str]
) -> None:
    given = [{"dimension": dimension, "value": value} for dimension, value in said]
    who, case = clinic.client, clinic.case_id
    assert who.refused("setPreferences", case=case, preferences=given) == [problem]


def test_a_mismatch_goes_when_therapy_or_the_wish_changes(clinic: Clinic) -> None:
    story = a_case(clinic)
    mismatch(story)
    assert kinds(story.therapist, story.case_id) == ["PREFERENCE_MISMATCH"]
    prefer(story.client, story.case_id, DIRECTIVENESS=1.5)
    assert kinds(story.therapist, story.case_id) == [], "8 of 15 is strong, 7.5 is not"
    prefer(story.client, story.case_id, DIRECTIVENESS=1.6)
    assert kinds(story.therapist, story.case_id) == ["PREFERENCE_MISMATCH"]
    prefer(story.therapist, story.case_id, DIRECTIVENESS=0)
    assert kinds(story.therapist, story.case_id) == []


def test_a_private_inventory_speaks_to_its_author_alone(clinic: Clinic) -> None:
    story = a_case(clinic)
    prefer(story.therapist, story.case_id, DIRECTIVENESS=-1)
    form = ("c-nip-1.1", answers(2, 18))
    made = submit(story.client, story, *form, disclosure="PRIVATE")
    [found] = told(story.client, story.case_id)
    assert (found["kind"], found["scale"]) == ("PREFERENCE_MISMATCH", "directiveness")
    assert [each["measurement"] for each in found["evidence"]] == [{"id": made}]
    assert told(story.therapist, story.case_id) == []
    story.client.done("changeDisclosure", "", measurement=made, disclosure="TREND")
    assert kinds(story.therapist, story.case_id) == ["PREFERENCE_MISMATCH"]
