import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.errors import Refused
from alliance_api.domain.findings import FindingCode, findings
from alliance_api.domain.instruments import Instrument, Scale
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.instruments.loader import load_all
from tests.ground.known import a_form, in_order

pytestmark = pytest.mark.ground

FORMS = load_all()
CEILING, FLOOR = FindingCode.AT_CEILING, FindingCode.AT_FLOOR
LINE, YES = FindingCode.STRAIGHT_LINING, FindingCode.ANY_YES


def _found(
    form: Instrument, *answers: float | None, least_line: int = 6
) -> list[tuple[FindingCode, str | None]]:
    return [
        (finding.code, finding.scale)
        for finding in findings(form, in_order(*answers), least_line=least_line)
    ]


def test_an_ordinary_form_has_nothing_noticeable() -> None:
    assert _found(a_form(6, 1, 5), 3, 4, 3, 5, 2, 4) == []
    assert _found(a_form(6, 1, 5)) == []


def test_six_equal_answers_in_the_middle_are_a_line_and_five_are_not() -> None:
    assert _found(a_form(6, 1, 5), *[3] * 6) == [(LINE, None)]
    assert _found(a_form(6, 1, 5), *[3] * 5) == []
    assert _found(a_form(5, 1, 5), *[3] * 5) == []
    assert _found(a_form(5, 1, 5), *[3] * 5, least_line=5) == [(LINE, None)]


def test_a_line_is_told_even_where_too_few_answers_make_no_score() -> None:
    assert _found(a_form(12, 1, 5), *[3] * 6) == [(LINE, None)]
    assert _found(a_form(12, 1, 5), *[5] * 6) == [(LINE, None)]


def test_a_contented_form_is_at_its_ceiling_and_not_also_a_line() -> None:
    assert _found(FORMS["wai-sr-c"], *[5] * 12) == [
        (CEILING, "total"),
        (CEILING, "goal"),
        (CEILING, "task"),
        (CEILING, "bond"),
    ]
    assert _found(FORMS["phq-9"], *[0] * 9) == [(FLOOR, "total")]


def test_one_scale_may_be_at_its_ceiling_alone() -> None:
    assert _found(FORMS["wai-sr-c"], 3, 4, 5, 3, 5, 4, 5, 3, 5, 4, 4, 3) == [(CEILING, "bond")]


def test_a_line_through_reversed_items_contradicts_itself() -> None:
    assert _found(FORMS["wai-s"], *[7] * 12) == [(LINE, None), (CEILING, "task"), (CEILING, "bond")]


def test_the_ceiling_is_that_of_the_keyed_score() -> None:
    form = a_form(2, 1, 5, Scale("total", (1, 2), reversed=(2,)))

    assert _found(form, 5, 1) == [(CEILING, "total")]
    assert _found(form, 1, 5) == [(FLOOR, "total")]
    assert _found(form, 5, 5) == []


def test_a_yes_is_found_even_if_other_questions_are_open() -> None:
    assert _found(FORMS["risq"], 0, 1, 0, 0) == [(YES, "total")]
    assert _found(FORMS["risq"], None, 1) == [(YES, "total")]
    assert _found(FORMS["risq"], 0, 0, 0) == []
    assert _found(FORMS["risq"], 0, 0, 0, 0) == [(FLOOR, "total")]


def test_a_finding_says_on_how_many_answers_it_rests() -> None:
    line, *_ = findings(a_form(8, 1, 5), in_order(*[3] * 7))
    (ceiling,) = findings(a_form(4, 1, 5), in_order(5, 5, 5))

    assert (line.answered, ceiling.answered) == (7, 3)


def test_answers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Refused):
        findings(a_form(2, 1, 5), in_order(9))


@given(values=st.lists(st.none() | st.integers(1, 5), min_size=1, max_size=12))
def test_no_form_is_at_both_ends_and_order_changes_nothing(values: list[int | None]) -> None:
    form = a_form(12, 1, 5)
    answers = tuple(GivenAnswer(n, value) for n, value in enumerate(values, 1))
    found = findings(form, answers)

    assert {finding.code for finding in found} <= {LINE, CEILING, FLOOR}
    assert len(found) <= 1
    assert findings(form, answers[::-1]) == found
