import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.charts import (
    NOISE,
    Limits,
    NoChart,
    RangeForm,
    Standing,
    chart,
    is_below,
    limits,
    limits_before,
    moving_ranges,
)
from alliance_api.domain.drift import cusum, ewma
from alliance_api.domain.false_alarms import FALSE_ALARM_RATES, NOMINAL, false_alarm_rate
from alliance_api.domain.zones import Zones, zones
from tests.ground.known import vector

pytestmark = pytest.mark.ground

START = datetime(2025, 1, 6, 10, tzinfo=UTC)
STEADY = [3.9, 4.0, 4.1, 4.0, 4.2, 4.1, 4.2, 4.1]

ratings = st.lists(st.integers(10, 50).map(lambda n: n / 10), min_size=6, max_size=20)


def _limits(values: list[float], form: RangeForm = RangeForm.MEAN) -> Limits:
    found = limits(values, form=form)
    assert found is not None
    return found


def _agrees(found: Limits, expected: dict[str, float]) -> None:
    assert found.mean == pytest.approx(expected["mean"], abs=1e-6)
    assert found.range == pytest.approx(expected["MRbar"], abs=1e-6)
    assert found.sigma == pytest.approx(expected["sigma_hat"], abs=1e-6)
    assert found.upper == pytest.approx(expected["UCL"], abs=1e-5)
    assert found.lower == pytest.approx(expected["LCL"], abs=1e-5)
    assert found.range_upper == pytest.approx(expected["MR_UCL"], abs=1e-4)
    assert found.mean + 2.66 * found.range == pytest.approx(expected["UCL_2.66"], abs=1e-6)
    assert found.mean - 2.66 * found.range == pytest.approx(expected["LCL_2.66"], abs=1e-6)


def test_the_individuals_chart_of_the_nist_handbook() -> None:
    row = vector("charts", "SP01")

    assert moving_ranges(row["inputs"]["x"]) == row["expected"]["MR"]
    _agrees(_limits(row["inputs"]["x"]), row["expected"])


def test_the_alliance_series_with_limits_frozen_on_seven_sessions() -> None:
    row = vector("charts", "SP05")
    x, expected = row["inputs"]["x"], row["expected"]
    found = chart(x, baseline=row["inputs"]["baseline_n"])

    assert found.limits is not None
    _agrees(found.limits, expected)
    assert [i + 1 for i in found.below] == expected["below_LCL"]
    assert found.standing is Standing.PROVISIONAL
    assert found.false_alarm_rate == 0.022
    _agrees(_limits(x), expected["all_points"])
    below_all = [i + 1 for i, value in enumerate(x) if value < _limits(x).lower]
    assert below_all == expected["all_points_below_LCL"]


def test_a_constant_series_collapses_and_has_no_chart() -> None:
    row = vector("charts", "SP07")
    _agrees(_limits(row["inputs"]["x"]), row["expected"])

    assert chart([40.0] * 8, maximum=40).reason is NoChart.CEILING
    assert chart([40.0] * 8 + [20.0], maximum=40).below == ()
    assert chart([30.0] * 8, maximum=40).reason is NoChart.NO_VARIATION
    assert chart([40.0] * 8).reason is NoChart.NO_VARIATION
    # Three tenths, once as written and once as floating point adds them up.
    assert chart([0.3, 0.1 + 0.2] * 4, maximum=1).reason is NoChart.NO_VARIATION


def test_one_point_has_no_chart_at_all() -> None:
    assert limits([]) is None
    assert limits([4.0]) is None


@pytest.mark.parametrize(
    ("n", "standing"),
    [
        (4, None),
        (5, Standing.PROVISIONAL),
        (7, Standing.PROVISIONAL),
        (8, Standing.FULL),
        (20, Standing.FULL),
    ],
)
def test_a_baseline_is_provisional_below_eight_and_none_below_five(
    n: int, standing: Standing | None
) -> None:
    found = chart([4.0, 4.1] * 10 if n == 20 else ([4.0, 4.1] * 4)[:n])

    assert found.standing is standing
    assert (found.limits is None) == (standing is None)
    assert found.reason is (NoChart.TOO_FEW_SESSIONS if standing is None else None)
    assert found.limits is None or found.limits.n == min(n, 8)


def test_a_shorter_baseline_than_five_cannot_be_asked_for() -> None:
    assert chart(STEADY, baseline=5).limits is not None
    with pytest.raises(ValueError, match="at least 5"):
        chart(STEADY, baseline=4)


