from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.errors import Refused
from alliance_api.domain.instruments import Instrument, Scale
from alliance_api.domain.scoring import (
    NO_ANSWERS,
    TOO_FEW_ANSWERS,
    GivenAnswer,
    pomp,
    reverse,
    score,
    score_inputs_hash,
)
from alliance_api.instruments.loader import load_all
from tests.ground.known import a_form, filled_in, in_order, vector

pytestmark = pytest.mark.ground

WAI_SR = load_all()["wai-sr-c"]


def _raw(form: Instrument, answers: tuple[GivenAnswer, ...]) -> dict[str, float | None]:
    return {each.scale: each.raw for each in score(form, answers)}


def _mean(form: Instrument, answers: tuple[GivenAnswer, ...]) -> dict[str, float | None]:
    return {each.scale: each.mean for each in score(form, answers)}


def _close(found: Mapping[str, float | None], expected: Mapping[str, float | None]) -> bool:
    return dict(found) == {
        scale: value if value is None else pytest.approx(value, abs=1e-6)
        for scale, value in expected.items()
    }


@pytest.mark.parametrize("row_id", ["SC01", "SC02", "SC03"])
def test_the_client_form_of_the_wai_sr_scores_as_the_fact_sheet_says(row_id: str) -> None:
    row = vector("scoring", row_id)
    answers = filled_in(row["inputs"]["items"])

    assert _close(_raw(WAI_SR, answers), row["expected"]["sum"])
    if "mean" in row["expected"]:
        assert _close(_mean(WAI_SR, answers), row["expected"]["mean"])


def test_the_prorated_total_is_made_of_items_and_not_of_subscales() -> None:
    scores = _raw(WAI_SR, filled_in(vector("scoring", "SC02")["inputs"]["items"]))

    assert scores["total"] == 49.2
    assert sum(scores[scale] or 0 for scale in ("goal", "task", "bond")) == 48.0


def test_the_wai_s_has_another_key_with_reversed_items() -> None:
    row = vector("scoring", "SC04")
    form = a_form(
        12,
        1,
        7,
        Scale("task", (1, 2, 8, 12)),
        Scale("bond", (3, 5, 7, 9)),
        Scale("goal", (4, 6, 10, 11), reversed=(4, 10)),
        Scale("total", tuple(range(1, 13)), reversed=(4, 10)),
    )

    assert _raw(form, filled_in(row["inputs"]["items"])) == row["expected"]["sum"]


def test_care_replaces_up_to_two_missing_items_and_no_more() -> None:
    row = vector("scoring", "SC07")
    form = a_form(10, 1, 5, Scale("total", tuple(range(1, 11)), max_missing=2))

    for name, expected in row["expected"].items():
        assert _raw(form, in_order(*row["inputs"][name])) == {"total": expected}


def test_four_lines_need_four_marks_and_tenths_add_up_exactly() -> None:
    expected = vector("scoring", "SC08")["expected"]
    form = a_form(4, 0, 10, Scale("total", (1, 2, 3, 4), all_required=True), step=0.1)

    assert _raw(form, in_order(*expected["items_100mm"])) == {"total": expected["total_100mm"]}
    assert _raw(form, in_order(*expected["items_142_5mm"])) == {"total": expected["total_142_5mm"]}
    assert _raw(form, in_order(9.3, 9.1, 8.8)) == {"total": None}


def test_bipolar_scales_add_up() -> None:
    row = vector("scoring", "SC10")
    form = a_form(
        18,
        -3,
        3,
        Scale("directiveness", (1, 2, 3, 4, 5)),
        Scale("emotional_intensity", (6, 7, 8, 9, 10)),
        Scale("past_orientation", (11, 12, 13)),
        Scale("warm_support", (14, 15, 16, 17, 18)),
    )

    assert _raw(form, filled_in(row["inputs"]["items"])) == row["expected"]["sums"]


def test_two_opposite_scales_stay_apart() -> None:
    row = vector("scoring", "SC11")
    form = a_form(8, 0, 4, Scale("positive", (1, 6, 7, 8)), Scale("negative", (2, 3, 4, 5)))
    scores = _raw(form, filled_in(row["inputs"]["sparq"]))

    assert scores == {"positive": row["expected"]["positive"], "negative": 4}


