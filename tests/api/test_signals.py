"""Signals: one an episode, made for each audience of what it may see."""

from __future__ import annotations

import pytest

from alliance_api.domain.norms import Norm, ReliabilityKind
from alliance_api.domain.signals import SignalKind
from alliance_api.usecases.derive_signals import KINDS, Part, derive_signals
from tests.builders import DAY, HOUR, Story, a_case, answers, instant, now
from tests.people import Clinic

from .told import (
    FALLEN,
    SIGNALS,
    TOLD,
    disagreement,
    drawn,
    kinds,
    mismatch,
    rests_on,
    submit,
    told,
)

NORM = Norm(2, 0.9, ReliabilityKind.ALPHA, "made up", "made up", n=100)

# What each rests on, and whose ratings these are.
EVIDENCE = {
    "LOW_ALLIANCE": (["measurement"], "CLIENT"),
    "RELIABLE_FALL": (["measurement"], "CLIENT"),
    "RUPTURE": (["measurement"] * 2, "CLIENT"),
    "REPAIR": (["measurement"] * 3, "CLIENT"),
    "DIVERGENCE": (["session"] * 3, "THERAPIST"),
    "STUCK_AT_CEILING": (["measurement"] * 5, "CLIENT"),
    "FEEDBACK_MISSING": (["occasion"] * 2, "CLIENT"),
    "RELIABILITY_FALLING": (["session"] * 2, None),
    "GOAL_DISAGREEMENT": (["goal"], None),
    "PREFERENCE_MISMATCH": ([], None),
}


def test_every_kind_is_told_here_and_belongs_to_one_part() -> None:
    assert set(TOLD) == set(EVIDENCE) == set(SignalKind)
    assert sorted(kind for part in Part for kind in KINDS[part]) == sorted(SignalKind)