def test_the_tested_point_is_not_part_of_its_own_baseline() -> None:
    values = [*STEADY[:5], 3.0]
    before = limits_before(5, values)

    assert before == limits(STEADY[:5])
    assert chart(values).below == (5,)
    # With the point in its own baseline the limits would have swallowed it.
    assert values[5] > _limits(values).lower


def test_exactly_at_the_lower_limit_is_not_below_it() -> None:
    found = limits_before(5, [3.0, 5.256, 3.0, 5.256, 3.0])

    assert isinstance(found, Limits)
    assert not is_below(found.lower, found)
    assert not is_below(found.lower - NOISE, found)
    assert is_below(found.lower - 1e-6, found)


def test_the_first_five_points_are_never_judged() -> None:
    assert chart([4.0, 4.1, 4.0, 4.1, 1.0, 4.0, 4.1, 4.0]).below == ()


@given(ratings, st.integers(-20, 20))
def test_adding_a_constant_moves_the_limits_by_it(values: list[float], points: int) -> None:
    here, there = chart(values), chart([value + points for value in values])

    assert there.below == here.below
    assert there.reason is here.reason
    if here.limits is not None and there.limits is not None:
        assert there.limits.lower == pytest.approx(here.limits.lower + points)
        assert there.limits.sigma == pytest.approx(here.limits.sigma)


@given(ratings)
def test_no_alarm_looks_up(values: list[float]) -> None:
    found = chart(values)

    assert all(values[i] < max(values[:i]) for i in found.below)
    assert chart([*values, 1000.0]).below == found.below


@given(ratings, ratings)
def test_later_sessions_change_no_verdict(values: list[float], later: list[float]) -> None:
    found = [i for i in chart([*values, *later]).below if i < len(values)]
    reason = chart(values).reason

    assert reason is not None or tuple(found) == chart(values).below


def test_a_long_gap_breaks_the_moving_ranges() -> None:
    at = [START + timedelta(weeks=n) for n in (0, 1, 2, 3, 6, 7)]
    values = [4.0, 4.1, 4.0, 4.1, 2.0, 2.1]

    # Exactly three times the median interval is not more than it.
    assert moving_ranges(values, at) == [0.1, 0.1, 0.1, 2.1, 0.1]
    later = [*at[:4], at[4] + timedelta(minutes=1), at[5]]
    assert moving_ranges(values, later) == [0.1, 0.1, 0.1, 0.1]
    assert moving_ranges([4.0], [START]) == []
    with pytest.raises(ValueError, match="its instant"):
        moving_ranges(values, at[:3])


def test_the_chart_minds_the_gaps() -> None:
    at = [START + timedelta(weeks=n) for n in (0, 1, 2, 3, 20, 21, 22, 23, 24)]
    values = [4.0, 4.1, 4.0, 4.1, 3.0, 3.1, 3.0, 3.1, 3.0]
    with_gaps, without = chart(values, at).limits, chart(values).limits

    assert with_gaps is not None
    assert without is not None
    assert with_gaps.range == pytest.approx(0.1)
    assert with_gaps.ranges == 6
    assert without.range == pytest.approx(1.7 / 7)


def test_the_median_form_bears_with_an_outlier() -> None:
    values = [4.0, 4.1, 4.0, 4.2, 4.0, 4.1]
    found = _limits(values, RangeForm.MEDIAN)

    assert found.range == pytest.approx(0.1)
    assert found.sigma == pytest.approx(0.1 / 0.954)
    assert _limits(values).sigma == pytest.approx(0.14 / 1.128)
    assert chart(values, form=RangeForm.MEDIAN).limits == found


def test_the_limits_before_a_session_take_the_charts_settings() -> None:
    at = [START + timedelta(weeks=n) for n in (0, 1, 2, 3, 20, 21, 22, 23)]
    found = limits_before(8, STEADY, at, baseline=6, form=RangeForm.MEDIAN)

    assert found == limits(STEADY[:6], at[:6], RangeForm.MEDIAN)
    assert found not in {limits(STEADY[:6]), limits(STEADY[:6], at[:6]), limits(STEADY, at)}


@pytest.mark.parametrize(
    ("baseline", "rate"), [(2, None), (3, 0.055), (5, 0.028), (7, 0.022), (8, 0.015), (99, 0.0038)]
)
def test_the_false_alarm_rate_is_tabulated(baseline: int, rate: float | None) -> None:
    assert false_alarm_rate(baseline) == rate


