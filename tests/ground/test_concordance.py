import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.case_mix import (
    ObservedExpected,
    Stratum,
    decompose,
    observed_expected,
)
from alliance_api.domain.concordance import (
    PREDICTION_METHOD,
    TOO_FEW_SHARED_SESSIONS,
    Rating,
    Unit,
    compare,
    concordance,
    lagged_deviation,
    level_difference,
    prediction,
)
from alliance_api.domain.icc import icc
from alliance_api.domain.intervals import Estimate
from alliance_api.domain.pooling import (
    TOO_FEW_CLIENTS,
    Components,
    components,
    funnel,
    funnel_rate,
    pool,
    shrink,
)
from tests.ground.known import vector

pytestmark = pytest.mark.ground

# Shrout & Fleiss 1979, table 2: six targets, four judges.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]


def _value(found: Estimate | None) -> float:
    assert found is not None
    return found.value


def test_truth_and_bias_of_the_fact_sheet() -> None:
    row = vector("dyads", "DY01")
    found = compare(row["inputs"]["client_T"], row["inputs"]["therapist_J"])
    expected = row["expected"]

    assert found.n == 8
    assert _value(found.bias) == pytest.approx(expected["directional_bias"], abs=1e-6)
    assert _value(found.bias) == pytest.approx(expected["mean_diff_T_minus_C"], abs=1e-6)
    assert _value(found.tracking) == pytest.approx(expected["truth_force"], abs=1e-6)
    assert _value(found.correlation) == pytest.approx(expected["temporal_r"], abs=1e-6)
    assert _value(found.absolute_gap) == pytest.approx(expected["mean_abs_diff"], abs=1e-6)
    assert found.bias is not None
    assert found.bias.interval is not None
    assert found.bias.interval[1] < 0


def test_only_sessions_both_rated_count_and_forms_that_differ_meet_in_pomp() -> None:
    client = {f"s{n}": Rating(40 + n, 50 + n) for n in range(6)}
    therapist = {f"s{n}": Rating(30 + n, 55 + n) for n in range(2, 9)}
    parallel = concordance(client, therapist, item_parallel=True)
    different = concordance(client, therapist, item_parallel=False)

    assert (parallel.n, different.n) == (4, 4)
    assert (parallel.unit, _value(parallel.bias)) == (Unit.RAW, -10)
    assert (different.unit, _value(different.bias)) == (Unit.POMP, 5)


def test_below_three_shared_sessions_nothing_is_said() -> None:
    found = compare([4.0, 4.2], [3.8, 4.0])

    assert (found.n, found.reason) == (2, TOO_FEW_SHARED_SESSIONS)
    assert (found.unit, compare([], [], unit=Unit.POMP).unit) == (Unit.RAW, Unit.POMP)
    assert (found.bias, found.tracking, found.correlation, found.absolute_gap) == (None,) * 4
    assert compare([4.0, 4.2, 4.1], [3.8, 4.0, 3.9]).reason is None
    with pytest.raises(ValueError, match="shorter"):
        compare([1.0], [])


def test_a_client_who_never_varies_can_be_biased_but_not_tracked() -> None:
    found = compare([4.0] * 5, [3.8, 4.0, 3.9, 4.1, 4.0])

    assert found.bias is not None
    assert (found.tracking, found.correlation) == (None, None)


def test_a_prediction_is_judged_against_the_clients_own_rating() -> None:
    actual = {f"s{n}": Rating(n, 10 * n) for n in range(4)}
    foreseen = {f"s{n}": Rating(n + 1, 10 * n + 5) for n in range(4)}
    found = prediction(foreseen, actual)

    assert (found.n, found.unit, found.reason) == (4, Unit.RAW, None)
    assert found.method == PREDICTION_METHOD
    assert (_value(found.bias), _value(found.tracking), _value(found.absolute_gap)) == (1, 1, 1)
    assert _value(found.correlation) == pytest.approx(1)
    in_percent = prediction(foreseen, actual, item_parallel=False)
    assert (in_percent.unit, _value(in_percent.bias)) == (Unit.POMP, 5)
    assert prediction({}, actual).reason == TOO_FEW_SHARED_SESSIONS


