import pytest

from alliance_api.domain.preferences import MEANING, Dimension, check_preferences
from tests.ground.known import told

pytestmark = pytest.mark.ground

LEADING, WARMTH = Dimension.DIRECTIVENESS, Dimension.WARM_SUPPORT


def test_a_preference_is_a_number_from_three_to_three_on_each_dimension_said() -> None:
    assert told(check_preferences([(LEADING, -3), (WARMTH, 3)])) == []
    assert told(check_preferences([(WARMTH, 0.5)])) == []
    found = told(check_preferences([(LEADING, 3.1), (WARMTH, 0), (Dimension.PAST_ORIENTATION, -4)]))
    assert found == [
        ("VALUE_OUT_OF_RANGE", "preferences[0].value"),
        ("VALUE_OUT_OF_RANGE", "preferences[2].value"),
    ]


def test_what_is_no_number_is_refused() -> None:
    found = told(check_preferences([(LEADING, float("nan"))]))

    assert found == [("VALUE_OUT_OF_RANGE", "preferences[0].value")]


def test_something_is_said_and_once_for_each_dimension() -> None:
    assert told(check_preferences([])) == [("NOTHING_SAID", "preferences")]
    twice = [(WARMTH, 1), (LEADING, 1), (WARMTH, 2)]
    assert told(check_preferences(twice)) == [("DUPLICATE_DIMENSION", "preferences")]


def test_every_dimension_has_its_meaning_on_both_sides() -> None:
    assert set(MEANING) == set(Dimension)
    assert all(text.startswith("Above 0 ") and "below" in text for text in MEANING.values())
