"""Erasing a person: nothing they said can be read any more, and what others did stays."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from alliance_api.domain.errors import Refused
from alliance_api.usecases import erasure
from tests.builders import Story, a_case, now
from tests.people import Clinic, Person, mutation_text, with_key

COMMENT = "What I wrote in the margin"
GOAL = "Sleep through the night again"
PROMISE = "Call my brother on Sunday"
SAID = """query($id: ID!) { case(id: $id) {
  client { id name erasedAt }
  goals { wording wordedBy { id name } history { wording } ratings { level } }
  commitments { wording outcome owner { id } }
  measurements(first: 50) { nodes { id role comment scores { raw } answers { value }
    withheld { facet reason } } }
  reliability(of: CLIENT) { kept { numerator denominator } }
} }"""


@pytest.fixture
def story(clinic: Clinic) -> Story:
    clinic.with_offices()
    told = a_case(clinic).with_sessions("k k k")
    told.with_ratings("234", "443", comment=COMMENT).with_goals(GOAL).with_commitments(PROMISE)
    clinic.client.done("rateGoal", "", goal=told.goals[0], level=1)
    return told


def said(story: Story, who: Person) -> dict[str, Any]:
    found: dict[str, Any] = who.reads(SAID, id=story.case_id)["case"]
    return found


def erase(clinic: Clinic, who: Person) -> dict[str, Any]:
    return clinic.officer.done("erasePerson", "name erasedAt", person=who.id)


def count(clinic: Clinic, table: str, column: str, who: Person) -> int:
    asked = f"SELECT count(*) FROM {table} WHERE organisation_id = %s AND {column} = %s"
    [(found,)] = clinic.rows(asked, who.uuid)
    return int(found)


def test_who_was_erased_is_a_tombstone_to_everybody(clinic: Clinic, story: Story) -> None:
    before = said(story, clinic.therapist)
    assert before["goals"][0]["wording"] == GOAL
    erased = erase(clinic, clinic.client)
    assert erased["name"] is None
    assert erased["erasedAt"] is not None
    after = said(story, clinic.therapist)
    assert after["client"] == erased
    assert after["goals"] == [
        {
            "wording": None,
            "wordedBy": {"id": clinic.client.id, "name": None},
            "history": [{"wording": None}],
            "ratings": [],
        }
    ]
    assert after["commitments"] == [{**before["commitments"][0], "wording": None}]
    assert after["reliability"] == before["reliability"], "what happened, happened"


def test_their_measurements_are_there_and_say_that_they_were_erased(
    clinic: Clinic, story: Story
) -> None:
    before = {each["id"]: each for each in said(story, clinic.therapist)["measurements"]["nodes"]}
    erase(clinic, clinic.client)
    after = {each["id"]: each for each in said(story, clinic.therapist)["measurements"]["nodes"]}
    assert set(after) == set(before)
    facets = [{"facet": name, "reason": "ERASED"} for name in ("ANSWERS", "COMMENT", "SCORES")]
    for key, found in after.items():
        if found["role"] == "CLIENT":
            empty = {"comment": None, "scores": None, "answers": None, "withheld": facets}
            assert found == {**before[key], **empty}
        else:
            assert found == before[key], "the therapist's own"
            assert found["comment"] == COMMENT


def test_figures_are_derived_anew_from_what_is_left(clinic: Clinic, story: Story) -> None:
    def derived(role: str) -> int:
        asked = (
            "SELECT count(*) FROM series WHERE organisation_id = %s AND case_id = %s "
            "AND informant_role = %s"
        )
        [(found,)] = clinic.rows(asked, story.case, role)
        return int(found)

    assert derived("CLIENT") > 0
    theirs = derived("THERAPIST")
    erase(clinic, clinic.client)
    assert derived("CLIENT") == 0
    assert derived("THERAPIST") == theirs > 0


# What is gone, by the column that says whose it was.
GONE = {
    "identities": "person_id",
    "person_keys": "person_id",
    "idempotency_keys": "person_id",
    "answers": "informant_id",
    "comments": "informant_id",
    "scores": "informant_id",
    "goal_ratings": "rated_by",
}
STAYS = {"measurements": "informant_id", "goals": "proposed_by", "commitments": "owner_id"}


def test_rows_of_what_they_said_are_gone_and_frames_stay(clinic: Clinic, story: Story) -> None:
    client, therapist = clinic.client, clinic.therapist
    read = count(clinic, "read_ledger", "person_id", client)
    stays = {table: count(clinic, table, column, client) for table, column in STAYS.items()}
    others = {table: count(clinic, table, column, therapist) for table, column in GONE.items()}
    assert all(count(clinic, table, column, client) for table, column in GONE.items())
    assert all(stays.values())
    erase(clinic, client)
    assert not any(count(clinic, table, column, client) for table, column in GONE.items())
    assert stays == {table: count(clinic, table, column, client) for table, column in STAYS.items()}
    assert others == {
        table: count(clinic, table, column, therapist) for table, column in GONE.items()
    }
    assert count(clinic, "read_ledger", "person_id", client) == read


def test_the_erased_stand_to_nothing_any_more_and_can_write_nothing(
    clinic: Clinic, story: Story
) -> None:
    token = clinic.client
    erase(clinic, token)
    assert token.reads("query($id: ID!) { case(id: $id) { id } }", id=story.case_id)["case"] is None
    seen = token.reads("{ viewer { person { id name } cases { id } } }")["viewer"]
    assert seen == {"person": {"id": token.id, "name": None}, "cases": []}
    given = {"case": story.case_id, "wording": "I am still here"}
    [(code, _)] = token.refused("proposeGoal", **given)
    assert code == "NOT_ALLOWED", "without a key there is nothing to write with"
    assert count(clinic, "person_keys", "person_id", token) == 0


def test_an_erased_therapist_leaves_the_clients_words_alone(clinic: Clinic, story: Story) -> None:
    erase(clinic, clinic.therapist)
    mine = said(story, clinic.client)
    assert mine["goals"][0]["wording"] == GOAL
    comments = {each["role"]: each["comment"] for each in mine["measurements"]["nodes"]}
    assert comments == {"CLIENT": COMMENT, "THERAPIST": None}


def test_erasing_again_changes_nothing(clinic: Clinic, story: Story) -> None:
    first = erase(clinic, clinic.client)
    before = clinic.house.counts()
    assert erase(clinic, clinic.client) == first
    before["idempotency_keys"] += 1
    after = clinic.house.counts()
    assert {**after, "read_ledger": 0} == {**before, "read_ledger": 0}


def test_it_is_stated_once_without_a_word(clinic: Clinic, story: Story) -> None:
    erase(clinic, clinic.client)
    erase(clinic, clinic.client)
    facts = clinic.rows(
        "SELECT case_id, subject_id, extra FROM facts "
        "WHERE organisation_id = %s AND type = 'person.erased'"
    )
    assert facts == [(None, clinic.client.uuid, {})]


def test_published_aggregates_stay(clinic: Clinic, story: Story) -> None:
    clinic.house.change(
        "INSERT INTO aggregates (organisation_id, period, measure, level, unit_id, starts_on, "
        "ends_on, reason, published_at, method_id, method_version, minimum, maximum, step) VALUES "
        "(%s, '2026-Q1', 'X', 'THERAPIST', %s, now(), now(), 'SMALL', now(), 'm', '1', 0, 1, 1)",
        clinic.organisation,
        clinic.therapist.uuid,
    )
    erase(clinic, clinic.therapist)
    assert count(clinic, "aggregates", "unit_id", clinic.therapist) == 1


# Legal holds


def test_a_live_hold_stands_in_the_way_until_it_is_lifted(clinic: Clinic, story: Story) -> None:
    officer, client = clinic.officer, clinic.client
    held = officer.done("setLegalHold", "reason liftedAt", person=client.id, reason="LITIGATION")
    assert held["reason"] == "LITIGATION"
    before = clinic.house.counts()
    assert officer.refused("erasePerson", person=client.id) == [("LEGAL_HOLD", None)]
    assert clinic.house.counts() == before
    assert said(story, clinic.therapist)["goals"][0]["wording"] == GOAL
    lifted = officer.done("liftLegalHold", "liftedAt", hold=held["id"])
    assert lifted["liftedAt"] is not None
    assert officer.refused("liftLegalHold", hold=held["id"]) == [("ALREADY_LIFTED", "hold")]
    assert erase(clinic, client)["erasedAt"] is not None
    given = {"person": client.id, "reason": "COMPLAINT"}
    assert officer.refused("setLegalHold", **given) == [("ALREADY_ERASED", "person")]


# Who has a part in the record of the client, and what they wrote in it.
BESIDE = ("therapist", "supervisor", "caregiver", "clinician")


@pytest.mark.parametrize("name", BESIDE)
def test_a_hold_on_a_client_keeps_who_stood_beside_them_and_what_they_wrote(
    clinic: Clinic, story: Story, name: str
) -> None:
    officer, who = clinic.officer, clinic.people[name]
    held = officer.done("setLegalHold", "", person=clinic.client.id, reason="LITIGATION")
    before = clinic.house.counts()
    assert officer.refused("erasePerson", person=who.id) == [("LEGAL_HOLD", None)]
    assert clinic.house.counts() == before
    comments = {
        each["role"]: each["comment"]
        for each in said(story, clinic.client)["measurements"]["nodes"]
    }
    assert comments["THERAPIST"] == COMMENT
    officer.done("liftLegalHold", "", hold=held["id"])
    assert erase(clinic, who)["erasedAt"] is not None


def test_who_has_left_the_team_is_kept_as_well(clinic: Clinic, story: Story) -> None:
    place = {"case": story.case_id, "person": clinic.therapist.id, "relation": "THERAPIST"}
    clinic.manager.done("leaveCareTeam", "", **place)
    given = {"person": clinic.client.id, "reason": "COMPLAINT"}
    clinic.officer.done("setLegalHold", "", **given)
    refused = clinic.officer.refused("erasePerson", person=clinic.therapist.id)
    assert refused == [("LEGAL_HOLD", None)]


def test_a_hold_keeps_nobody_who_has_no_part_in_that_record(clinic: Clinic, story: Story) -> None:
    officer, friend = clinic.officer, clinic.another_person("another client")
    clinic.another_case(friend)
    officer.done("setLegalHold", "", person=friend.id, reason="LITIGATION")
    # The therapist treats both; who stands beside one of them only is not kept by the other.
    assert officer.refused("erasePerson", person=clinic.therapist.id) == [("LEGAL_HOLD", None)]
    for who in (clinic.client, clinic.caregiver, clinic.stranger):
        assert erase(clinic, who)["erasedAt"] is not None, who.name


def test_a_hold_on_a_therapist_keeps_none_of_their_clients(clinic: Clinic, story: Story) -> None:
    clinic.officer.done("setLegalHold", "", person=clinic.therapist.id, reason="COMPLAINT")
    assert erase(clinic, clinic.client)["erasedAt"] is not None


def test_an_erasure_waits_for_a_hold_that_is_just_being_set(clinic: Clinic, story: Story) -> None:
    """Whoever looked before the hold was there would erase what it has kept since."""
    officer = clinic.officer.principal

    async def erase_therapist() -> None:
        async with clinic.house.database.write(officer) as tx:
            await erasure.erase(tx, now(), person=clinic.therapist.uuid)

    async def at_once() -> None:
        async with clinic.house.database.write(officer) as tx:
            await erasure.hold(tx, now(), person=clinic.client.uuid, reason="LITIGATION")
            erasing = asyncio.create_task(erase_therapist())
            done, _ = await asyncio.wait([erasing], timeout=0.5)
            assert not done
        with pytest.raises(Refused, match="LEGAL_HOLD"):
            await erasing

    clinic.house.run(at_once)
    assert count(clinic, "person_keys", "person_id", clinic.therapist) == 1


def test_only_the_officer_sees_a_hold(clinic: Clinic, story: Story) -> None:
    officer, client = clinic.officer, clinic.client
    held = officer.done("setLegalHold", "", person=client.id, reason="COURT_ORDER")
    asked = (
        "query($id: ID!) { node(id: $id) { ... on Person { legalHolds { reason setBy { id } } } } }"
    )
    seen = officer.reads(asked, id=client.id)["node"]["legalHolds"]
    assert seen == [{"reason": "COURT_ORDER", "setBy": {"id": officer.id}}]
    for other in (client, clinic.therapist, clinic.manager):
        assert other.reads(asked, id=client.id)["node"] == {"legalHolds": None}, other.name
        assert (
            other.reads("query($id: ID!) { node(id: $id) { id } }", id=held["id"])["node"] is None
        )


# Who may


def test_an_officer_without_the_scope_or_with_a_token_of_one_client_may_not(
    clinic: Clinic, story: Story
) -> None:
    officer, client = clinic.officer, clinic.client
    narrow = officer.can("user/*.crus")
    assert [code for code, _ in narrow.refused("erasePerson", person=client.id)] == [
        "SCOPE_MISSING"
    ]
    bound = officer.bound_to(client)
    assert bound.refused("erasePerson", person=client.id) == [("NOT_FOUND", "person")]
    assert count(clinic, "identities", "person_id", client) == 1


def test_an_officer_of_another_organisation_finds_nobody(clinic: Clinic, story: Story) -> None:
    from tests.people import a_clinic

    elsewhere = a_clinic(clinic.house).with_offices().officer
    for person in (clinic.client.id, f"person-{uuid4()}"):
        assert elsewhere.refused("erasePerson", person=person) == [("NOT_FOUND", "person")]


# What rested on their word


def test_what_they_consented_to_ends(clinic: Clinic, story: Story) -> None:
    for kind in ("SUPERVISION", "EHR", "RESEARCH"):
        clinic.client.done("giveConsent", "", case=story.case_id, kind=kind)
    erase(clinic, clinic.client)
    live = "SELECT count(*) FROM consents WHERE organisation_id = %s AND withdrawn_at IS NULL"
    assert clinic.rows(live) == [(0,)]
    reads = (
        "SELECT count(*) FROM standing WHERE organisation_id = %s AND (consented "
        "OR relation = 'EHR' AND (ends_at IS NULL OR ends_at > now()))"
    )
    assert clinic.rows(reads) == [(0,)]
    assert clinic.rows("SELECT FROM research_subjects WHERE organisation_id = %s") == []


# Writing while one is erased


def test_nothing_that_is_written_meanwhile_outlives_its_author(
    clinic: Clinic, story: Story
) -> None:
    house = clinic.house
    text = mutation_text("makeCommitment")
    given = {"case": story.case_id, "dueAt": "2199-01-01T00:00:00Z"}
    writes = [
        clinic.client.request(text, input=with_key({**given, "wording": f"Promise {i}"}))
        for i in range(12)
    ]
    erasing = clinic.officer.request(
        mutation_text("erasePerson"), input=with_key({"person": clinic.client.id})
    )
    replies = house.together([*writes[:6], erasing, *writes[6:]])
    assert {reply.status for reply in replies} == {200}
    [payload] = [r.body["data"]["erasePerson"] for r in replies if "erasePerson" in r.text]
    assert payload["problems"] == []
    wordings = clinic.rows("SELECT wording FROM commitments WHERE organisation_id = %s")
    assert {wording for (wording,) in wordings} <= {""}
    assert count(clinic, "person_keys", "person_id", clinic.client) == 0
