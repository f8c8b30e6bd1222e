from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alliance_api.domain.coarse_means import Known, Place, Told, added, blocks, means, told
from alliance_api.domain.grids import Grid
from alliance_api.domain.suppression import Cell, Readers, release

pytestmark = pytest.mark.ground

PHQ, WAI, BOND, RATE = Grid(0, 27), Grid(12, 60), Grid(4, 20), Grid(0, 1, 0.01)
GRIDS = (PHQ, WAI, BOND, RATE, Grid(0, 4), Grid(36, 252))
grids = st.sampled_from(GRIDS)
shares = st.floats(0, 1)


def at(grid: Grid, share: float) -> float:
    return grid.minimum + share * (grid.maximum - grid.minimum)


# --- Places ---------------------------------------------------------------------------------


def test_a_place_is_two_points_wide_and_three_at_the_ends() -> None:
    assert WAI.steps == 24
    assert WAI.place(40.0) == (39, 41)
    assert WAI.place(60) == (57, 60)
    assert WAI.place(12) == (12, 15)
    assert (BOND.steps, RATE.steps, Grid(36, 252).steps) == (12, 32, 32)


def test_a_limit_belongs_to_the_upper_place() -> None:
    assert WAI.place(41.0) == (41, 43)
    assert WAI.place(40.999) == (39, 41)


def test_steps_may_be_doubled_until_nothing_is_told() -> None:
    assert WAI.place(40, 1) == (38, 42)
    assert WAI.place(40, 4) == (12, 60)
    assert WAI.place(40, 9) == (12, 60)


@pytest.mark.parametrize("mean", [11.9, 60.1, float("nan")])
def test_a_mean_outside_the_range_has_no_place(mean: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        WAI.place(mean)


@pytest.mark.parametrize(("low", "high", "point"), [(5, 5, 1), (6, 5, 1), (0, 5, 0)])
def test_a_grid_needs_a_range(low: float, high: float, point: float) -> None:
    with pytest.raises(ValueError, match="minimum"):
        Grid(low, high, point)


def test_a_spread_is_told_in_twentieths_and_never_as_none() -> None:
    assert WAI.spread(0) == pytest.approx(4.8)
    assert WAI.spread(9.5) == pytest.approx(9.6)
    assert WAI.spread(9.7) == pytest.approx(12)


@given(grids, shares, st.integers(0, 3))
def test_a_mean_lies_in_its_place_and_the_place_within_the_range(
    grid: Grid, share: float, doubled: int
) -> None:
    mean = at(grid, share)
    low, high = grid.place(mean, doubled)

    assert grid.minimum <= low < high <= grid.maximum
    assert low - 1e-9 <= mean <= high + 1e-9


@given(grids, st.lists(shares, min_size=5, max_size=9))
def test_five_clients_can_still_have_ten_values_and_so_can_each(
    grid: Grid, found: list[float]
) -> None:
    values = [at(grid, share) for share in found]
    n, (low, high) = len(values), grid.place(sum(values) / len(values))
    one = min(grid.maximum, n * high - (n - 1) * grid.minimum) - max(
        grid.minimum, n * low - (n - 1) * grid.maximum
    )

    assert n * (high - low) >= 10 * grid.value - 1e-9
    assert one >= 10 * grid.value - 1e-9


# --- Blocks ---------------------------------------------------------------------------------


def treated(*sizes: int) -> dict[int, Place]:
    """Return so many clients of each therapist, numbered on."""
    names = [name for name, size in zip("abcdef", sizes, strict=False) for _ in range(size)]
    return {client: Place("north", name) for client, name in enumerate(names)}


def test_each_therapist_is_a_block_and_those_with_few_are_one_together() -> None:
    places = treated(6, 3, 5, 2)

    assert {len(block) for block in blocks(frozenset(places), places)} == {6, 5}
    assert frozenset({6, 7, 8, 14, 15}) in blocks(frozenset(places), places)


def test_too_few_to_be_a_block_join_the_smallest() -> None:
    places = treated(7, 3, 6)

    assert sorted(map(len, blocks(frozenset(places), places))) == [7, 9]


def test_values_that_no_therapist_knows_are_in_no_therapists_block() -> None:
    places = {**treated(6), **{client: Place("north", None) for client in range(10, 15)}}

    assert frozenset(range(10, 15)) in blocks(frozenset(places), places)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(lambda sizes: sum(sizes) >= 5))
def test_blocks_are_of_five_or_more_and_nobody_is_left_out(sizes: list[int]) -> None:
    places = treated(*sizes)
    found = blocks(frozenset(places), places)

    assert all(len(block) >= 5 for block in found)
    assert sorted(client for block in found for client in block) == sorted(places)  # type: ignore[type-var]


# --- What is told ---------------------------------------------------------------------------


def test_the_mean_of_a_part_is_that_of_its_blocks_places() -> None:
    places = treated(5, 5)
    values = dict.fromkeys(range(5), 60.0) | dict.fromkeys(range(5, 10), 40.0)
    found = release([Cell("all", frozenset(places))], Readers())
    made = means(values, WAI, found, Known(places))

    assert made.told == [(58.5 + 40) / 2]
    assert made.steps == [2.5]