@pytest.mark.parametrize("kind", TOLD)
def test_each_kind_is_told_once_to_both_audiences_with_its_evidence(
    clinic: Clinic, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "RELIABLE_FALL":  # no shipped form has a norm
        monkeypatch.setattr("alliance_api.usecases.signal_views.norm", lambda *_: NORM)
    story = a_case(clinic)
    assert kinds(story.therapist, story.case_id) == []
    TOLD[kind](story)
    for who in (story.client, story.therapist):
        [found] = told(who, story.case_id, kind)
        references, informant = EVIDENCE[kind]
        assert [
            name for each in found["evidence"] for name, its in each.items() if its
        ] == references
        assert found["informant"] == informant
        assert found["method"]["id"]
        over = kind == "REPAIR"
        assert (found["over"], found["state"]) == (over, "CLOSED" if over else "OPEN")
        assert found["raisedAt"] <= instant(now())


RATES = {
    "RUPTURE": 0.003,
    "GOAL_DISAGREEMENT": 0,
    "RELIABILITY_FALLING": 0.022,
    "DIVERGENCE": None,
}


@pytest.mark.parametrize("kind", RATES)
def test_a_false_alarm_rate_is_told_where_it_is_known(clinic: Clinic, kind: str) -> None:
    story = a_case(clinic)
    TOLD[kind](story)
    [found] = told(story.therapist, story.case_id, kind)
    assert found["falseAlarmRate"] == RATES[kind]


def test_a_rupture_stays_one_signal_however_long_it_lasts(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(drawn(7)).with_ratings(client=FALLEN)
    [before] = told(story.therapist, story.case_id)
    for session in (5, 6):
        about = {"session": story.sessions[session]}
        submit(story.client, story, "alliance-check-in", answers(0), **about)
    [after] = told(story.therapist, story.case_id)
    assert (after["id"], after["raisedAt"]) == (before["id"], before["raisedAt"])
    assert rests_on(after)[:2] == rests_on(before)
    assert len(rests_on(after)) == 3, "its lowest session"
    assert clinic.therapist.reads(SIGNALS, case=story.case_id)["case"]["openSignals"] == 1


def test_a_repair_closes_the_rupture_and_is_told_beside_it(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(drawn(6)).with_ratings(client=FALLEN)
    [rupture] = told(story.therapist, story.case_id)
    submit(story.client, story, "alliance-check-in", answers(3), session=story.sessions[5])
    repair, closed = told(story.therapist, story.case_id)
    assert (closed["id"], closed["state"], closed["over"]) == (rupture["id"], "CLOSED", True)
    assert repair["kind"] == "REPAIR"
    assert told(story.therapist, story.case_id, state="OPEN") == []
    assert story.client.reads(SIGNALS, case=story.case_id)["case"]["openSignals"] == 0


def test_a_yes_of_the_risq_is_a_rupture_in_the_clients_own_words(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k")
    given = [*answers(0, 3), {"item": 4, "value": 1}]
    submit(story.client, story, "risq", given, session=story.sessions[0])
    [found] = told(story.therapist, story.case_id)
    assert (found["kind"], found["falseAlarmRate"]) == ("RUPTURE", 0)
    submit(story.client, story, "risq", answers(0, 4), session=story.sessions[1])
    assert kinds(story.therapist, story.case_id) == ["REPAIR", "RUPTURE"]


@pytest.mark.parametrize("form", ["alliance-check-in-child", "tasc-r"])
def test_of_a_form_for_whom_signals_are_not_meant_none_isdrawn(clinic: Clinic, form: str) -> None:
    """Nobody tells the engine how old a client is, so that the form has to say it."""
    story = a_case(clinic).with_sessions(drawn(5))
    count, high, low = (5, 2, 0) if form.endswith("child") else (12, 4, 1)
    for session, value in zip(story.sessions, (high, high, high, high, low), strict=True):
        submit(story.client, story, form, answers(value, count), session=session)
    assert told(story.client, story.case_id) == []


def test_a_session_moves_the_reliability_of_the_party_that_failed_it(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k k k k M M")
    [found] = told(story.client, story.case_id)
    assert (found["kind"], found["party"]) == ("RELIABILITY_FALLING", "THERAPIST")
    assert rests_on(found) == story.sessions[6:]


@pytest.mark.parametrize("drawing", ["k k k k k k c c", "k k k k k k M M"])
def test_what_others_called_off_is_not_the_clients_failing(clinic: Clinic, drawing: str) -> None:
    story = a_case(clinic).with_sessions(drawing)
    assert [each for each in told(story.client, story.case_id) if each["party"] == "CLIENT"] == []


def test_broken_promises_count_and_are_over_once_three_were_kept(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k k k")
    outcomes = ["KEPT", "MISSED", "MISSED", "KEPT", "KEPT", "KEPT"]
    story.with_commitments(*(f"Promise {n}" for n in range(len(outcomes))))
    due = "UPDATE commitments SET due_at = now() - interval '2 days' WHERE case_id = %s"
    clinic.house.change(due, story.case)
    states = []
    for at, (made, outcome) in enumerate(zip(story.commitments, outcomes, strict=True)):
        with clinic.house.at(now() - DAY / 2 + at * HOUR):
            story.client.done("settleCommitment", "", commitment=made, outcome=outcome)
        states.append([each["state"] for each in told(story.therapist, story.case_id)])
    assert states == [[], [], ["OPEN"], ["OPEN"], ["OPEN"], ["CLOSED"]]
    [found] = told(story.therapist, story.case_id)
    assert rests_on(found) == story.commitments[1:3]


def test_a_disagreement_closes_with_its_wording_and_goes_with_its_word(clinic: Clinic) -> None:
    story = a_case(clinic)
    disagreement(story)
    goal = story.goals[0]
    story.client.done("answerGoal", "", goal=goal, answer="AMEND", wording="Sleep six hours")
    assert [each["state"] for each in told(story.therapist, story.case_id)] == ["CLOSED"]
    story.therapist.done("answerGoal", "", goal=goal, answer="DISAGREE")
    assert len(told(story.therapist, story.case_id)) == 2
    story.therapist.done("answerGoal", "", goal=goal, answer="AGREE")
    assert [each["state"] for each in told(story.therapist, story.case_id)] == ["CLOSED"]


async def _again(story: Story) -> int:
    database, principal = story.clinic.house.database, story.therapist.principal
    async with database.write(principal) as tx, tx.as_engine():
        return await derive_signals(tx, now(), story.case)


def test_deriving_everything_again_changes_nothing(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k k k k k k m m")
    story.with_ratings(client="33331344", therapist="11111111").asked("client", 0).asked(
        "client", 1
    )
    disagreement(story)
    mismatch(story)
    everything = "SELECT {0}::text FROM {0} WHERE organisation_id = %s ORDER BY 1"
    before = [clinic.rows(everything.format(table)) for table in ("signals", "signal_evidence")]
    assert len(before[0]) > 10
    assert clinic.house.run(_again, story) == 0
    for table, rows in zip(("signals", "signal_evidence"), before, strict=True):
        assert clinic.rows(everything.format(table)) == rows
    clinic.house.change("DELETE FROM signal_evidence WHERE case_id = %s", story.case)
    clinic.house.change("DELETE FROM signals WHERE case_id = %s", story.case)
    assert clinic.house.run(_again, story) == len(before[0]), "and all of it follows from the rest"


def test_a_signal_is_a_node_and_a_stranger_knows_of_none(clinic: Clinic) -> None:
    story = a_case(clinic)
    disagreement(story)
    [found] = told(story.therapist, story.case_id)
    asked = "query($id: ID!) { node(id: $id) { id ... on Signal { kind } } }"
    node = {"id": found["id"], "kind": "GOAL_DISAGREEMENT"}
    assert story.therapist.reads(asked, id=found["id"])["node"] == node
    for who in (clinic.client, clinic.stranger, clinic.manager, clinic.caregiver):
        assert who.reads(asked, id=found["id"])["node"] is None
    without = clinic.therapist.can("user/EpisodeOfCare.rs")
    assert without.reads(SIGNALS, case=story.case_id)["case"] == {
        "openSignals": None,
        "signals": [],
    }
