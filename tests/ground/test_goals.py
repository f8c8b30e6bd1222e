from itertools import product

import pytest

from alliance_api.domain.goals import (
    GoalKind,
    GoalState,
    LevelWording,
    Stance,
    check_level,
    check_levels,
    check_rating,
    check_wording,
    stances_after_wording,
    state_after,
)
from alliance_api.domain.parties import PartyRole
from tests.ground.known import told

pytestmark = pytest.mark.ground

CLIENT, THERAPIST = PartyRole.CLIENT, PartyRole.THERAPIST
AGREE, DISAGREE, PENDING = Stance.AGREE, Stance.DISAGREE, Stance.PENDING


@pytest.mark.parametrize(("client", "therapist"), list(product(Stance, Stance)))
def test_a_goal_is_agreed_by_both_and_by_nothing_less(client: Stance, therapist: Stance) -> None:
    state = state_after({CLIENT: client, THERAPIST: therapist})

    assert (state is GoalState.AGREED) == (client is AGREE and therapist is AGREE)
    assert (state is GoalState.DECLINED) == (DISAGREE in {client, therapist})
    assert state is not GoalState.ENDED


def test_silence_is_not_agreement() -> None:
    assert state_after({}) is GoalState.PROPOSED
    assert state_after({CLIENT: AGREE}) is GoalState.PROPOSED
    assert state_after({THERAPIST: AGREE}) is GoalState.PROPOSED


@pytest.mark.parametrize("author", PartyRole)
def test_new_words_wait_for_the_other_partys_answer(author: PartyRole) -> None:
    stances = stances_after_wording(author)
    (other,) = set(PartyRole) - {author}

    assert stances == {author: AGREE, other: PENDING}
    assert state_after(stances) is GoalState.PROPOSED
    assert state_after({**stances, other: AGREE}) is GoalState.AGREED


@pytest.mark.parametrize("level", [-2, -1, 0, 1, 2])
def test_the_five_levels_are_levels(level: int) -> None:
    assert check_level(level) == ()


@pytest.mark.parametrize("level", [-3, 3, 1.0, 0.5, "1", None, True, float("nan"), 10**30])
def test_anything_else_is_no_level(level: object) -> None:
    assert told(check_level(level)) == [("LEVEL_OUT_OF_RANGE", "level")]
    assert check_level(level, "ratings[0].level")[0].field == "ratings[0].level"


@pytest.mark.parametrize("rating", [0, 5, 10])
def test_a_goal_from_zero_to_ten_is_rated_in_whole_numbers(rating: int) -> None:
    assert check_rating(GoalKind.ZERO_TO_TEN, rating) == ()


@pytest.mark.parametrize("rating", [-1, 11, 2.0, "3", True, None])
def test_anything_else_is_no_rating(rating: object) -> None:
    assert told(check_rating(GoalKind.ZERO_TO_TEN, rating)) == [("LEVEL_OUT_OF_RANGE", "level")]
    assert told(check_rating(GoalKind.ZERO_TO_TEN, rating, "ratings[1].level")) == [
        ("LEVEL_OUT_OF_RANGE", "ratings[1].level")
    ]


def test_a_scaled_goal_is_rated_by_its_five_levels() -> None:
    assert check_rating(GoalKind.GAS, -2) == check_rating(GoalKind.GAS, 2) == ()
    assert told(check_rating(GoalKind.GAS, 3, "level now")) == [("LEVEL_OUT_OF_RANGE", "level now")]


def test_only_a_scaled_goal_words_its_levels_and_each_once() -> None:
    better, worse = LevelWording(1, "Sleeps six hours"), LevelWording(-1, "Sleeps two hours")
    zero_to_ten = GoalKind.ZERO_TO_TEN

    assert check_levels(GoalKind.GAS, [better, worse]) == check_levels(zero_to_ten, []) == ()
    assert told(check_levels(zero_to_ten, [better])) == [("LEVELS_NOT_ALLOWED", "levels")]
    assert told(check_levels(GoalKind.GAS, [better, worse, better])) == [
        ("DUPLICATE_LEVEL", "levels[2].level")
    ]


def test_the_words_of_a_level_are_checked_like_any_others() -> None:
    wrong = [LevelWording(3, "Sleeps well"), LevelWording(0, " ")]

    assert told(check_levels(GoalKind.GAS, wrong, "input.levels")) == [
        ("LEVEL_OUT_OF_RANGE", "input.levels[0].level"),
        ("TEXT_REQUIRED", "input.levels[1].wording"),
    ]


@pytest.mark.parametrize(
    "wording", ["x", "Sleep through\nthe night", "Größer 👩‍👧 werden", "y" * 2000]
)
def test_people_word_their_goals_as_they_like(wording: str) -> None:
    assert check_wording(wording) == ()
    assert check_wording(f"  {wording}\n") == ()


@pytest.mark.parametrize(
    ("wording", "code"),
    [
        ("", "TEXT_REQUIRED"),
        (" \n\t ", "TEXT_REQUIRED"),
        ("y" * 2001, "TEXT_TOO_LONG"),
        ("sleep\x00", "CONTROL_CHARACTERS"),
        ("\x00", "CONTROL_CHARACTERS"),
        ("sl\x1bleep", "CONTROL_CHARACTERS"),
        ("sleep\x85well", "CONTROL_CHARACTERS"),
        ("\ud800", "CONTROL_CHARACTERS"),
    ],
)
def test_words_that_cannot_be_kept_are_refused_without_repeating_them(
    wording: str, code: str
) -> None:
    (problem,) = check_wording(wording)

    assert told([problem]) == [(code, "wording")]
    assert "sleep" not in problem.message
