"""The thread of a case: goals of both, reliability of both, facts and readings as they happen."""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests import house as houses
from tests.builders import DAY, a_case, answers, instant, now
from tests.house import House
from tests.people import Clinic, Person, a_clinic

from .verbs import MUTATIONS, good

GOAL = "state agreedOn wording stances { role stance } history { version wording }"


def goal_of(who: Person, goal: str) -> dict[str, Any]:
    text = f"query($id: ID!) {{ node(id: $id) {{ ... on Goal {{ {GOAL} }} }} }}"
    found: dict[str, Any] = who.reads(text, id=goal)["node"]
    return found


def stances(goal: dict[str, Any]) -> dict[str, str]:
    return {each["role"]: each["stance"] for each in goal["stances"]}


@pytest.mark.parametrize(("by", "other"), [("client", "therapist"), ("therapist", "client")])
def test_a_goal_is_agreed_only_with_both(clinic: Clinic, by: str, other: str) -> None:
    author, asked = clinic.people[by], clinic.people[other]
    made = author.done("proposeGoal", GOAL, case=clinic.case_id, wording="Sleep")
    assert made["state"] == "PROPOSED"
    assert stances(made) == {by.upper(): "AGREE", other.upper(): "PENDING"}
    author.done("answerGoal", GOAL, goal=made["id"], answer="AGREE")
    assert goal_of(asked, made["id"])["state"] == "PROPOSED", "one's own word, said twice"
    agreed = asked.done("answerGoal", GOAL, goal=made["id"], answer="AGREE")
    assert agreed["state"] == "AGREED"
    assert agreed["agreedOn"]
    declined = author.done("answerGoal", GOAL, goal=made["id"], answer="DISAGREE")
    assert (declined["state"], declined["agreedOn"]) == ("DECLINED", None)
    assert stances(declined) == {by.upper(): "DISAGREE", other.upper(): "AGREE"}


def test_amending_asks_the_other_anew_and_keeps_what_was_said(clinic: Clinic) -> None:
    story = a_case(clinic).with_goals("Sleep through")
    assert goal_of(clinic.client, story.goals[0])["state"] == "AGREED"
    amended = clinic.therapist.done(
        "answerGoal", GOAL, goal=story.goals[0], answer="AMEND", wording="Sleep six hours"
    )
    assert (amended["state"], amended["agreedOn"]) == ("PROPOSED", None)
    assert stances(amended) == {"CLIENT": "PENDING", "THERAPIST": "AGREE"}
    assert amended["wording"] == "Sleep six hours"
    assert [each["wording"] for each in amended["history"]] == ["Sleep through", "Sleep six hours"]


def test_goals_reach_supervisors_with_consent_and_caregivers_by_invitation(clinic: Clinic) -> None:
    closed, opened = (
        clinic.client.done(
            "proposeGoal", "", case=clinic.case_id, wording="Sleep", toCaregivers=invited
        )["id"]
        for invited in (False, True)
    )
    supervisor, caregiver = clinic.supervisor, clinic.caregiver
    assert goal_of(supervisor, opened) is None
    assert goal_of(caregiver, closed) is None
    assert goal_of(caregiver, opened)["wording"] == "Sleep"
    clinic.consent()
    assert goal_of(supervisor, closed)["wording"] == "Sleep"
    assert goal_of(clinic.manager, opened) is None


# --- Reliability ----------------------------------------------------------------------------

RELIABILITY = """query($id: ID!) { case(id: $id) {
  client: reliability(of: CLIENT) { ...R } therapist: reliability(of: THERAPIST) { ...R } } }
fragment R on Reliability { sessions lateCancellations medianDelay
  kept { numerator denominator value } punctual { numerator denominator value }
  followThrough { numerator denominator } method { id version } }"""


def reliability(who: Person, case: str) -> dict[str, Any]:
    found: dict[str, Any] = who.reads(RELIABILITY, id=case)["case"]
    return found


def rate(found: dict[str, Any], name: str) -> tuple[int, int]:
    return found[name]["numerator"], found[name]["denominator"]


