import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.answers import value_of_mark
from alliance_api.domain.errors import Refused
from alliance_api.domain.instruments import Band, Instrument
from alliance_api.domain.scoring import (
    NO_ANSWERS,
    TOO_FEW_ANSWERS,
    GivenAnswer,
    any_yes,
    bands,
    for_display,
    pomp,
    reverse,
    score,
    score_inputs_hash,
)
from alliance_api.instruments.loader import load_all
from tests.ground.known import a_form, filled_in, in_order, vector

pytestmark = pytest.mark.ground

FORMS = load_all()
WAI_SR = FORMS["wai-sr-c"]


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

    assert _raw(FORMS["wai-s"], filled_in(row["inputs"]["items"])) == row["expected"]["sum"]


def test_care_replaces_up_to_two_missing_items_and_no_more() -> None:
    row = vector("scoring", "SC07")

    for name, expected in row["expected"].items():
        assert _raw(FORMS["care"], in_order(*row["inputs"][name])) == {"total": expected}


@pytest.mark.parametrize("length", ["100", "142.5"])
def test_a_mark_counts_by_the_length_of_its_line(length: str) -> None:
    row = vector("scoring", "SC08")
    form, name = FORMS["srs-3"], length.replace(".", "_")
    marks = row["inputs"][f"mm_on_{length}mm_line"]

    values = [value_of_mark(form.items[0], mark, float(length)) for mark in marks]

    assert values == row["expected"][f"items_{name}mm"]
    assert _raw(form, in_order(*values)) == {"total": row["expected"][f"total_{name}mm"]}


def test_a_mark_goes_to_the_nearest_step_and_a_half_goes_up() -> None:
    line, whole = FORMS["srs-3"].items[0], a_form(1, 1, 5).items[0]

    assert [value_of_mark(line, mark, 100) for mark in (0, 0.49, 0.5, 99.5, 100)] == [
        0,
        0,
        0.1,
        10,
        10,
    ]
    assert [value_of_mark(whole, mark, 80) for mark in (9.99, 10, 30, 80)] == [1, 2, 3, 5]


@pytest.mark.parametrize(("mark", "length"), [(-1, 100), (101, 100), (0, 0), (0, -1), (1e999, 1)])
def test_a_mark_beside_its_line_is_refused(mark: float, length: float) -> None:
    with pytest.raises(ValueError, match=r"line|Fraction"):
        value_of_mark(FORMS["ors"].items[0], mark, length)


def test_lines_without_a_mark_are_never_made_up() -> None:
    for code in ("srs-3", "ors", "csrs"):
        assert _raw(FORMS[code], in_order(9.3, 9.1, 8.8)) == {"total": None}


def test_preferences_lie_in_bands_that_a_site_may_replace() -> None:
    row = vector("scoring", "SC10")
    form = FORMS["c-nip-1.1"]
    scores = _raw(form, filled_in(row["inputs"]["items"]))

    assert {key.replace("-", "_"): raw for key, raw in scores.items()} == row["expected"]["sums"]
    for scale in form.scales:
        expected = row["expected"]["class"][scale.key.replace("-", "_")]
        found = [band.key.replace("-", "_") for band in bands(scale, scores[scale.key])]
        assert found == ([] if expected == "no_strong_preference" else [expected])
        assert not any(band.verified for band in scale.bands)
        assert bands(scale, scores[scale.key], configured=()) == ()


def test_a_band_says_whether_its_limits_belong_to_it() -> None:
    (concern,) = FORMS["srs-3"].scales[0].bands
    (case,) = FORMS["phq-9"].scales[0].bands

    assert [concern.holds(raw) for raw in (35.9, 36, 36.1)] == [True, False, False]
    assert [case.holds(raw) for raw in (9.999, 10, 10.001)] == [False, True, True]
    assert Band("b", "us", verified=False, at_most=3).holds(3)
    assert bands(FORMS["phq-9"].scales[0], None) == ()


def test_two_opposite_scales_stay_apart() -> None:
    row = vector("scoring", "SC11")
    scores = _raw(FORMS["sparq"], filled_in(row["inputs"]["sparq"]))

    assert scores == {key: row["expected"][key] for key in ("positive", "negative")}


def test_one_yes_is_enough_and_silence_is_no_no() -> None:
    row = vector("scoring", "SC11")
    form, (scale,) = FORMS["risq"], FORMS["risq"].scales

    assert _raw(form, in_order(*row["inputs"]["risq"])) == {"total": row["expected"]["risq_sum"]}
    assert any_yes(form, scale, in_order(*row["inputs"]["risq"])) is row["expected"]["risq_any"]
    assert any_yes(form, scale, in_order(0, 0, 0, 0)) is False
    assert any_yes(form, scale, in_order(0, 1)) is True
    assert any_yes(form, scale, in_order(0, 0, 0)) is None
    assert any_yes(form, scale, ()) is None


def test_means_come_from_reversed_items_too() -> None:
    row = vector("scoring", "SC12")
    form = FORMS["seq-5"]

    assert _mean(form, filled_in(row["inputs"]["items"])) == row["expected"]
    for scale in form.scales:
        key = row["inputs"]["key"][scale.key]
        assert (list(scale.items), list(scale.reversed)) == (key["items"], key["reverse"])


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (43.75, 1, "43.8"),
        (0.05, 1, "0.1"),
        (2.675, 2, "2.68"),
        (-0.25, 1, "-0.3"),
        (13.333333, 2, "13.33"),
        (12, 1, "12.0"),
        (49.5, 0, "50"),
        (1e16, 0, "10000000000000000"),
    ],
)
def test_rounding_is_for_display_and_a_half_goes_away_from_zero(
    value: float, places: int, text: str
) -> None:
    assert for_display(value, places) == text


def test_what_is_no_number_is_not_displayed() -> None:
    assert for_display(43.75) == "43.8"
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="Fraction"):
            for_display(value)
    with pytest.raises(ValueError, match="places"):
        for_display(1, -1)


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

    (missing,) = score(form, in_order(5, 4, 3))
    (not_applicable,) = score(form, (*in_order(5, 4, 3), away))

    assert (missing.missing, missing.not_applicable) == (1, 0)
    assert (not_applicable.missing, not_applicable.not_applicable) == (1, 1)
    assert replace(not_applicable, not_applicable=0) == missing


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
    # As it is stored beside scores, it must be found again by anybody who spells the inputs so.
    spelled = b'{"answers":{"1":1,"2":2,"3":"NA"},"instrument":"form","version":1}'
    assert score_inputs_hash(form, away) == hashlib.sha256(spelled).hexdigest()


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