@given(st.lists(st.integers(10, 50), min_size=3, max_size=12), st.integers(-9, 9))
def test_bias_takes_up_a_constant_and_tracking_does_not(values: list[int], points: int) -> None:
    found = compare(values, [value + points for value in values])

    assert _value(found.bias) == points
    assert found.tracking is None or _value(found.tracking) == pytest.approx(1)


def test_a_prior_mean_never_includes_the_future() -> None:
    assert lagged_deviation([3.0, 4.0, 5.0]) == (None, 1.0, 1.5)


def test_icc_of_the_fact_sheet() -> None:
    row = vector("dyads", "DY03")
    pairs, expected = row["inputs"]["pairs_client_therapist"], row["expected"]
    found = icc(pairs)

    assert found is not None
    assert (found.n, found.k) == (6, 2)
    assert found.between == pytest.approx(expected["BMS"], abs=1e-6)
    assert found.within == pytest.approx(expected["WMS"], abs=1e-6)
    assert found.raters == pytest.approx(expected["JMS"], abs=1e-6)
    assert found.residual == pytest.approx(expected["EMS"], abs=1e-6)
    for name, estimate in {
        "ICC(1,1)": found.one_way,
        "ICC(2,1)": found.absolute,
        "ICC(3,1)": found.consistency,
        "ICC(1,k)": found.one_way_of_mean,
        "ICC(2,k)": found.absolute_of_mean,
        "ICC(3,k)": found.consistency_of_mean,
    }.items():
        assert estimate.value == pytest.approx(expected[name], abs=1e-6)
        assert estimate.n == 6
    over_dyads = compare([c for c, _ in pairs], [t for _, t in pairs])
    assert _value(over_dyads.correlation) == pytest.approx(expected["pearson"], abs=1e-6)
    difference = level_difference([(c, t) for c, t in pairs])
    assert _value(difference) == pytest.approx(expected["mean_diff_client_minus_therapist"])


def test_icc_of_shrout_and_fleiss_with_the_intervals_of_psych() -> None:
    found = icc(SHROUT_FLEISS)

    assert found is not None
    for estimate, value, interval in [
        (found.one_way, 0.17, (-0.133, 0.72)),
        (found.absolute, 0.29, (0.019, 0.76)),
        (found.consistency, 0.71, (0.342, 0.95)),
        (found.one_way_of_mean, 0.44, (-0.884, 0.91)),
        (found.absolute_of_mean, 0.62, (0.071, 0.93)),
        (found.consistency_of_mean, 0.91, (0.676, 0.99)),
    ]:
        assert estimate.value == pytest.approx(value, abs=5e-3)
        assert estimate.interval == pytest.approx(interval, abs=5e-3)
    # The same to six places, by the formulas of McGraw & Wong 1996, table 7.
    assert found.absolute.interval == pytest.approx((0.018787, 0.761084), abs=1e-6)


def test_icc_needs_three_targets_two_raters_and_variation() -> None:
    assert icc([]) is None
    assert icc([[1, 2], [2, 3]]) is None
    assert icc([[1], [2], [3]]) is None
    assert icc([[1, 1], [1, 1], [1, 1]]) is None
    with pytest.raises(ValueError, match="argument"):
        icc([[1, 2], [2, 3], [1]])
    agreed = icc([[1, 1], [2, 2], [3, 3]])
    assert agreed is not None
    assert agreed.absolute == Estimate(1, 3, None)
    assert agreed.consistency.interval is None
    apart = icc([[1, 2], [2, 3], [3, 4]])
    assert apart is not None
    assert (apart.absolute.interval, apart.consistency.value) == (None, 1)
    assert apart.absolute.value == pytest.approx(2 / 3)
    # Two values are variation enough.
    assert icc([[1, 2], [1, 1], [2, 2]]) is not None