def test_a_late_start_by_the_therapist_counts_against_the_therapist_alone(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k k k k L")
    found = reliability(clinic.client, story.case_id)
    assert rate(found["therapist"], "punctual") == (4, 5)
    assert rate(found["client"], "punctual") == (5, 5)
    assert found["therapist"]["punctual"]["value"] == 0.8


def test_each_party_answers_for_itself(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k l L m M c C k")
    found = reliability(clinic.therapist, story.case_id)
    assert found == reliability(clinic.client, story.case_id)
    client, therapist = found["client"], found["therapist"]
    assert rate(client, "punctual") == (3, 4)
    assert rate(therapist, "punctual") == (3, 4)
    assert (client["lateCancellations"], therapist["lateCancellations"]) == (1, 0)
    # The client missed one and cancelled one too late; the therapist missed one.
    assert rate(client, "kept")[1] - rate(client, "kept")[0] == 2
    assert rate(therapist, "kept")[1] - rate(therapist, "kept")[0] == 1


def test_below_five_there_is_no_rate_and_never_a_zero(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("m m")
    found = reliability(clinic.client, story.case_id)["client"]
    assert rate(found, "kept") == (0, 2)
    assert found["kept"]["value"] is None
    assert found["medianDelay"] is None


def test_before_anything_was_recorded_there_is_no_reliability(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions(".")
    assert reliability(clinic.client, story.case_id) == {"client": None, "therapist": None}


def test_kept_promises_count_for_whoever_made_them(clinic: Clinic) -> None:
    story = a_case(clinic).with_commitments("Call", by="therapist").with_commitments("Write")
    first, second = story.commitments
    clinic.therapist.done("settleCommitment", "", commitment=first, outcome="KEPT")
    clinic.client.done("settleCommitment", "", commitment=second, outcome="WITHDRAWN")
    found = reliability(clinic.client, story.case_id)
    assert rate(found["therapist"], "followThrough") == (1, 1)
    assert rate(found["client"], "followThrough") == (0, 0)


@pytest.mark.parametrize("name", ["caregiver", "manager"])
def test_reliability_is_no_managers_tool(clinic: Clinic, name: str) -> None:
    story = a_case(clinic).with_sessions("k")
    found = reliability(clinic.people[name], story.case_id)
    assert found == {"client": None, "therapist": None}


# --- Facts ----------------------------------------------------------------------------------

FACTS: dict[str, list[str]] = {
    "openCase": ["case.opened", "care_team.joined"],
    "closeCase": ["session.cancelled", "case.closed"],
    "planMeasurement": ["occasion.planned"],
    "submitMeasurement": ["measurement.submitted", "occasion.settled"],
    "changeDisclosure": ["disclosure.changed"],
    "proposeGoal": ["goal.proposed"],
    "answerGoal": ["goal.answered"],
    "rateGoal": ["goal.rated"],
    "endGoal": ["goal.ended"],
    "scheduleSession": ["session.planned"],
    "moveSession": ["session.moved"],
    "cancelSession": ["session.cancelled"],
    "recordSession": ["session.recorded"],
    "makeCommitment": ["commitment.made"],
    "settleCommitment": ["commitment.settled"],
    "erasePerson": ["person.erased"],
    "setLegalHold": [],
    "liftLegalHold": [],
    "acknowledgeSignal": ["signal.acknowledged"],
    "confirmHeard": ["signal.heard"],
    "setPreferences": [],
    "joinCareTeam": ["care_team.joined"],
    "leaveCareTeam": ["care_team.left"],
    "giveConsent": ["consent.given"],
    "withdrawConsent": ["consent.withdrawn"],
    "breakGlass": ["emergency.opened"],
    "reviewEmergency": ["emergency.reviewed"],
    "writeNote": [],
}
# A session that was moved is another one; a case takes its sessions along; what the client says is
# stated of what the team sees; of a team it is stated who came or went; and who answers settles what
# they were asked.
OF_ANOTHER = {
    "openCase",
    "closeCase",
    "submitMeasurement",
    "moveSession",
    "confirmHeard",
    "joinCareTeam",
    "leaveCareTeam",
}


def facts(clinic: Clinic) -> list[tuple[Any, ...]]:
    return clinic.rows(
        "SELECT type, case_id, subject_id, extra, xmin::text FROM facts "
        "WHERE organisation_id = %s ORDER BY position"
    )


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_fact_is_written_with_the_change_and_not_without_it(
    clinic: Clinic, mutation: str
) -> None:
    works = good(clinic, mutation)
    before = facts(clinic)
    changed = works.who.done(mutation, "", **works.given, idempotencyKey="once")
    new = facts(clinic)[len(before) :]
    assert [fact[0] for fact in new] == FACTS[mutation]
    [(writer,)] = clinic.rows(
        "SELECT xmin::text FROM idempotency_keys WHERE organisation_id = %s AND key = 'once'"
    )
    of_its_own = {"erasePerson": None, "openCase": UUID(changed["id"][-36:])}
    about = of_its_own.get(mutation, clinic.case)
    for _, case, subject, _, transaction in new:
        assert case == about
        assert str(subject) == changed["id"][-36:] or mutation in OF_ANOTHER
        assert transaction == writer, "the same transaction"


def test_agreeing_to_the_same_disclosure_is_no_fact(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").with_ratings(client="3")
    before = facts(clinic)
    given = {"measurement": story.measurements["client"][0], "disclosure": "SHARED"}
    clinic.client.done("changeDisclosure", "", **given)
    assert facts(clinic) == before


# --- Canaries -------------------------------------------------------------------------------

CANARY = "canary-4711-💔"


def test_free_text_is_nowhere(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    story = a_case(clinic).with_sessions("k")
    case = story.case_id
    about = {"case": case, "instrument": "alliance-check-in", "answers": answers(3)}
    client = clinic.client
    made = client.done("submitMeasurement", "comment", **about, comment=CANARY)
    goal = client.done("proposeGoal", "wording", case=case, wording=CANARY)
    clinic.therapist.done("answerGoal", "wording", goal=goal["id"], answer="AMEND", wording=CANARY)
    due = instant(now() + DAY)
    promise = client.done("makeCommitment", "wording", case=case, wording=CANARY, dueAt=due)
    client.done("settleCommitment", "", commitment=promise["id"], outcome="KEPT")
    client.done("changeDisclosure", "", measurement=made["id"], disclosure="SHARED")
    replies = [
        client.does("makeCommitment", "", case=case, wording=CANARY, dueAt="yesterday"),
        client.does("makeCommitment", "", case=CANARY, wording=CANARY, dueAt=due),
        client.does("proposeGoal", "", case=case, wording=CANARY + "\x07"),
        client.does("proposeGoal", "", case=case, wording=[CANARY]),
        client.does("proposeGoal", "", case=case, wording=CANARY, weight=CANARY),
        client.asks(f'{{ case(id: "{CANARY}") {{ nothing }} }}'),
        client.asks(f'{{ instruments(informant: "{CANARY}") {{ code }} }}'),
        client.asks(f"{{ {CANARY} }}"),
        client.asks(f'mutation {{ proposeGoal(input: {{wording: "{CANARY}"}}) {{ __typename }} }}'),
        client.asks(f'mutation {{ rateGoal(input: {{level: "{CANARY}"}}) {{ __typename }} }}'),
        client.sends(f'{{"query": "{CANARY}'.encode()),
        client.asks(f'{{ case(id: ["{CANARY}"]) {{ id }} }}'),
        client.asks(f'{{ case(id: {{a: "{CANARY}"}}) {{ id }} }}'),
        client.asks(f'{{ caseload(first: "{CANARY}") {{ totalCount }} }}'),
        client.asks(f'{{ viewer("{CANARY}") {{ person {{ id }} }} }}'),
        client.asks(f'{{ "{CANARY}" }}'),
        client.asks(f'{{ """{CANARY}""" }}'),
    ]
    for number, reply in enumerate(replies):
        assert "canary" not in reply.text, number
        assert reply.status in {200, 400}
    for table in clinic.house.tables():
        assert not clinic.house.rows(
            f"SELECT 1 FROM {table} t WHERE t::text LIKE %s LIMIT 1", "%canary%"
        ), table
    assert [text for text in _records(caplog) if "canary" in text] == []


def _records(caplog: pytest.LogCaptureFixture) -> list[str]:
    # The tests' own client logs the requests it makes; everything else is the product's.
    return [
        json.dumps(record.__dict__, default=str)
        for record in caplog.records
        if not record.name.startswith(("httpx", "httpcore", "asyncio"))
    ]


def test_a_failure_inside_is_500_without_a_word_of_what_was_said(
    house: House, caplog: pytest.LogCaptureFixture, scratch: str
) -> None:
    """A constraint breaks in the database, whose own message would quote the row."""
    caplog.set_level(logging.DEBUG)
    with houses.open_house(scratch) as broken:
        clinic = a_clinic(broken)
        broken.change("ALTER TABLE goal_versions ADD CHECK (wording = '')")
        before = broken.counts()
        reply = clinic.client.does("proposeGoal", "", case=clinic.case_id, wording=CANARY)
        assert broken.counts() == before
    assert (reply.status, reply.error) == (500, "INTERNAL")
    assert "canary" not in reply.text
    assert "goal_versions" not in reply.text
    assert [text for text in _records(caplog) if "canary" in text] == []


# --- The read ledger ------------------------------------------------------------------------

LEDGER = (
    "SELECT person_id, application, purpose, operation, facets, cases FROM read_ledger "
    "WHERE organisation_id = %s AND outcome = 'ALLOWED' ORDER BY at, id"
)


def test_every_reading_leaves_a_row_who_what_and_of_which_cases(clinic: Clinic) -> None:
    a_case(clinic).with_sessions("k").with_ratings(client="3")
    second = clinic.another_case(clinic.stranger)
    assert clinic.rows(LEDGER) == []
    text = """query Round($a: ID!) { case(id: $a) { sessions { nodes { outcome } }
      latestScores(instrument: "alliance-check-in", informant: CLIENT) { mean } } }"""
    clinic.therapist.reads(text, a=clinic.case_id)
    [(who, application, purpose, operation, facets, cases)] = clinic.rows(LEDGER)
    assert (who, application, purpose) == (clinic.therapist.uuid, "tests", "TREAT")
    assert operation == "Round"
    assert {"CASE_FRAME", "SESSION_PLAN", "ATTENDANCE", "SCORES"} <= set(facets)
    assert cases == [clinic.case]
    clinic.therapist.reads("{ caseload { nodes { status } } }")
    assert set(clinic.rows(LEDGER)[1][5]) == {clinic.case, second}


def test_reading_instruments_and_what_is_not_there_leaves_none(clinic: Clinic) -> None:
    clinic.therapist.reads("{ instruments { code items { number } scales { key } } __typename }")
    clinic.therapist.reads("{ __schema { queryType { name } } }")
    clinic.stranger.reads("query($id: ID!) { case(id: $id) { status } }", id=clinic.case_id)
    assert clinic.rows(LEDGER) == []


def test_the_payload_of_a_mutation_is_a_reading_too(clinic: Clinic) -> None:
    clinic.client.done("proposeGoal", "wording", case=clinic.case_id, wording="Sleep")
    [(who, _, _, _, facets, cases)] = clinic.rows(LEDGER)
    assert (who, facets, cases) == (clinic.client.uuid, ["GOAL"], [clinic.case])


def test_reading_who_somebody_is_is_a_reading(clinic: Clinic) -> None:
    text = "query($id: ID!) { node(id: $id) { ... on Person { name birthDate } } }"
    node = clinic.therapist.reads(text, id=clinic.client.id)["node"]
    assert node == {"name": "The client", "birthDate": "1990-02-03"}
    assert [row[4] for row in clinic.rows(LEDGER)] == [["IDENTITY"]]


def test_the_client_reads_who_read_and_others_only_their_own(clinic: Clinic) -> None:
    for who in (clinic.therapist, clinic.manager, clinic.supervisor):
        who.reads("query Look($id: ID!) { case(id: $id) { status } }", id=clinic.case_id)
    text = """query Who($id: ID!) { case(id: $id) {
      readings { nodes { by { name } application purpose operation facets } } } }"""
    seen = clinic.client.reads(text, id=clinic.case_id)["case"]["readings"]["nodes"]
    looks = {each["by"]["name"] for each in seen if each["operation"] == "Look"}
    assert looks == {"The therapist", "The manager", "The supervisor"}
    theirs = clinic.therapist.reads(text, id=clinic.case_id)["case"]["readings"]["nodes"]
    assert {each["by"]["name"] for each in theirs} == {"The therapist"}


def test_when_the_ledger_cannot_be_written_nothing_is_read(scratch: str) -> None:
    with houses.open_house(scratch) as house:
        clinic = a_clinic(house)
        text = "query($id: ID!) { case(id: $id) { status } }"
        assert clinic.therapist.asks(text, id=clinic.case_id).status == 200
        with psycopg.connect(scratch, autocommit=True) as connection:
            connection.execute("REVOKE INSERT ON read_ledger FROM alliance_api")
        reply = clinic.therapist.asks(text, id=clinic.case_id)
        assert reply.status >= 500
        assert "data" not in reply.body
        before = house.counts()
        refused = clinic.client.does("proposeGoal", "wording", case=clinic.case_id, wording="S")
        assert "Sleep" not in refused.text
        assert house.counts() == before
        assert clinic.therapist.reads("{ instruments { code } }")["instruments"]
        with psycopg.connect(scratch, autocommit=True) as connection:
            connection.execute("GRANT INSERT ON read_ledger TO alliance_api")
        assert clinic.therapist.asks(text, id=clinic.case_id).status == 200
