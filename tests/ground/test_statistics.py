import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.statistics import MINIMUM_N, Rate, median, variation, wilson

pytestmark = pytest.mark.ground


def test_wilson_reproduces_published_intervals() -> None:
    # Newcombe 1998, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_no_observations_have_no_interval_and_impossible_counts_are_refused() -> None:
    assert wilson(0, 0) is None
    for successes, n in [(1, 0), (-1, 5), (6, 5)]:
        with pytest.raises(ValueError, match="between"):
            wilson(successes, n)


counts = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_the_interval_contains_the_proportion_and_lies_within_zero_and_one(
    count: tuple[int, int],
) -> None:
    successes, n = count
    interval = wilson(successes, n)

    assert interval is not None
    low, high = interval
    assert 0 <= low <= successes / n <= high <= 1
    assert low < high


def test_the_median_is_the_middle_and_nothing_has_none() -> None:
    assert median([16, 2, 5]) == 5
    assert median([1, 2, 3, 10]) == 2.5
    assert median([]) is None


def test_variation_needs_two_values_and_a_mean() -> None:
    assert variation([6, 8]) == pytest.approx(2**0.5 / 7)
    assert variation([7]) is None
    assert variation([-1, 1]) is None


def test_a_rate_is_silent_below_the_minimum() -> None:
    assert (Rate(4, MINIMUM_N - 1).value, Rate(4, MINIMUM_N - 1).interval) == (None, None)
    assert Rate(4, MINIMUM_N).value == 0.8
    assert Rate(4, MINIMUM_N).interval == wilson(4, 5)
    assert Rate(0, MINIMUM_N).value == 0
