"""The same request again is done once, however often and however quickly it comes."""

from __future__ import annotations

import pytest

from tests.people import CHANGED, Clinic, mutation_text

from .verbs import MUTATIONS, good


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_same_key_and_input_give_the_same_payload_and_one_effect(
    clinic: Clinic, mutation: str
) -> None:
    works = good(clinic, mutation)
    given = {**works.given, "idempotencyKey": "once"}
    first = works.who.does(mutation, "", **given)
    assert first.data[mutation]["problems"] == []
    after = clinic.house.counts()
    again = works.who.does(mutation, "", **given)
    assert again.comparable == first.comparable
    # Reading the payload again is a reading again, and the ledger says so.
    assert {**clinic.house.counts(), "read_ledger": 0} == {**after, "read_ledger": 0}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_same_key_for_another_input_is_refused(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    works.who.done(mutation, "", **works.given, idempotencyKey="once")
    name = next(iter(works.ids))
    other = {**works.given, name: f"{works.ids[name]}-00000000-0000-7000-8000-000000000000"}
    before = clinic.house.counts()
    assert works.who.refused(mutation, **other, idempotencyKey="once") == [
        ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    ]
    assert clinic.house.counts() == before


def test_the_same_key_for_another_mutation_is_refused(clinic: Clinic) -> None:
    given = {"idempotencyKey": "once", "case": clinic.case_id, "wording": "Sleep"}
    clinic.client.done("proposeGoal", "", **given)
    works = good(clinic, "makeCommitment")
    assert clinic.client.refused("makeCommitment", **{**works.given, "idempotencyKey": "once"}) == [
        ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    ]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_twenty_at_once_are_one(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    text = mutation_text(mutation)
    before = clinic.house.counts()
    given = {**works.given, "idempotencyKey": "once"}
    replies = clinic.house.together(works.who.request(text, input=given) for _ in range(20))
    assert len({reply.comparable for reply in replies}) == 1
    payload = replies[0].data[mutation]
    assert payload["problems"] == []
    assert payload[CHANGED[mutation]]["id"]
    after = clinic.house.counts()
    assert after["idempotency_keys"] == before["idempotency_keys"] + 1
    grown = {name: after[name] - before[name] for name in after}
    assert max(grown[name] for name in grown if name not in {"read_ledger", "answers"}) <= 2


def test_keys_of_two_people_do_not_collide(clinic: Clinic) -> None:
    ids = {
        who.done("proposeGoal", "", idempotencyKey="once", case=clinic.case_id, wording="Sleep")[
            "id"
        ]
        for who in (clinic.client, clinic.therapist)
    }
    assert len(ids) == 2


def test_a_replay_shows_what_may_be_seen_now(clinic: Clinic) -> None:
    """A key keeps no answer: what is read again is read under the law of the moment."""
    works = good(clinic, "answerGoal")
    works.who.done("answerGoal", "", **works.given, idempotencyKey="once")
    clinic.house.change(
        "UPDATE standing SET ends_at = now() - interval '1 second' WHERE person_id = %s",
        works.who.uuid,
    )
    again = works.who.does("answerGoal", "wording", **works.given, idempotencyKey="once")
    assert again.data["answerGoal"] == {"goal": None, "problems": []}


def test_defaults_written_out_are_another_spelling_of_the_same(clinic: Clinic) -> None:
    given = {"idempotencyKey": "once", "case": clinic.case_id, "wording": "Sleep"}
    first = clinic.client.done("proposeGoal", "", **given)
    again = clinic.client.done("proposeGoal", "", **given, toCaregivers=False)
    assert again == first


def test_two_in_one_request_are_two_transactions_with_keys_of_their_own(clinic: Clinic) -> None:
    text = """mutation($a: ProposeGoalInput!, $b: ProposeGoalInput!) {
      a: proposeGoal(input: $a) { goal { wording } problems { code } }
      b: proposeGoal(input: $b) { goal { wording } problems { code } } }"""
    one = {"idempotencyKey": "a", "case": clinic.case_id, "wording": "Sleep"}
    two = {"idempotencyKey": "b", "case": clinic.case_id, "wording": ""}
    data = clinic.client.reads(text, a=one, b=two)
    assert data["a"] == {"goal": {"wording": "Sleep"}, "problems": []}
    assert data["b"] == {"goal": None, "problems": [{"code": "TEXT_REQUIRED"}]}