def test_longer_baselines_have_fewer_false_alarms() -> None:
    rates = list(FALSE_ALARM_RATES.values())

    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > NOMINAL


@pytest.mark.parametrize("how", ["asymptotic", "exact_time_varying"])
def test_the_ewma_of_the_nist_handbook(how: str) -> None:
    row = vector("charts", "SP03")
    given_, expected = row["inputs"], row["expected"][how]
    found = ewma(
        given_["x"],
        given_["mu0"],
        given_["sigma"],
        weight=given_["lambda"],
        width=given_["L"],
        asymptotic=how == "asymptotic",
    )

    assert found.smoothed == pytest.approx(expected["z"], abs=1e-6)
    assert (found.lower[-1], found.upper[-1]) == pytest.approx(expected["limits_last"], abs=1e-5)
    assert (found.lower[0], found.upper[0]) == pytest.approx(expected["limits_first"], abs=1e-5)
    assert list(found.below) == expected["signal_at"]


def test_the_ewma_sees_a_slow_fall_and_no_rise() -> None:
    assert ewma([4, 3.8, 3.6, 3.4, 3.2], 4, 0.2).below == (3, 4)
    assert ewma([4, 4.2, 4.4, 4.6, 4.8], 4, 0.2).below == ()
    # A spread that is nothing but noise raises no alarm, and one exactly at its limit neither.
    assert ewma([3.0], 4, 0).below == ewma([3.0], 4, NOISE).below == ()
    assert ewma([3.0], 4, 1, width=1, weight=1).below == ()
    assert ewma([1.0], 4, 0.2, width=1, weight=1).below == (0,)
    assert ewma([4.0], 4, 1).lower == pytest.approx([4 - 3 * 0.3])
    for weight, width, sigma in [(0, 3, 1), (1.1, 3, 1), (0.3, 0, 1), (0.3, 3, -1)]:
        with pytest.raises(ValueError, match="weight must"):
            ewma([1.0], 1, sigma, weight=weight, width=width)


def test_the_cusum_sees_a_slow_fall_and_no_rise() -> None:
    found = cusum([325, 324, 320, 320], 325, 1)

    assert list(found.low) == [0, 0.5, 5, 9.5]
    assert list(found.below) == [3]  # a sum of exactly 5 sigma is not beyond
    assert set(found.high) == {0}
    rising = cusum([326, 330], 325, 1)
    assert list(rising.high) == [0.5, 5]
    assert rising.below == ()
    assert cusum([4.0], 10, 1).below == (0,)
    assert cusum([4.0], 10, 2).below == ()
    assert cusum([1.0, 0.0], 2, 0).below == cusum([1.0, 0.0], 2, NOISE).below == ()
    for sigma, slack, decision in [(-1, 0.5, 5), (1, -0.5, 5), (1, 0.5, -5)]:
        with pytest.raises(ValueError, match="not be below 0"):
            cusum([1.0], 1, sigma, slack=slack, decision=decision)
    assert cusum([1.0], 1, 1, slack=0, decision=0).below == ()


def test_the_zone_rules() -> None:
    row = vector("charts", "SP06")
    found = zones(row["inputs"]["x"], row["inputs"]["mean"], row["inputs"]["sigma"])

    assert [i + 1 for i in found.one_beyond_three] == row["expected"]["1_beyond_3s"]
    assert [i + 1 for i in found.two_of_three_beyond_two] == row["expected"]["2of3_beyond_2s"]
    assert [i + 1 for i in found.four_of_five_beyond_one] == row["expected"]["4of5_beyond_1s"]
    assert [i + 1 for i in found.eight_below] == row["expected"]["8_one_side"]


def test_zones_are_strict_and_low() -> None:
    assert zones([44.0, 43.9, 60.0], 50, 2).one_beyond_three == (1,)
    assert zones([47.9, 47.9, 51, 47.9, 47.9], 50, 2).four_of_five_beyond_one == (4,)
    assert zones([60.0] * 9, 50, 2).eight_below == ()
    assert zones([45.9, 45.9, 51, 45.9], 50, 2).two_of_three_beyond_two == (1, 3)
    assert zones([45.9, 51, 51, 45.9], 50, 2).two_of_three_beyond_two == ()
    assert zones([47.9, 47.9, 51, 51, 47.9, 47.9], 50, 2).four_of_five_beyond_one == ()
    assert zones([1.0] * 9, 50, 0) == zones([1.0] * 9, 50, NOISE) == Zones((), (), (), ())
    assert math.isclose(zones([1.0], 50, 1).one_beyond_three[0], 0)
