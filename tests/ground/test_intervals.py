import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.intervals import correlation_estimate, mean_estimate, slope_estimate
from alliance_api.domain.quantiles import beta_cdf, f_quantile, t_quantile

pytestmark = pytest.mark.ground


@pytest.mark.parametrize(
    ("df", "expected"), [(1, 12.7062), (2, 4.30265), (7, 2.36462), (30, 2.04227), (10_000, 1.9602)]
)
def test_t_quantiles_are_those_of_the_tables(df: float, expected: float) -> None:
    assert t_quantile(0.975, df) == pytest.approx(expected, abs=5e-5)
    assert t_quantile(0.025, df) == pytest.approx(-expected, abs=5e-5)


@pytest.mark.parametrize(
    ("p", "df1", "df2", "expected"),
    [(0.975, 5, 15, 3.5764), (0.95, 5, 18, 2.7729), (0.95, 1, 1, 161.45)],
)
def test_f_quantiles_are_those_of_the_tables(
    p: float, df1: float, df2: float, expected: float
) -> None:
    assert f_quantile(p, df1, df2) == pytest.approx(expected, rel=5e-5)
    assert f_quantile(1 - p, df2, df1) == pytest.approx(1 / expected, rel=5e-5)


def test_impossible_quantiles_are_refused() -> None:
    for p, df in [(0, 1), (1, 1), (0.5, 0)]:
        with pytest.raises(ValueError, match="between 0 and 1"):
            t_quantile(p, df)
        with pytest.raises(ValueError, match="between 0 and 1"):
            f_quantile(p, df, 1)
        with pytest.raises(ValueError, match="between 0 and 1"):
            f_quantile(p, 1, df)
    assert [beta_cdf(x, 2, 2) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]
    assert beta_cdf(0.5, 2, 2) == pytest.approx(0.5)
    assert t_quantile(0.5, 3) == pytest.approx(0, abs=1e-12)


def test_the_mean_of_two_may_have_an_interval_beyond_the_scale() -> None:
    found = mean_estimate([3.0, 4.0])

    assert found is not None
    assert (found.value, found.n) == (3.5, 2)
    assert found.interval == pytest.approx((3.5 - 6.3531, 3.5 + 6.3531), abs=1e-4)


def test_one_observation_has_no_interval_and_none_no_mean() -> None:
    assert mean_estimate([]) is None
    one = mean_estimate([3.0])
    assert one is not None
    assert (one.value, one.n, one.interval) == (3.0, 1, None)


def test_a_correlation_has_fishers_interval() -> None:
    x, y = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 1, 4, 3, 6, 5, 8, 7, 10, 9]
    found = correlation_estimate(x, y)

    assert found is not None
    assert found.n == 10
    assert found.value == pytest.approx(0.939394, abs=1e-6)
    assert found.interval == pytest.approx((0.75824, 0.98590), abs=1e-5)


def test_too_few_or_constant_pairs_have_no_correlation() -> None:
    assert correlation_estimate([1, 2], [1, 2]) is None
    assert correlation_estimate([1, 1, 1], [1, 2, 3]) is None
    assert correlation_estimate([1, 2, 3], [0.1, 0.1, 0.1]) is None
    three = correlation_estimate([1, 2, 4], [1, 3, 2])
    assert three is not None
    assert (three.n, three.interval) == (3, None)
    perfect = correlation_estimate([1, 2, 3, 4], [2, 4, 6, 8])
    assert perfect is not None
    assert perfect.value == pytest.approx(1)
    assert perfect.interval is None
    with pytest.raises(ValueError, match="its y"):
        correlation_estimate([1, 2, 3], [1, 2])


def test_a_correlation_never_exceeds_one() -> None:
    # Floating point makes this slope times this ratio of spreads 1.0000000000000002.
    x = [2.7, 4.3, 1.2]
    up = correlation_estimate(x, [1.2 * each for each in x])
    down = correlation_estimate(x, [-1.2 * each for each in x])

    assert up is not None
    assert down is not None
    assert (up.value, down.value) == (1, -1)


def test_a_slope_has_a_t_interval() -> None:
    found = slope_estimate([1, 2, 3, 4], [1, 3, 2, 4])

    assert found is not None
    assert found.value == pytest.approx(0.8)
    # residual variance 0.9, t(2) = 4.3027, sum of squares 5
    assert found.interval == pytest.approx((0.8 - 1.8255, 0.8 + 1.8255), abs=1e-3)
    assert slope_estimate([1, 2], [1, 2]) is None


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_an_interval_contains_its_estimate(values: list[float]) -> None:
    found = mean_estimate(values)

    assert found is not None
    assert found.interval is not None
    assert found.interval[0] <= found.value <= found.interval[1]
