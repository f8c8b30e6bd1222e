import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.grids import Grid

pytestmark = pytest.mark.ground

LINES = Grid(0, 40)  # twenty steps of two points
SHORT = Grid(1, 5)  # twelve steps of a third

grids = st.builds(
    lambda low, width, point: Grid(low, low + width, point),
    st.integers(-20, 20),
    st.integers(1, 120),
    st.sampled_from([0.1, 0.5, 1.0, 2.0]),
)


@pytest.mark.parametrize(
    ("grid", "steps", "value"),
    [
        (SHORT, 12, 1 / 6),
        (Grid(0, 24), 12, 1),
        (Grid(0, 25), 12, 1),
        (Grid(12, 38), 13, 1),
        (LINES, 20, 1),
        (Grid(0, 63), 31, 1),
        (Grid(0, 64), 32, 1),
        (Grid(0, 100), 32, 1),
        (Grid(0, 10, 0.5), 12, 10 / 24),
        (Grid(0, 12, 0.1), 32, 0.1),
    ],
)
def test_a_step_is_two_points_but_a_range_has_twelve_to_thirty_two(
    grid: Grid, steps: int, value: float
) -> None:
    assert grid.steps == steps
    assert grid.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("mean", "place"),
    [
        (0, (0, 3)),
        (2.9, (0, 3)),
        (3, (3, 5)),
        (4.9, (3, 5)),
        (20, (19, 21)),
        (36.9, (35, 37)),
        (37, (37, 40)),
        (40, (37, 40)),
    ],
)
def test_a_place_is_a_step_wide_and_half_as_much_again_at_the_ends(
    mean: float, place: tuple[float, float]
) -> None:
    assert LINES.place(mean) == pytest.approx(place)
    assert Grid(12, 52).place(mean + 12) == pytest.approx((place[0] + 12, place[1] + 12))


def test_steps_may_be_doubled_until_the_whole_range_is_one_place() -> None:
    assert LINES.place(20, doubled=1) == pytest.approx((18, 22))
    assert LINES.place(0, doubled=1) == pytest.approx((0, 6))
    assert LINES.place(20, doubled=2) == pytest.approx((20, 28))
    assert LINES.place(20, doubled=3) == (0, 40)
    # Three steps make two places with nothing between them.
    assert Grid(0, 24).place(11.9, doubled=2) == pytest.approx((0, 12))
    assert Grid(0, 24).place(12, doubled=2) == pytest.approx((12, 24))
    assert Grid(0, 24).place(12, doubled=3) == (0, 24)


def test_a_mean_outside_the_range_has_no_place_but_rounding_is_forgiven() -> None:
    for beyond in (-0.1, 40.1):
        with pytest.raises(ValueError, match="outside"):
            LINES.place(beyond)
    assert LINES.place(40 + 1e-9) == LINES.place(40)
    assert LINES.place(-1e-9) == LINES.place(0)


@pytest.mark.parametrize(
    ("sd", "told"), [(0, 4), (4, 4), (4.1, 6), (6, 6), (6.1, 8), (14.9, 16), (20, 20)]
)
def test_a_spread_is_told_in_twentieths_rounded_up_and_never_as_fewer_than_two(
    sd: float, told: float
) -> None:
    assert LINES.spread(sd) == pytest.approx(told)
    assert Grid(10, 50).spread(sd) == pytest.approx(told)
    # Noise of floating point is no reason to tell more.
    assert LINES.spread(sd + 1e-12) == LINES.spread(sd)


@pytest.mark.parametrize(("minimum", "maximum", "point"), [(1, 1, 1), (2, 1, 1), (0, 1, 0)])
def test_a_grid_has_a_range_and_a_point(minimum: float, maximum: float, point: float) -> None:
    with pytest.raises(ValueError, match="minimum must"):
        Grid(minimum, maximum, point)


@given(grids, st.floats(0, 1), st.integers(0, 4))
def test_a_place_contains_its_mean_and_leaves_five_clients_ten_values(
    grid: Grid, share: float, doubled: int
) -> None:
    mean = grid.minimum + share * (grid.maximum - grid.minimum)
    low, high = grid.place(mean, doubled)

    assert grid.minimum <= low
    assert high <= grid.maximum
    assert low - 1e-9 <= mean <= high + 1e-9
    assert 5 * (high - low) >= 10 * grid.value - 1e-9
    wider = grid.place(mean, doubled + 1)
    assert wider[1] - wider[0] >= high - low - 1e-9


@given(grids)
def test_places_follow_each_other_over_the_whole_range(grid: Grid) -> None:
    low, high = grid.place(grid.minimum)
    places = 1

    assert low == grid.minimum
    while high < grid.maximum:
        next_low, high = grid.place(high + 1e-9)
        assert next_low == pytest.approx(grid.place(next_low + 1e-9)[0])
        places += 1
    assert places == grid.steps - 1