@pytest.mark.parametrize(
    "table", [[[0, 3], [1, 2], [2, 1], [3, 0]], [[0, 1, 2], [1, 2, 0], [2, 0, 1]]]
)
def test_raters_who_contradict_each_other_have_no_reliable_mean(table: list[list[float]]) -> None:
    # Their means do not differ at all, and ICC(·,k) = (between - error) / between.
    found = icc(table)

    assert found is not None
    assert found.one_way.value == found.consistency.value == -1 / (found.k - 1)
    for mean in (found.one_way_of_mean, found.absolute_of_mean, found.consistency_of_mean):
        assert mean.value == -math.inf
    # An interval without any width would claim to know.
    for one in (found.one_way, found.absolute, found.consistency, found.absolute_of_mean):
        assert one.interval is None


def test_within_and_between_of_the_fact_sheet() -> None:
    row = vector("dyads", "DY04")
    series, expected = row["inputs"]["series"], row["expected"]
    found = decompose({**series, "nobody": []})

    assert found is not None
    assert found.grand == pytest.approx(expected["grand"], abs=1e-6)
    assert found.between == pytest.approx(expected["between"], abs=1e-6)
    for key, values in expected["within"].items():
        assert found.within[key] == pytest.approx(values, abs=1e-9)
    variances = components(series)
    assert variances is not None
    assert variances.within == pytest.approx(expected["ms_within"])
    as_table = icc(list(series.values()))
    assert as_table is not None
    assert as_table.one_way.value == pytest.approx(expected["ICC1"], abs=1e-6)
    assert variances.icc == pytest.approx(expected["ICC1"], abs=1e-6)
    assert decompose({"nobody": []}) is None


def test_observed_over_expected_of_the_fact_sheet() -> None:
    row = vector("dyads", "DY06")
    strata = [
        Stratum(each["ref_rate"], each["n"], each["obs"])
        for each in row["inputs"]["strata"].values()
    ]
    found = observed_expected(strata)

    assert (found.n, found.observed, found.expected) == (30, row["expected"]["O"], 5.0)
    assert found.ratio == row["expected"]["O_over_E"]
    # Byar's limits of a count of 5, over 5 expected.
    assert found.interval == pytest.approx((1.61 / 5, 11.67 / 5), abs=2e-3)


def test_few_clients_or_no_expectation_have_no_ratio() -> None:
    few = observed_expected([Stratum(0.25, 4, 2)])
    assert few == ObservedExpected(4, 2, 1.0, None, None)
    assert observed_expected([Stratum(0.1, 5, 2)]).ratio == 4
    assert observed_expected([Stratum(1, 5, 5)]).ratio == 1
    assert observed_expected([Stratum(0, 9, 2)]).ratio is None
    none = observed_expected([Stratum(0.5, 10, 0)])
    assert none.ratio == 0
    assert none.interval == pytest.approx((0, 0.734), abs=5e-3)
    for wrong in [Stratum(1.1, 5, 1), Stratum(-0.1, 5, 1), Stratum(0.1, 5, 6), Stratum(0.1, 5, -1)]:
        with pytest.raises(ValueError, match="between 0 and n"):
            observed_expected([wrong])


KNOWN = Components(mean=60, between=4, within=36, groups=10, n=100)


def test_a_mean_is_drawn_to_the_grand_mean_by_how_little_is_known() -> None:
    few, weight = shrink(70, 1, KNOWN)
    many, heavier = shrink(70, 36, KNOWN)

    assert (weight, few.value, few.n) == (0.1, 61, 1)
    assert (heavier, many.value) == (0.8, 68)
    assert many.interval == pytest.approx((68 - 1.753, 68 + 1.753), abs=1e-3)
    with pytest.raises(ValueError, match="at least one"):
        shrink(70, 0, KNOWN)
    nobody_differs = Components(60, 0, 0, 3, 9)
    drawn, none_of_its_own = shrink(70, 3, nobody_differs)
    assert (drawn.value, none_of_its_own) == (60, 0)
    assert nobody_differs.icc is None


