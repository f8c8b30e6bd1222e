from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.exact import difference, exact, total

pytestmark = pytest.mark.ground

# What people write: up to two decimals.
written = st.integers(-10_000, 10_000).map(lambda hundredths: hundredths / 100)
whole = st.integers(-(2**60), 2**60)


def test_a_number_is_the_one_that_was_written() -> None:
    assert exact(7.3) == Fraction(73, 10)
    assert exact(2**53 + 1) == 2**53 + 1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(3.9, 4.1, 0.2), (0.1, 0.3, 0.2), (1.1, 3, 1.9), (3, 1.1, -1.9), (2.5, 4.5, 2.0), (5, 2, -3)],
)
def test_a_difference_gathers_no_noise(before: float, after: float, expected: float) -> None:
    assert difference(before, after) == expected


def test_whole_numbers_that_a_float_cannot_hold_are_subtracted_exactly() -> None:
    assert difference(2**53 + 1, 2**53 + 3) == 2
    assert difference(float(2**53), 2**53 + 1) == 1
    assert difference(2**53 + 1, float(2**53)) == -1


@given(written, written)
def test_a_difference_is_that_of_the_decimals(before: float, after: float) -> None:
    hundredths = round(after * 100) - round(before * 100)

    assert difference(before, after) == hundredths / 100
    assert difference(after, before) == -difference(before, after)


@given(st.lists(written))
def test_a_total_is_that_of_the_decimals(values: list[float]) -> None:
    assert total(values) == Fraction(sum(round(value * 100) for value in values), 100)


@given(st.lists(whole))
def test_a_total_of_whole_numbers_is_whole(values: list[int]) -> None:
    found = total(values)

    assert found == sum(values)
    assert found.denominator == 1
    assert total([]) == 0


def test_what_is_no_number_has_neither_difference_nor_total() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"nan|inf"):
            difference(value, 1)
        with pytest.raises(ValueError, match=r"nan|inf"):
            total([value])
