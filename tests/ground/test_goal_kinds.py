import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.goals import (
    GoalKind,
    LevelWording,
    check_levels,
    check_rating,
)
from tests.ground.known import told

pytestmark = pytest.mark.ground

GAS, TEN = GoalKind.GAS, GoalKind.ZERO_TO_TEN


@pytest.mark.parametrize(("kind", "low", "high"), [(GAS, -2, 2), (TEN, 0, 10)])
def test_a_rating_lies_in_the_range_of_its_kind(kind: GoalKind, low: int, high: int) -> None:
    assert [n for n in range(-5, 15) if not check_rating(kind, n)] == list(range(low, high + 1))


@pytest.mark.parametrize("kind", GoalKind)
@pytest.mark.parametrize("rating", [1.5, "1", True, None, float("nan")])
def test_a_rating_is_a_whole_number(kind: GoalKind, rating: object) -> None:
    assert told(check_rating(kind, rating)) == [("LEVEL_OUT_OF_RANGE", "level")]


def test_every_level_may_be_worded_once() -> None:
    five = [LevelWording(level, f"level {level}") for level in range(-2, 3)]

    assert check_levels(GAS, five) == ()
    assert check_levels(GAS, ()) == ()
    assert told(check_levels(GAS, [*five, five[0]])) == [("DUPLICATE_LEVEL", "levels[5].level")]


def test_what_is_wrong_with_levels_is_told_with_its_place() -> None:
    wrong = [LevelWording(3, "much more"), LevelWording(1, " ")]

    assert told(check_levels(GAS, wrong)) == [
        ("LEVEL_OUT_OF_RANGE", "levels[0].level"),
        ("TEXT_REQUIRED", "levels[1].wording"),
    ]


@given(st.integers(-2, 2))
def test_a_goal_from_zero_to_ten_has_no_levels(level: int) -> None:
    found = check_levels(TEN, [LevelWording(level, "something")])

    assert told(found) == [("LEVELS_NOT_ALLOWED", "levels")]
    assert check_levels(TEN, ()) == ()
