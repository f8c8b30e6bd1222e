"""Goals of both kinds: their words and levels, who agrees, how they are rated, how they end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import a_case
from tests.people import CHANGED, Clinic, Person

GOAL = """
query($id: ID!) { node(id: $id) { ... on Goal {
  kind version state wording agreedOn endedOn weight
  levels { level wording wordedBy { id } }
  change { n first latest difference }
  stances { role stance } history { version wording } ratings { level } } } }
"""
ATTAINMENT = """
query($id: ID!) { case(id: $id) { attainment {
  n baseline followUp change ratings { n first latest difference interval { lower upper } }
  agreed { numerator denominator } disagreed } } }
"""
WORDS = {-2: "Never", -1: "Once a week", 0: "Three nights", 1: "Five nights", 2: "Every night"}


def levels(words: dict[int, str]) -> list[dict[str, Any]]:
    return [{"level": level, "wording": wording} for level, wording in words.items()]


def proposed(person: Person, clinic: Clinic, **given: Any) -> str:
    made = person.done(
        "proposeGoal", "", **{"case": clinic.case_id, "wording": "Sleep through", **given}
    )
    found: str = made["id"]
    return found


def agreed(clinic: Clinic, **given: Any) -> str:
    goal = proposed(clinic.client, clinic, **given)
    clinic.therapist.done("answerGoal", "", goal=goal, answer="AGREE")
    return goal


def read(person: Person, goal: str) -> dict[str, Any]:
    found: dict[str, Any] = person.reads(GOAL, id=goal)["node"]
    return found


def rate(person: Person, goal: str, *ratings: int) -> None:
    for level in ratings:
        person.done("rateGoal", "", goal=goal, level=level)


def attainment(person: Person, clinic: Clinic) -> dict[str, Any]:
    found: dict[str, Any] = person.reads(ATTAINMENT, id=clinic.case_id)["case"]["attainment"]
    return found


# --- Kinds and levels -----------------------------------------------------------------------


def test_a_goal_is_scaled_unless_it_is_said_otherwise(clinic: Clinic) -> None:
    assert read(clinic.client, proposed(clinic.client, clinic))["kind"] == "GAS"
    ten = proposed(clinic.client, clinic, kind="ZERO_TO_TEN")
    assert read(clinic.therapist, ten)["kind"] == "ZERO_TO_TEN"


def test_levels_are_in_their_authors_words(clinic: Clinic) -> None:
    goal = proposed(clinic.client, clinic, levels=levels(WORDS))
    found = read(clinic.therapist, goal)["levels"]

    assert {each["level"]: each["wording"] for each in found} == WORDS
    assert [each["level"] for each in found] == sorted(WORDS)
    assert {each["wordedBy"]["id"] for each in found} == {clinic.client.id}


def test_the_words_for_levels_are_nowhere_in_the_open(clinic: Clinic) -> None:
    proposed(clinic.client, clinic, levels=levels({0: "A canary for levels"}))
    stored = clinic.rows("SELECT wording FROM goal_levels WHERE organisation_id = %s")

    assert len(stored) == 1
    assert "canary" not in stored[0][0]


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (
            {"kind": "ZERO_TO_TEN", "levels": levels({0: "x"})},
            [("LEVELS_NOT_ALLOWED", "levels")],
        ),
        ({"levels": levels({3: "x"})}, [("LEVEL_OUT_OF_RANGE", "levels[0].level")]),
        ({"levels": levels({1: ""})}, [("TEXT_REQUIRED", "levels[0].wording")]),
        (
            {"levels": [*levels({1: "x"}), *levels({1: "y"})]},
            [("DUPLICATE_LEVEL", "levels[1].level")],
        ),
    ],
)
def test_levels_that_do_not_fit_are_refused(
    clinic: Clinic, given: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    before = clinic.house.counts()
    found = clinic.client.refused("proposeGoal", case=clinic.case_id, wording="Sleep", **given)

    assert found == problems
    assert clinic.house.counts() == before


def test_an_amendment_keeps_levels_or_words_them_all_anew(clinic: Clinic) -> None:
    goal = proposed(clinic.client, clinic, levels=levels(WORDS))
    clinic.therapist.done("answerGoal", "", goal=goal, answer="AMEND", wording="Sleep well")
    kept = read(clinic.client, goal)
    assert {each["level"]: each["wording"] for each in kept["levels"]} == WORDS
    assert {each["wordedBy"]["id"] for each in kept["levels"]} == {clinic.client.id}

    new = {-1: "Tired", 1: "Rested"}
    clinic.therapist.done(
        "answerGoal", "", goal=goal, answer="AMEND", wording="Wake rested", levels=levels(new)
    )
    found = read(clinic.client, goal)
    assert {each["level"]: each["wording"] for each in found["levels"]} == new
    assert {each["wordedBy"]["id"] for each in found["levels"]} == {clinic.therapist.id}
    assert (found["version"], len(found["history"])) == (3, 3)


def test_levels_come_with_an_amendment_only(clinic: Clinic) -> None:
    goal = proposed(clinic.client, clinic)
    given = {"goal": goal, "answer": "AGREE", "levels": levels(WORDS)}

    assert clinic.therapist.refused("answerGoal", **given) == [("WORDING_NOT_ALLOWED", "levels")]
    amended = {**given, "answer": "AMEND", "wording": "x", "levels": levels({7: "x"})}
    assert clinic.therapist.refused("answerGoal", **amended) == [
        ("LEVEL_OUT_OF_RANGE", "levels[0].level")
    ]


def test_a_supervisor_reads_levels_only_by_consent(clinic: Clinic) -> None:
    goal = proposed(clinic.client, clinic, levels=levels(WORDS))
    assert clinic.supervisor.reads(GOAL, id=goal)["node"] is None
    clinic.consent()
    assert len(read(clinic.supervisor, goal)["levels"]) == 5


# --- Answering what one has read ------------------------------------------------------------


def test_an_answer_cannot_land_on_words_amended_a_moment_earlier(clinic: Clinic) -> None:
    goal = proposed(clinic.therapist, clinic, wording="Sleep through")
    seen = read(clinic.client, goal)["version"]
    clinic.therapist.done("answerGoal", "", goal=goal, answer="AMEND", wording="Work more")

    for given in ({"answer": "AGREE"}, {"answer": "DISAGREE"}, {"answer": "AMEND", "wording": "x"}):
        refused = clinic.client.refused("answerGoal", goal=goal, version=seen, **given)
        assert refused == [("VERSION_CHANGED", "version")]
    assert read(clinic.client, goal)["state"] == "PROPOSED"
    clinic.client.done("answerGoal", "", goal=goal, version=seen + 1, answer="AGREE")
    assert read(clinic.client, goal)["state"] == "AGREED"


def test_of_an_agreement_and_an_amendment_at_once_one_comes_first(clinic: Clinic) -> None:
    goal = proposed(clinic.client, clinic)
    query = (
        "mutation($input: AnswerGoalInput!) "
        "{ answerGoal(input: $input) { goal { id } problems { code } } }"
    )
    agree = {"idempotencyKey": "a", "goal": goal, "answer": "AGREE", "version": 1}
    amend = {"idempotencyKey": "b", "goal": goal, "answer": "AMEND", "wording": "Other words"}
    replies = clinic.house.together(
        [
            clinic.therapist.request(query, input=agree),
            clinic.client.request(query, input=amend),
        ]
    )

    assert [reply.status for reply in replies] == [200, 200]
    assert read(clinic.client, goal)["state"] == "PROPOSED"
    assert read(clinic.client, goal)["wording"] == "Other words"


# --- Ratings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "good", "bad"), [("GAS", (-2, 2), (-3, 3)), ("ZERO_TO_TEN", (0, 10), (-1, 11))]
)
def test_a_rating_lies_in_the_range_of_its_goals_kind(
    clinic: Clinic, kind: str, good: tuple[int, int], bad: tuple[int, int]
) -> None:
    goal = agreed(clinic, kind=kind)
    for level in bad:
        refused = clinic.client.refused("rateGoal", goal=goal, level=level)
        assert refused == [("LEVEL_OUT_OF_RANGE", "level")]
    rate(clinic.client, goal, *good)

    assert [each["level"] for each in read(clinic.client, goal)["ratings"]] == [good[1], good[0]]


def test_a_goal_tells_the_clients_first_and_latest_rating(clinic: Clinic) -> None:
    goal = agreed(clinic, kind="ZERO_TO_TEN")
    assert read(clinic.client, goal)["change"] is None
    rate(clinic.therapist, goal, 9)
    assert read(clinic.client, goal)["change"] is None
    rate(clinic.client, goal, 2)
    assert read(clinic.therapist, goal)["change"] == {
        "n": 1,
        "first": 2,
        "latest": 2,
        "difference": 0,
    }
    rate(clinic.client, goal, 8, 6)
    assert read(clinic.therapist, goal)["change"] == {
        "n": 3,
        "first": 2,
        "latest": 6,
        "difference": 4,
    }


def test_the_two_kinds_are_never_counted_together(clinic: Clinic) -> None:
    scaled = agreed(clinic)
    rate(clinic.client, scaled, -1, 1)
    alone = attainment(clinic.client, clinic)
    assert alone["ratings"] is None
    assert (alone["n"], alone["baseline"], alone["followUp"]) == (1, 40, 60)

    for first, latest in ((2, 7), (4, 6)):
        rate(clinic.client, agreed(clinic, kind="ZERO_TO_TEN"), first, latest)
    found = attainment(clinic.therapist, clinic)
    assert {name: found[name] for name in ("n", "baseline", "followUp", "change")} == {
        name: alone[name] for name in ("n", "baseline", "followUp", "change")
    }
    ratings = found["ratings"]
    assert (ratings["n"], ratings["first"], ratings["latest"]) == (2, 3, 6.5)
    assert ratings["difference"] == 3.5
    assert ratings["interval"]["lower"] < 3.5 < ratings["interval"]["upper"]


def test_one_goal_from_zero_to_ten_has_no_interval(clinic: Clinic) -> None:
    rate(clinic.client, agreed(clinic, kind="ZERO_TO_TEN"), 2, 7)
    found = attainment(clinic.client, clinic)

    assert (found["n"], found["baseline"]) == (0, None)
    assert found["ratings"] == {
        "n": 1,
        "first": 2,
        "latest": 7,
        "difference": 5,
        "interval": None,
    }


@pytest.mark.parametrize(("kind", "ratings"), [("GAS", (-1, 2)), ("ZERO_TO_TEN", (1, 9))])
def test_without_the_clients_agreement_nothing_counts_not_even_at_the_end(
    clinic: Clinic, kind: str, ratings: tuple[int, int]
) -> None:
    goal = proposed(clinic.therapist, clinic, kind=kind)
    rate(clinic.client, goal, *ratings)
    assert attainment(clinic.therapist, clinic)["agreed"] == {"numerator": 0, "denominator": 1}
    for _ in range(2):
        found = attainment(clinic.therapist, clinic)
        assert (found["n"], found["ratings"]) == (0, None)
        clinic.therapist.does("endGoal", "", goal=goal)


# --- Ending ---------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["client", "therapist"])
def test_either_party_ends_a_goal_and_what_was_said_stays(clinic: Clinic, who: str) -> None:
    goal = agreed(clinic, levels=levels(WORDS))
    rate(clinic.client, goal, -1, 1)
    clinic.people[who].done("endGoal", "", goal=goal)
    found = read(clinic.client, goal)

    assert found["state"] == "ENDED"
    assert found["endedOn"] is not None
    assert found["agreedOn"] is not None
    assert len(found["levels"]) == 5
    assert [each["level"] for each in found["ratings"]] == [1, -1]
    assert attainment(clinic.client, clinic)["n"] == 1
    assert CHANGED["endGoal"] == "goal"


def test_nothing_can_be_done_to_a_goal_that_has_ended(clinic: Clinic) -> None:
    goal = agreed(clinic)
    clinic.client.done("endGoal", "", goal=goal)
    ended = [("GOAL_ENDED", "goal")]

    assert clinic.therapist.refused("endGoal", goal=goal) == ended
    assert clinic.therapist.refused("rateGoal", goal=goal, level=1) == ended
    assert clinic.therapist.refused("answerGoal", goal=goal, answer="AGREE") == ended


def test_ending_is_a_fact_without_a_word(clinic: Clinic) -> None:
    goal = agreed(clinic)
    clinic.therapist.done("endGoal", "", goal=goal)
    [(case, subject, extra)] = clinic.rows(
        "SELECT case_id, subject_id, extra FROM facts WHERE organisation_id = %s "
        "AND type = 'goal.ended'"
    )

    assert (case, str(subject), extra) == (clinic.case, goal[-36:], {"by": clinic.therapist.id})


def test_a_disagreement_over_a_goal_ends_with_it(clinic: Clinic) -> None:
    goal = proposed(clinic.therapist, clinic)
    clinic.client.done("answerGoal", "", goal=goal, answer="DISAGREE")
    assert attainment(clinic.client, clinic)["disagreed"] == 1
    clinic.therapist.done("endGoal", "", goal=goal)

    assert attainment(clinic.client, clinic)["disagreed"] == 0


def test_whoever_is_no_party_ends_nothing(clinic: Clinic) -> None:
    goal = a_case(clinic).with_goals("Sleep through").goals[0]
    clinic.consent()

    assert clinic.supervisor.refused("endGoal", goal=goal) == [("NOT_A_PARTY", "goal")]
    for name in ("manager", "caregiver", "stranger"):
        assert clinic.people[name].refused("endGoal", goal=goal) == [("NOT_FOUND", "goal")]