def test_a_therapist_with_few_clients_is_not_compared() -> None:
    found = pool({"a": [80.0] * 4, "b": [80.0] * 5}, KNOWN)

    assert found["a"].reason == TOO_FEW_CLIENTS
    assert (found["a"].n, found["a"].components) == (4, KNOWN)
    assert (found["a"].mean, found["a"].estimate, found["a"].weight, found["a"].unusual) == (
        None,
    ) * 4
    assert (found["b"].reason, found["b"].mean, found["b"].unusual) == (None, 80, True)
    assert (found["b"].n, found["b"].components) == (5, KNOWN)
    assert (found["b"].estimate, found["b"].weight) == shrink(80, 5, KNOWN)
    assert list(found) == ["a", "b"]
    assert pool({"c": [61.0] * 9}, KNOWN)["c"].unusual is False
    assert pool({"b": [80.0] * 5}, KNOWN, least=6)["b"].reason == TOO_FEW_CLIENTS
    with pytest.raises(ValueError, match="5 clients"):
        pool({}, KNOWN, least=4)


def test_unusual_is_beyond_the_wider_funnel_and_not_on_it() -> None:
    # Of nine clients 3.0902 · sqrt(36 / 9) = 6.18 around the grand mean of 60.
    for mean, unusual in [(66.1, False), (66.3, True), (53.9, False), (53.7, True)]:
        assert pool({"a": [mean] * 9}, KNOWN)["a"].unusual is unusual
    alike = Components(mean=60, between=4, within=0, groups=10, n=100)
    assert pool({"a": [60.0] * 5}, alike)["a"].unusual is False


def test_funnels_narrow_with_n() -> None:
    assert funnel(KNOWN, 1, z=1) == (54, 66)
    assert (funnel_rate(0, 1), funnel_rate(1, 1)) == ((0, 0), (1, 1))
    assert funnel(KNOWN, 9, z=2) == (56, 64)
    assert funnel(KNOWN, 36, z=2) == (58, 62)
    assert funnel_rate(0.5, 100, z=2) == (0.4, 0.6)
    assert funnel_rate(0.05, 5)[0] == 0
    assert funnel_rate(0.95, 5)[1] == 1
    with pytest.raises(ValueError, match="one client"):
        funnel(KNOWN, 0)
    for rate, n in [(0.5, 0), (-0.1, 5), (1.1, 5)]:
        with pytest.raises(ValueError, match="one client"):
            funnel_rate(rate, n)


def test_components_need_two_groups_and_somebody_to_differ_within() -> None:
    assert components({"a": [1.0, 2.0], "b": []}) is None
    assert components({"a": [1.0], "b": [2.0]}) is None
    alike = components({"a": [1.0, 3.0], "b": [1.0, 3.0]})
    assert alike is not None
    assert alike == Components(mean=2, between=0, within=2, groups=2, n=4)
    # n0 = (5 - 13/5) / 1 = 2.4; among groups 3 · 0.16 + 2 · 0.36 = 1.2 over 1; within 2.5 / 3.
    unequal = components({"a": [1.0, 1.0, 2.5], "b": [2.0, 3.0]})
    assert unequal is not None
    assert unequal.within == pytest.approx(2 / 3)
    assert unequal.between == pytest.approx((1.2 - 2 / 3) / 2.4)


@given(st.floats(0, 100), st.integers(1, 50))
def test_a_pooled_mean_lies_between_its_own_and_the_grand_mean(mean: float, n: int) -> None:
    estimate, weight = shrink(mean, n, KNOWN)

    assert 0 < weight < 1
    assert min(mean, 60) - 1e-9 <= estimate.value <= max(mean, 60) + 1e-9


def test_every_pooled_figure_states_its_components() -> None:
    assert {field.name for field in fields(pool({"a": [1.0]}, KNOWN)["a"])} >= {
        "components",
        "method",
        "n",
    }
