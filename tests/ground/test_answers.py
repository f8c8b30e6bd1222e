from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.answers import GivenAnswer, check_answers
from alliance_api.domain.instruments import Instrument
from tests.ground.known import a_form, in_order, told

pytestmark = pytest.mark.ground

FORM = a_form(3, 1, 5)
LINES = a_form(3, 0, 10, step=0.1, not_applicable=True)


def _found(*answers: GivenAnswer, form: Instrument = FORM) -> list[tuple[str, str | None]]:
    return told(check_answers(form, answers))


def test_fitting_answers_have_no_problems_even_if_some_or_all_are_missing() -> None:
    assert _found(*in_order(1, 5, 3)) == []
    assert _found(*in_order(1.0, None)) == []
    assert _found() == []


@pytest.mark.parametrize("item", [0, 4, -1, 1.0, "1", True, None, [1]])
def test_an_item_the_form_does_not_have_is_unknown(item: object) -> None:
    assert _found(GivenAnswer(cast("int", item), 3)) == [("UNKNOWN_ITEM", "answers[0].item")]


def test_an_item_answered_twice_is_named_at_its_second_place() -> None:
    answers = (*in_order(1, 2), GivenAnswer(1, 1))

    assert _found(*answers) == [("DUPLICATE_ITEM", "answers[2].item")]


@pytest.mark.parametrize("value", [0, 6, -1, 5.5, 10**400, -(10**400)])
def test_a_value_outside_the_range_is_refused(value: float) -> None:
    assert _found(GivenAnswer(1, value)) == [("OUT_OF_RANGE", "answers[0].value")]


def test_between_two_steps_there_is_no_answer() -> None:
    assert _found(GivenAnswer(1, 2.5)) == [("NOT_AN_INTEGER", "answers[0].value")]
    assert _found(GivenAnswer(1, 2.55), form=LINES) == [("OFF_STEP", "answers[0].value")]
    assert _found(*in_order(0.1, 7.3, 9.9), form=LINES) == []


def test_steps_are_counted_from_the_minimum() -> None:
    odd = a_form(3, 1, 9, step=4)

    assert _found(*in_order(1, 5, 9), form=odd) == []
    assert _found(GivenAnswer(1, 4), form=odd) == [("OFF_STEP", "answers[0].value")]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), True, "3", [3], 1j])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    assert _found(GivenAnswer(1, cast("float", value))) == [("NOT_A_NUMBER", "answers[0].value")]


def test_does_not_apply_only_where_the_form_offers_it_and_without_a_value() -> None:
    away, both = GivenAnswer(1, None, not_applicable=True), GivenAnswer(2, 3, not_applicable=True)

    assert _found(away) == [("NOT_APPLICABLE_NOT_ALLOWED", "answers[0].not_applicable")]
    assert _found(away, both, form=LINES) == [("VALUE_WITH_NOT_APPLICABLE", "answers[1].value")]


def test_every_problem_is_found_at_once() -> None:
    answers = (GivenAnswer(9, 1), GivenAnswer(1, 7), GivenAnswer(2, 2), GivenAnswer(3, 1.5))

    assert [code for code, _ in _found(*answers)] == [
        "UNKNOWN_ITEM",
        "OUT_OF_RANGE",
        "NOT_AN_INTEGER",
    ]


def test_no_message_repeats_what_was_answered() -> None:
    answers = (GivenAnswer(1, 4711), GivenAnswer(815, 3), GivenAnswer(2, 3.25))

    for problem in check_answers(FORM, answers):
        assert not any(given in problem.message for given in ("4711", "815", "3.25"))


anything: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
)
answers_of_any_kind = st.lists(
    st.builds(
        GivenAnswer, item=st.integers(0, 4) | anything, value=anything, not_applicable=anything
    )
)


@given(answers=answers_of_any_kind, form=st.sampled_from([FORM, LINES]))
def test_checking_answers_never_raises(answers: list[GivenAnswer], form: Instrument) -> None:
    for problem in check_answers(form, answers):
        assert problem.code.isupper()
        assert problem.message
        assert problem.field is not None
        assert problem.field.startswith("answers[")
