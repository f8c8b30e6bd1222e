import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.agreement import LEAST_DYADS, MOST_AGREEMENT, agreement
from alliance_api.domain.icc import icc

pytestmark = pytest.mark.ground

# Twenty-two dyads; therapists see three in a row higher than the client does, and three lower.
DYADS = [(float(n % 5), n % 5 + (1.5 if n % 6 < 3 else -0.75)) for n in range(22)]
ratings = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=LEAST_DYADS, max_size=40
)


def test_agreement_is_told_in_twentieths_and_its_ends_lie_further_out() -> None:
    exact = icc(DYADS)
    same, order = agreement(DYADS, absolute=True), agreement(DYADS, absolute=False)

    assert exact is not None
    assert same is not None
    assert order is not None
    assert (exact.absolute.value, exact.consistency.value) == pytest.approx(
        (0.7644, 0.7854), abs=1e-4
    )
    assert exact.absolute.interval == pytest.approx((0.5058, 0.8958), abs=1e-4)
    assert exact.consistency.interval == pytest.approx((0.5509, 0.9049), abs=1e-4)
    assert (same.value, order.value) == (0.75, 0.8)
    assert same.interval == pytest.approx((0.5, 0.9))
    assert order.interval == pytest.approx((0.55, 0.95))
    # Of clients the number is told in fives.
    assert same.n == order.n == 20


def test_a_constant_difference_counts_only_where_forms_are_the_same() -> None:
    apart = [(client, therapist + 5) for client, therapist in DYADS]
    same, order = agreement(apart, absolute=True), agreement(apart, absolute=False)

    assert same is not None
    assert order is not None
    assert same.value < order.value == 0.8


def test_too_few_dyads_or_none_that_differ_tell_nothing() -> None:
    assert agreement(DYADS[: LEAST_DYADS - 1], absolute=True) is None
    assert agreement(DYADS[:LEAST_DYADS], absolute=True) is not None
    assert agreement([(4.0, 4.0)] * LEAST_DYADS, absolute=True) is None


def test_perfect_agreement_is_told_as_no_more_than_nine_tenths() -> None:
    up = [(float(n), float(n)) for n in range(20)]
    down = [(float(n), 19.0 - n) for n in range(20)]

    for absolute in (True, False):
        told = agreement(up, absolute=absolute)
        assert told is not None
        assert (told.value, told.interval, told.n) == (MOST_AGREEMENT, None, 20)
    against = agreement(down, absolute=False)
    assert against is not None
    assert against.value == -MOST_AGREEMENT


# Twice hundreds of quantiles an example: of all ground tests it alone would take more than the others.
@pytest.mark.slow
@given(ratings, st.booleans())
def test_what_is_told_contains_the_truth_and_is_coarse(
    dyads: list[tuple[int, int]], absolute: bool
) -> None:
    told, exact = agreement(dyads, absolute=absolute), icc(dyads)

    if told is None or exact is None:
        assert told is None
        assert exact is None
        return
    truth = exact.absolute if absolute else exact.consistency
    assert abs(told.value) <= MOST_AGREEMENT
    assert abs(told.value - min(max(truth.value, -0.9), 0.9)) <= 0.025 + 1e-9
    assert told.value * 20 == pytest.approx(round(told.value * 20))
    assert told.n % 5 == 0
    assert 0 <= len(dyads) - told.n < 5
    if told.interval is not None and truth.interval is not None:
        low, high = told.interval
        assert -1 <= low <= told.value <= high <= 1
        assert low <= max(truth.interval[0], -1) + 1e-9
        assert high >= min(truth.interval[1], 1) - 1e-9
        assert max(truth.interval[0], -1) - low <= 0.05 + 1e-9 or low == told.value
        assert high - min(truth.interval[1], 1) <= 0.05 + 1e-9 or high == told.value