def test_a_scale_that_adds_others_up_tells_their_sum() -> None:
    places = treated(5)
    found = release([Cell("all", frozenset(places))], Readers())
    each = [means(dict.fromkeys(places, x), BOND, found, Known(places)) for x in (10.0, 12.1, 20)]
    made = added(each)

    assert made.told == [sum(one.told[0] for one in each)]
    assert made.values == dict.fromkeys(places, 42.1)
    assert (made.grid.minimum, made.grid.maximum) == (12, 60)
    assert made.steps == [sum(one.steps[0] for one in each)]


def test_a_sum_of_scales_keeps_what_a_point_is() -> None:
    places = treated(5)
    found = release([Cell("all", frozenset(places))], Readers())
    halves = [means(dict.fromkeys(places, 5.0), Grid(0, 9, 0.5), found, Known(places))] * 2

    assert added(halves).grid == Grid(0, 18, 0.5)


def test_a_place_is_widened_for_a_reader_who_knows_some_of_a_block() -> None:
    places = treated(11)
    # Six are known to be low; the others, all at the end, would be found out.
    values = dict.fromkeys(range(6), 12.0) | dict.fromkeys(range(6, 11), 60.0)
    view = frozenset(range(6))
    [plain] = told(values, frozenset(places), WAI, Known(places))
    [wide] = told(values, frozenset(places), WAI, Known(places, (view,)))

    assert plain.high - plain.low == 2
    assert wide.high - wide.low > 2
    assert 11 * wide.low - 6 * 12 <= 5 * 60 - 10


# The ends are where somebody could be found out.
tight = st.sampled_from([0.0, 0.01, 0.99, 1.0]) | shares
drawn_cases = (
    grids,
    st.lists(tight, min_size=10, max_size=14),
    st.integers(1, 9),
    st.lists(st.integers(0, 8), min_size=2, max_size=3),
)


def a_part(
    grid: Grid, drawn: list[float], sizes: list[int]
) -> tuple[dict[int, float], dict[int, Place]]:
    """Return clients of so many therapists with values."""
    names = [name for name, size in zip("abc", sizes, strict=False) for _ in range(size)]
    names += "z" * len(drawn)
    places = {client: Place("north", names[client]) for client in range(len(drawn))}
    return {client: at(grid, share) for client, share in enumerate(drawn)}, places


def room(
    made: list[Told], view: frozenset[int], values: dict[int, float], grid: Grid
) -> tuple[float, float]:
    """Return how wide the sum of those whom a reader does not know may be, and one of them."""
    rest = [each for each in made if not each.clients <= view]
    everybody = frozenset[object]().union(*(each.clients for each in rest))
    n = len(everybody - view)
    if not n or not everybody & view:
        return float("inf"), float("inf")
    sure = sum(x for client, x in values.items() if client in everybody & view)
    low = max(n * grid.minimum, sum(len(e.clients) * e.low for e in rest) - sure)
    high = min(n * grid.maximum, sum(len(e.clients) * e.high for e in rest) - sure)
    one = min(grid.maximum, high - (n - 1) * grid.minimum) - max(
        grid.minimum, low - (n - 1) * grid.maximum
    )
    return high - low, one


@given(*drawn_cases)
def test_whoever_knows_some_clients_cannot_narrow_the_others(
    grid: Grid, drawn: list[float], known: int, sizes: list[int]
) -> None:
    values, places = a_part(grid, drawn, sizes)
    view = frozenset(range(known))
    made = told(values, frozenset(values), grid, Known(places, (view,)))

    assert min(room(made, view, values, grid)) >= 10 * grid.value - 1e-6


@given(*drawn_cases)
def test_nothing_is_widened_for_whoever_cannot_narrow_the_others(
    grid: Grid, drawn: list[float], known: int, sizes: list[int]
) -> None:
    values, places = a_part(grid, drawn, sizes)
    view, everybody = frozenset(range(known)), frozenset(values)
    plain = told(values, everybody, grid, Known(places))
    enough = min(room(plain, view, values, grid)) >= 10 * grid.value + 1e-6

    if enough:
        assert told(values, everybody, grid, Known(places, (view,))) == plain
    else:
        assume(min(room(plain, view, values, grid)) < 10 * grid.value - 1e-6)
        assert told(values, everybody, grid, Known(places, (view,))) != plain


def test_a_block_whose_clients_a_reader_knows_all_is_told_as_it_would_be() -> None:
    places = treated(5, 7)
    # The first five are all known, of the others two are, which are low; the rest is at the end.
    values = {client: 30.0 if client < 5 else 12.0 if client < 7 else 60.0 for client in places}
    view = frozenset(range(7))
    plain = told(values, frozenset(places), WAI, Known(places))
    made = told(values, frozenset(places), WAI, Known(places, (view,)))

    known = frozenset(range(5))
    assert [each for each in made if each.clients == known] == [
        each for each in plain if each.clients == known
    ]
    assert made != plain
