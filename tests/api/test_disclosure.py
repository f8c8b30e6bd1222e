"""Whom a measurement is opened to: each mode for each relation, and from when."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_api.domain.disclosure import Disclosure
from tests.builders import DAY, HOUR, Story, a_case, answers, instant
from tests.house import House
from tests.people import Clinic, Person

FORM = "alliance-check-in"
ONE = """query($id: ID!) { node(id: $id) { ... on Measurement {
  disclosure scores { scale mean } answers { item value } comment withheld { facet reason } } } }"""

# Every place of a case in which a measurement could show.
TRACES = """query($case: ID!) { case(id: $case) {
  measurements { totalCount nodes { id } edges { cursor } }
  latestScores(instrument: "alliance-check-in", informant: CLIENT) { mean }
  trajectory(instrument: "alliance-check-in", informant: CLIENT) { points { mean } }
  occasions { state measurement { id } }
  readings { nodes { facets operation } totalCount }
} }"""


def submit(who: Person, case: str, **given: Any) -> str:
    defaults = {"case": case, "instrument": FORM, "answers": answers(3), "comment": "Canary"}
    return str(who.done("submitMeasurement", "", **{**defaults, **given})["id"])


def seen(who: Person, measurement: str) -> tuple[str, dict[str, str]] | None:
    """Return which parts somebody reads (S, A, C), and why the others are withheld."""
    node = who.reads(ONE, id=measurement)["node"]
    if node is None:
        return None
    parts = [letter for letter in ("scores", "answers", "comment") if node[letter] is not None]
    reasons = {each["facet"]: each["reason"] for each in node["withheld"]}
    assert len(parts) + len(reasons) == 3, node
    return "".join(part[0].upper() for part in parts), reasons


def all_withheld(reason: str) -> tuple[str, dict[str, str]]:
    return "", dict.fromkeys(("SCORES", "ANSWERS", "COMMENT"), reason)


TREND = ("S", {"ANSWERS": "TREND_ONLY", "COMMENT": "TREND_ONLY"})
SUPERVISED = ("S", {"ANSWERS": "PRIVATE", "COMMENT": "PRIVATE"})
UNCONSENTED = ("", {"SCORES": "NO_CONSENT", "ANSWERS": "PRIVATE", "COMMENT": "PRIVATE"})
WAITING = ("", {"SCORES": "NOT_YET", "ANSWERS": "PRIVATE", "COMMENT": "PRIVATE"})
ALL: tuple[str, dict[str, str]] = ("SAC", {})

# disclosure -> therapist, supervisor without and with consent, caregiver uninvited and invited
EXPECTED: dict[str, tuple[Any, Any, Any, Any, Any]] = {
    "PRIVATE": (None, None, None, None, None),
    "TREND": (TREND, UNCONSENTED, SUPERVISED, None, TREND),
    "NEXT_SESSION": (all_withheld("NOT_YET"), UNCONSENTED, WAITING, None, None),
    "SHARED": (ALL, UNCONSENTED, SUPERVISED, None, ALL),
}


@pytest.mark.parametrize("disclosure", EXPECTED)
@pytest.mark.parametrize("invited", [False, True])
@pytest.mark.parametrize("consented", [False, True])
def test_each_relation_reads_what_the_disclosure_opens(
    clinic: Clinic, disclosure: str, invited: bool, consented: bool
) -> None:
    if consented:
        clinic.consent()
    made = submit(clinic.client, clinic.case_id, disclosure=disclosure, toCaregivers=invited)
    therapist, without, with_consent, uninvited, when_invited = EXPECTED[disclosure]
    assert seen(clinic.client, made) == ALL
    assert seen(clinic.therapist, made) == therapist
    assert seen(clinic.supervisor, made) == (with_consent if consented else without)
    assert seen(clinic.caregiver, made) == (when_invited if invited else uninvited)
    assert seen(clinic.manager, made) is None
    assert seen(clinic.stranger, made) is None


def test_the_therapists_own_rating_reaches_the_client_only_when_opened(clinic: Clinic) -> None:
    private = submit(clinic.therapist, clinic.case_id, instrument=f"{FORM}-t")
    shared = submit(clinic.therapist, clinic.case_id, instrument=f"{FORM}-t", disclosure="SHARED")
    assert seen(clinic.client, private) is None, "others than clients begin with what opens least"
    assert seen(clinic.client, shared) == ALL
    assert seen(clinic.supervisor, shared) == SUPERVISED
    assert seen(clinic.caregiver, shared) is None


def test_without_a_choice_a_client_gets_the_default_of_the_case(clinic: Clinic) -> None:
    made = submit(clinic.client, clinic.case_id)
    assert clinic.client.reads(ONE, id=made)["node"]["disclosure"] == "NEXT_SESSION"


@pytest.mark.parametrize("disclosure", ["PRIVATE", "TREND", "SHARED"])
def test_a_narrower_scope_says_that_it_is_the_scope(clinic: Clinic, disclosure: str) -> None:
    made = submit(clinic.client, clinic.case_id, disclosure=disclosure)
    assert seen(clinic.client.can("user/Observation.rs?category=survey"), made) == (
        "S",
        {"ANSWERS": "SCOPE", "COMMENT": "SCOPE"},
    )
    assert seen(clinic.client.can("user/QuestionnaireResponse.rs"), made) == (
        "AC",
        {"SCORES": "SCOPE"},
    )
    assert seen(clinic.client.can("user/Goal.rs"), made) is None


def record(story: Story, session: int, **given: Any) -> None:
    start = story.starts[session]
    times = {
        "startedAt": instant(start),
        "endedAt": instant(start + HOUR),
        "clientArrivedAt": instant(start),
        "therapistReadyAt": instant(start),
    }
    story.therapist.done(
        "recordSession", "", session=story.sessions[session], outcome="KEPT", **{**times, **given}
    )


def test_next_session_opens_when_the_next_one_is_recorded_as_started(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k . .")
    house = clinic.house
    with house.at(story.starts[0] + HOUR):
        made = submit(
            clinic.client, story.case_id, session=story.sessions[0], disclosure="NEXT_SESSION"
        )
    assert seen(clinic.therapist, made) == all_withheld("NOT_YET")
    with house.at(story.starts[1] + HOUR):
        record(story, 1)
        # The clock of the database still stands before that session: it opens when it began.
        clinic.house.change(
            "UPDATE attendance SET started_at = started_at - interval '8 days', ended_at = NULL "
            "WHERE organisation_id = %s",
            clinic.organisation,
        )
    assert clinic.rows(
        "SELECT DISTINCT opens_at FROM answers WHERE organisation_id = %s AND measurement_id = %s",
        made[-36:],
    ) == [(story.starts[1],)]


def test_the_session_it_is_about_does_not_open_it(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k .")
    house = clinic.house
    # Written before the session it is about began: on the way there.
    house.change("DELETE FROM attendance WHERE organisation_id = %s", clinic.organisation)
    house.change(
        "UPDATE sessions SET state = 'PLANNED' WHERE organisation_id = %s", clinic.organisation
    )
    with house.at(story.starts[0] - HOUR):
        made = submit(
            clinic.client, story.case_id, session=story.sessions[0], disclosure="NEXT_SESSION"
        )
    record(story, 0)
    assert seen(clinic.therapist, made) == all_withheld("NOT_YET")
    record(story, 1)
    assert seen(clinic.therapist, made) == ALL


@pytest.mark.parametrize("sign", ["m", "M", "c", "C", "."])
def test_a_session_that_did_not_start_opens_nothing(clinic: Clinic, sign: str) -> None:
    story = a_case(clinic).with_sessions(f"k {sign}")
    with clinic.house.at(story.starts[0] + HOUR):
        made = submit(clinic.client, story.case_id, disclosure="NEXT_SESSION")
    assert seen(clinic.therapist, made) == all_withheld("NOT_YET")


def test_what_is_chosen_after_the_next_session_has_begun_is_open_at_once(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k")
    with clinic.house.at(story.starts[0] + HOUR):
        made = submit(clinic.client, story.case_id, disclosure="PRIVATE")
    assert seen(clinic.therapist, made) is None
    clinic.client.done("changeDisclosure", "", measurement=made, disclosure="NEXT_SESSION")
    assert seen(clinic.therapist, made) == ALL


def test_a_therapist_rates_first_where_both_were_asked(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").asked("therapist", 0)
    made = submit(clinic.client, story.case_id, session=story.sessions[0], disclosure="SHARED")
    clinic.consent()
    assert seen(clinic.therapist, made) == all_withheld("RATE_FIRST")
    assert seen(clinic.supervisor, made) == SUPERVISED
    submit(clinic.therapist, story.case_id, session=story.sessions[0], instrument=f"{FORM}-t")
    assert seen(clinic.therapist, made) == ALL


def test_rating_another_session_breaks_no_seal(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k").asked("therapist", 0)
    made = submit(clinic.client, story.case_id, session=story.sessions[0], disclosure="SHARED")
    submit(clinic.therapist, story.case_id, session=story.sessions[1], instrument=f"{FORM}-t")
    submit(clinic.therapist, story.case_id, instrument=f"{FORM}-t")
    assert seen(clinic.therapist, made) == all_withheld("RATE_FIRST")


def test_changing_the_disclosure_breaks_no_seal(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").asked("therapist", 0)
    made = submit(clinic.client, story.case_id, session=story.sessions[0], disclosure="TREND")
    clinic.client.done("changeDisclosure", "", measurement=made, disclosure="SHARED")
    assert seen(clinic.therapist, made) == all_withheld("RATE_FIRST")


@pytest.mark.parametrize("before", Disclosure)
@pytest.mark.parametrize("after", Disclosure)
def test_a_change_takes_effect_at_once_for_everybody(
    clinic: Clinic, before: str, after: str
) -> None:
    made = submit(clinic.client, clinic.case_id, disclosure=before, toCaregivers=True)
    clinic.client.done("changeDisclosure", "", measurement=made, disclosure=after)
    assert seen(clinic.client, made) == ALL
    assert seen(clinic.therapist, made) == EXPECTED[after][0]
    assert seen(clinic.supervisor, made) == EXPECTED[after][1]
    assert seen(clinic.caregiver, made) is None, "not invited again, so no more"


def test_only_the_informant_changes_a_disclosure(clinic: Clinic) -> None:
    made = submit(clinic.client, clinic.case_id, disclosure="SHARED", toCaregivers=True)
    given = {"measurement": made, "disclosure": "PRIVATE"}
    for who in (clinic.therapist, clinic.supervisor, clinic.caregiver):
        assert who.refused("changeDisclosure", **given) == [("NOT_YOURS", "measurement")]
    for who in (clinic.manager, clinic.stranger):
        assert who.refused("changeDisclosure", **given) == [("NOT_FOUND", "measurement")]
    assert seen(clinic.therapist, made) == ALL


def test_a_change_of_disclosure_is_in_the_read_ledger(clinic: Clinic) -> None:
    made = submit(clinic.client, clinic.case_id, disclosure="SHARED")
    clinic.client.done("changeDisclosure", "", measurement=made, disclosure="PRIVATE")
    assert clinic.rows(
        "SELECT person_id, facets, cases FROM read_ledger WHERE organisation_id = %s "
        "AND operation = 'changeDisclosure'"
    ) == [(clinic.client.uuid, ["DISCLOSURE"], [clinic.case])]


def traces(who: Person, case: str) -> dict[str, Any]:
    found: dict[str, Any] = who.reads(TRACES, case=case)["case"]
    # Everybody's own readings grow with every look; whose were there is another test.
    del found["readings"]
    return found


# Beside the notifier, which must not remind whoever has answered, and may not show that they did.
TOLD = "SELECT count(*) FROM facts WHERE organisation_id = %s AND type <> 'occasion.settled'"
OTHERS = ("therapist", "supervisor", "caregiver", "manager")


def test_a_private_measurement_leaves_no_trace_for_anybody_else(clinic: Clinic) -> None:
    clinic.consent()
    story = a_case(clinic).with_sessions("k k k").with_ratings(client="23")
    story.asked("client", 2)
    before = {name: traces(clinic.people[name], story.case_id) for name in OTHERS}
    facts = clinic.rows(TOLD)
    about = {"session": story.sessions[2], "occasion": story.occasions[0], "answers": answers(0)}
    made = submit(clinic.client, story.case_id, disclosure="PRIVATE", **about)
    again = submit(clinic.client, story.case_id, disclosure="PRIVATE", session=story.sessions[1])
    for name in OTHERS:
        assert traces(clinic.people[name], story.case_id) == before[name], name
        for each in (made, again):
            assert seen(clinic.people[name], each) is None
    assert clinic.rows(TOLD) == facts
    assert clinic.rows("SELECT count(*) FROM signals WHERE organisation_id = %s") == [(0,)]
    own = traces(clinic.client, story.case_id)
    assert own["measurements"]["totalCount"] == 4
    assert [each["state"] for each in own["occasions"]] == ["DONE"]


def test_what_becomes_private_leaves_no_trace_for_anybody_else(clinic: Clinic) -> None:
    """As if it had never been said: the rating it took the place of stands again."""
    story = a_case(clinic).with_sessions("k k").with_ratings(client="23")
    before = traces(clinic.therapist, story.case_id)
    later = submit(
        clinic.client,
        story.case_id,
        session=story.sessions[1],
        disclosure="SHARED",
        answers=answers(0),
    )
    assert traces(clinic.therapist, story.case_id) != before
    clinic.client.done("changeDisclosure", "", measurement=later, disclosure="PRIVATE")
    assert traces(clinic.therapist, story.case_id) == before


FIGURES = """query($case: ID!) { case(id: $case) {
  trajectory(instrument: "alliance-check-in", informant: CLIENT) {
    n points { mean change { difference } } } } }"""


def test_figures_follow_at_once_what_becomes_private_and_what_is_opened_again(
    clinic: Clinic,
) -> None:
    """What stands is settled before anything is derived of it."""
    story = a_case(clinic).with_sessions("k k").with_ratings(client="23")
    asks = {"case": story.case_id}
    before = clinic.therapist.reads(FIGURES, **asks)
    about = {"session": story.sessions[1], "disclosure": "SHARED", "answers": answers(0)}
    later = submit(clinic.client, story.case_id, **about)
    opened = clinic.therapist.reads(FIGURES, **asks)
    assert opened != before
    for disclosure, expected in (("PRIVATE", before), ("SHARED", opened), ("PRIVATE", before)):
        clinic.client.done("changeDisclosure", "", measurement=later, disclosure=disclosure)
        assert clinic.therapist.reads(FIGURES, **asks) == expected, disclosure


def means(who: Person, case: str) -> list[float]:
    points = who.reads(TRACES, case=case)["case"]["trajectory"]["points"]
    return [point["mean"] for point in points]


def test_a_later_rating_of_the_same_session_takes_the_place_of_the_earlier(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k").with_ratings(client="23")
    about = {"session": story.sessions[1], "disclosure": "SHARED"}
    later = submit(clinic.client, story.case_id, answers=answers(1), **about)
    assert means(clinic.therapist, story.case_id) == [2, 1]
    [earlier] = story.measurements["client"][1:]
    node = clinic.therapist.reads(
        "query($id: ID!) { node(id: $id) { ... on Measurement { supersededBy { id } } } }",
        id=earlier,
    )["node"]
    assert node == {"supersededBy": {"id": later}}


def test_what_is_opened_later_still_takes_its_place(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k").with_ratings(client="23")
    about = {"session": story.sessions[1], "answers": answers(1)}
    later = submit(clinic.client, story.case_id, disclosure="PRIVATE", **about)
    assert means(clinic.therapist, story.case_id) == [2, 3]
    clinic.client.done("changeDisclosure", "", measurement=later, disclosure="SHARED")
    assert means(clinic.therapist, story.case_id) == [2, 1]


def test_informants_and_instruments_supersede_only_themselves(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").with_ratings(client="2", therapist="4")
    submit(
        clinic.client,
        story.case_id,
        session=story.sessions[0],
        instrument="wai-sr-c",
        answers=answers(5, 12),
        disclosure="SHARED",
    )
    assert means(clinic.client, story.case_id) == [2]


def test_a_rating_of_the_house_clock_is_of_that_time(house: House, clinic: Clinic) -> None:
    """The tests' own floor: what `House.at` says happened then did happen then."""
    story = a_case(clinic).with_sessions("k")
    with house.at(story.starts[0] + DAY):
        made = submit(clinic.client, story.case_id, disclosure="SHARED")
    node = clinic.client.reads(
        "query($id: ID!) { node(id: $id) { ... on Measurement { takenAt } } }", id=made
    )
    assert node["node"]["takenAt"] == instant(story.starts[0] + DAY)
