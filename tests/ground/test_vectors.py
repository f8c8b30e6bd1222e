"""Every figure of every worked example of the fact sheet comes out, and the variants beside them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.change import Direction
from alliance_api.domain.change_variants import (
    EDWARDS_NUNNALLY,
    GULLIKSEN_LORD_NOVICK,
    Population,
    edwards_nunnally,
    gulliksen_lord_novick,
    interval,
)
from alliance_api.domain.reminder_effect import expected_effect, reminder_effect
from tests.ground.known import VECTORS
from tests.ground.reproductions import REPRODUCTIONS, _leaves, reproduce

pytestmark = pytest.mark.ground

ROWS: dict[str, dict[str, Any]] = {
    row["id"]: row
    for path in sorted(VECTORS.glob("*.json"))
    for row in json.loads(path.read_text(encoding="utf-8"))
}
# The example of Jacobson & Truax 1991, CH01.
CLINIC = Population(40, 7.5, 0.8)


@pytest.mark.parametrize("row_id", ROWS)
def test_every_figure_comes_out(row_id: str) -> None:
    found = reproduce(ROWS[row_id])

    assert found.figures
    assert found.differences == ()


def test_there_is_a_reproduction_for_each_and_no_other() -> None:
    assert set(REPRODUCTIONS) == set(ROWS)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1.0, 1.000002),
        (1.0, None),
        (None, 0.0),
        (True, 1),
        ("a", "b"),
        ([1, 2], [1]),
        ([1, 2], [1, 3]),
        ([], [1]),
        ([1], 1),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}),
        ({"a": 1}, None),
    ],
)
def test_a_difference_is_seen(expected: object, found: object) -> None:
    assert any(_leaves(expected, found, "row"))


def test_what_is_equal_is_counted_figure_by_figure() -> None:
    same = {"a": [1.000001, 2], "b": {"c": None, "d": True, "e": "x"}, "f": []}
    expected = {"a": [1.0, 2.0], "b": {"c": None, "d": True, "e": "x"}, "f": []}

    assert list(_leaves(expected, same, "row")) == [""] * 6


def test_gulliksen_lord_and_novick_expect_a_return_to_the_mean() -> None:
    found = gulliksen_lord_novick(32.5, 47.5, CLINIC)

    # 40 - 0.8 · 7.5 = 34 was to be expected, with an error of 7.5 · sqrt(1 - 0.64) = 4.5.
    assert (found.expected, found.direction) == (34, Direction.UP)
    assert found.index == pytest.approx(3)
    assert found.method == GULLIKSEN_LORD_NOVICK
    assert gulliksen_lord_novick(32.5, 42, CLINIC).direction is Direction.NONE
    assert gulliksen_lord_novick(32.5, 25, CLINIC).direction is Direction.DOWN


def test_edwards_and_nunnally_draw_an_interval_around_the_true_score() -> None:
    found = edwards_nunnally(32.5, 47.5, CLINIC)

    assert (found.expected, found.direction) == (34, Direction.UP)
    assert found.index == pytest.approx(13.5 / 3.354102, abs=1e-6)
    assert found.method == EDWARDS_NUNNALLY
    assert interval(34, CLINIC) == pytest.approx((27.291796, 40.708204), abs=1e-6)
    for after, direction in [(40.7, Direction.NONE), (40.8, Direction.UP), (27.2, Direction.DOWN)]:
        assert edwards_nunnally(32.5, after, CLINIC).direction is direction


@pytest.mark.parametrize(("sd", "reliability"), [(0, 0.8), (1, 1), (1, -0.1)])
def test_a_population_has_a_spread_and_an_error(sd: float, reliability: float) -> None:
    with pytest.raises(ValueError, match="sd must"):
        Population(40, sd, reliability)


def test_exactly_two_standard_errors_are_not_beyond() -> None:
    # Of an unreliable scale nothing but the mean is expected, with an error of its whole spread.
    narrow = Population(40, 0.5, 0)

    assert edwards_nunnally(30, 41, narrow).index == 2
    assert edwards_nunnally(30, 41, narrow).direction is Direction.NONE
    assert edwards_nunnally(30, 39, narrow).direction is Direction.NONE


@given(st.integers(0, 100), st.integers(0, 100))
def test_at_the_mean_both_variants_expect_no_change(after: int, mean: int) -> None:
    of = Population(mean, 7.5, 0.8)

    assert gulliksen_lord_novick(mean, after, of).expected == mean
    assert (edwards_nunnally(mean, after, of).index > 0) == (after > mean)


def test_reminders_that_do_not_help_have_no_number() -> None:
    assert reminder_effect(0.8, 0.8).number is None
    assert reminder_effect(0.8, 0.7).number is None
    assert reminder_effect(1, 1).missed_ratio is None
    assert reminder_effect(0.5, 0).ratio == 0
    # RR 1.14 is impossible where more than 87.7 % come anyway.
    assert expected_effect(0.95, 1.14) == reminder_effect(0.95, 1)
    for without, reminded in [(0, 0.5), (1.1, 1), (0.5, 1.1), (0.5, -0.1)]:
        with pytest.raises(ValueError, match="share of 0 to 1"):
            reminder_effect(without, reminded)