def test_means_come_from_reversed_items_too() -> None:
    row = vector("scoring", "SC12")
    scales = (
        Scale(name, tuple(key["items"]), reversed=tuple(key["reverse"]))
        for name, key in row["inputs"]["key"].items()
    )

    means = _mean(a_form(21, 1, 7, *scales), filled_in(row["inputs"]["items"]))

    assert means == row["expected"]


def test_reversal_is_minimum_plus_maximum_minus_value() -> None:
    row = vector("scoring", "SC14")

    assert [reverse(*case) for case in row["inputs"]["cases"]] == row["expected"]["reversed"]


def test_pomp_tells_the_same_number_on_different_ranges_apart() -> None:
    row = vector("psychometrics", "PM01")

    assert [pomp(*case) for case in row["inputs"]["cases"]] == row["expected"]["pomp"]
    with pytest.raises(ValueError, match="below"):
        pomp(1, 1, 1)


def test_a_score_carries_its_range_its_n_and_its_pomp() -> None:
    answers = filled_in(vector("scoring", "SC01")["inputs"]["items"])
    total, goal, *_ = score(WAI_SR, answers)

    assert (total.minimum, total.maximum, total.answered, total.missing) == (12, 60, 12, 0)
    assert (total.pomp, total.reason) == (75.0, None)
    assert (goal.minimum, goal.maximum, goal.answered) == (4, 20, 4)


def test_no_answers_score_null_and_never_zero() -> None:
    for nothing in ((), in_order(*[None] * 12)):
        for each in score(WAI_SR, nothing):
            assert (each.raw, each.mean, each.pomp) == (None, None, None)
            assert (each.answered, each.reason) == (0, NO_ANSWERS)


def test_zero_is_a_score_and_too_few_answers_are_a_reason() -> None:
    form = a_form(4, 0, 4)

    (zero,) = score(form, in_order(0, 0, 0, 0))
    (few,) = score(form, in_order(4, 4))

    assert (zero.raw, zero.mean, zero.pomp, zero.reason) == (0, 0, 0, None)
    assert (few.raw, few.reason, few.answered, few.missing) == (None, TOO_FEW_ANSWERS, 2, 2)


def test_does_not_apply_is_scored_like_missing() -> None:
    form = a_form(4, 1, 5, not_applicable=True)
    away = GivenAnswer(4, None, not_applicable=True)

    assert score(form, (*in_order(5, 4, 3), away)) == score(form, in_order(5, 4, 3))


def test_answers_that_do_not_fit_are_refused_rather_than_scored() -> None:
    with pytest.raises(Refused) as refused:
        score(WAI_SR, in_order(3, 9))

    (problem,) = refused.value.problems
    assert (problem.code, problem.field) == ("OUT_OF_RANGE", "answers[1].value")


def test_the_hash_of_the_inputs_ignores_order_and_spelling_but_nothing_else() -> None:
    form = a_form(3, 1, 5, not_applicable=True)
    original = score_inputs_hash(form, in_order(1, 2, 3))

    assert score_inputs_hash(form, tuple(reversed(in_order(1.0, 2.0, 3.0)))) == original
    assert score_inputs_hash(form, in_order(1, 2, 4)) != original
    away = (*in_order(1, 2), GivenAnswer(3, None, not_applicable=True))
    assert score_inputs_hash(form, away) != score_inputs_hash(form, in_order(1, 2, None))


tenths = st.integers(-100, 100).map(lambda n: n / 10)


@given(value=tenths, minimum=tenths, maximum=tenths)
def test_reversing_twice_is_identity(value: float, minimum: float, maximum: float) -> None:
    assert reverse(reverse(value, minimum, maximum), minimum, maximum) == value


@given(values=st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_complete_form_scores_its_plain_sum(values: list[int]) -> None:
    (total,) = score(a_form(len(values), 0, 4), in_order(*values))

    assert total.raw == sum(values)
    assert total.mean == sum(values) / len(values)


@given(values=st.lists(st.none() | st.integers(1, 5), min_size=1, max_size=12))
def test_every_score_lies_in_its_range(values: list[int | None]) -> None:
    (total,) = score(a_form(len(values), 1, 5), in_order(*values))

    assert total.answered + total.missing == len(values)
    assert (total.raw is None) == (total.reason is not None)
    if total.raw is not None and total.mean is not None and total.pomp is not None:
        assert total.minimum <= total.raw <= total.maximum
        assert 1 <= total.mean <= 5
        assert 0 <= total.pomp <= 100
