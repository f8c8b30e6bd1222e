import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.psychometrics import alpha, ceiling, rescale, t_score
from alliance_api.domain.scoring import pomp
from tests.ground.known import vector

pytestmark = pytest.mark.ground


def test_pomp_of_the_fact_sheet() -> None:
    row = vector("psychometrics", "PM01")

    assert [pomp(*case) for case in row["inputs"]["cases"]] == row["expected"]["pomp"]


def test_t_scores_need_a_norm() -> None:
    row = vector("psychometrics", "PM02")
    for name, each in row["inputs"].items():
        found = t_score(each["x"], each["m"], each["s"])
        assert found == pytest.approx(row["expected"][name], abs=1e-6)
    assert t_score(1, 0, 0.5) == 70
    for sd in (0, -1):
        with pytest.raises(ValueError, match="above 0"):
            t_score(1, 1, sd)


def test_the_ceiling_index() -> None:
    row = vector("psychometrics", "PM05")
    found = ceiling(row["inputs"]["totals"], row["inputs"]["max"])

    assert found is not None
    assert (found.n, found.share, found.flagged) == (10, 0.6, True)
    assert (found.share, found.flagged) == (row["expected"]["share"], row["expected"]["flag"])
    assert found.interval is not None
    assert ceiling([], 40) is None


def test_fifteen_percent_is_not_more_than_fifteen_percent() -> None:
    exactly, more = ceiling([40] * 3 + [1] * 17, 40), ceiling([40] * 4 + [1] * 17, 40)

    assert exactly is not None
    assert not exactly.flagged
    assert more is not None
    assert more.flagged


def test_mixed_metrics_are_mapped_before_they_are_added() -> None:
    row = vector("psychometrics", "PM06")
    raw, expected = row["inputs"]["raw"], row["expected"]
    mapped = {n: rescale(raw[n], (0, 100), (1, 9)) for n in expected["mapped"]}

    assert mapped == expected["mapped"]
    assert raw["1"] + raw["2"] + raw["3"] == expected["credibility_sum"]
    assert mapped["4"] + raw["5"] + mapped["6"] == expected["expectancy_sum_mapped"]
    for empty in [((1, 1), (0, 1)), ((0, 1), (2, 1)), ((0, 1), (1, 1))]:
        with pytest.raises(ValueError, match="goes up"):
            rescale(1, *empty)


@given(st.integers(0, 100))
def test_mapping_there_and_back_is_the_identity(value: int) -> None:
    assert rescale(rescale(value, (0, 100), (1, 9)), (1, 9), (0, 100)) == value


def test_alpha_of_the_fact_sheet() -> None:
    row = vector("change", "CH07")

    assert alpha(row["inputs"]["rows"]) == pytest.approx(row["expected"]["alpha"], abs=1e-6)


def test_alpha_needs_people_items_and_variation() -> None:
    assert alpha([]) is None
    assert alpha([[1, 2]]) is None
    assert alpha([[1], [2]]) is None
    assert alpha([[1, 2], [2, 1]]) is None
    assert alpha([[1, 1], [2, 2]]) == pytest.approx(1)
    with pytest.raises(ValueError, match="argument"):
        alpha([[1, 2], [1]])
