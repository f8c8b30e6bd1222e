from __future__ import annotations

import math
import random
from dataclasses import replace
from statistics import fmean

import pytest

from alliance_api.domain.aggregates import (
    LEAST_GROUPS,
    Figure,
    Level,
    cells_of,
    figures,
    released,
)
from alliance_api.domain.agreement import LEAST_DYADS, agreement
from alliance_api.domain.coarse_means import Known, Place, means
from alliance_api.domain.composition import composition
from alliance_api.domain.grids import Grid
from alliance_api.domain.instruments import Scale
from alliance_api.domain.pooling import components, components_of
from alliance_api.domain.suppression import Readers, Reason
from alliance_api.instruments.loader import load_all

pytestmark = pytest.mark.ground

WAI = Grid(12, 60)
ALL = (Level.ORGANISATION, "clinic")


def treated(**sizes: int) -> dict[int, Place]:
    """Return so many clients of each therapist; the first letter is the team."""
    names = [name for name, size in sizes.items() for _ in range(size)]
    return {client: Place(name[0], name) for client, name in enumerate(names)}


def told(places: dict[int, Place], values: dict[int, float]) -> dict[object, Figure]:
    readers = Readers()
    found = released(places, "clinic", readers)
    return dict(figures(found, means(values, WAI, found, Known(places))))


def therapist(name: str) -> tuple[Level, str]:
    return Level.THERAPIST, name


FIVE = treated(a1=8, a2=9, a3=10, b1=11, b2=12)


def ordinary(places: dict[int, Place], seed: int = 1) -> dict[int, float]:
    rng = random.Random(seed)
    return {client: min(60, max(12, rng.gauss(45, 6))) for client in places}


# --- What may be shown ----------------------------------------------------------------------


def test_a_client_counts_in_the_whole_the_team_and_the_therapists_cell() -> None:
    keys = {cell.key for cell in cells_of(treated(a1=2, b1=1), "clinic")}

    assert keys == {
        ALL,
        (Level.TEAM, "a"),
        (Level.TEAM, "b"),
        therapist("a1"),
        therapist("b1"),
    }
    assert {c.key for c in cells_of({1: Place()}, "clinic")} == {ALL}


def test_five_therapists_are_shown_beside_each_other_and_four_are_not() -> None:
    assert LEAST_GROUPS == 5
    five = released(FIVE, "clinic", Readers())
    four = released(treated(a1=8, a2=9, b1=11, b2=12), "clinic", Readers())

    assert five.shown.keys() >= {therapist(name) for name in ("a1", "a2", "a3", "b1", "b2")}
    assert four.withheld[therapist("a1")] is Reason.TOO_FEW_GROUPS
    assert (Level.TEAM, "a") in four.shown


def test_a_team_of_one_therapist_is_not_a_way_round_it() -> None:
    found = released(treated(a1=8, b1=9, b2=9), "clinic", Readers())

    assert found.withheld[Level.TEAM, "a"] is Reason.COMPLEMENTARY
    assert found.withheld[Level.TEAM, "b"] is Reason.COMPLEMENTARY
    assert ALL in found.shown


# --- What is told ---------------------------------------------------------------------------


def test_numbers_are_told_in_fives_and_means_coarsely() -> None:
    values = ordinary(FIVE)
    found = told(FIVE, values)
    mine = [value for client, value in values.items() if FIVE[client].therapist == "b2"]
    figure = found[therapist("b2")]

    assert figure.n == 10
    assert figure.value is not None
    assert figure.value % 2 == 0
    assert figure.step == 2
    assert abs(figure.value - sum(mine) / 12) <= 1
    whole = found[ALL]
    assert whole.n == 50
    assert whole.value is not None
    assert abs(whole.value - sum(values.values()) / 50) <= 1


def test_everybody_at_the_highest_score_is_not_told_as_that() -> None:
    found = told(FIVE, dict.fromkeys(FIVE, 60.0))

    assert {figure.value for figure in found.values()} == {58.5}
    assert found[ALL].step == 3


def test_everything_follows_from_what_is_told() -> None:
    """Two sets of values with the same places and the same coarse SD give the same figures."""
    values = ordinary(FIVE)
    nudged = dict(values)
    first, second = [c for c in FIVE if FIVE[c].therapist == "a1"][:2]
    nudged[first], nudged[second] = values[first] + 0.01, values[second] - 0.01

    assert told(FIVE, values) == told(FIVE, nudged)


def test_pooling_states_its_components_and_the_funnel_its_limits() -> None:
    found = told(FIVE, ordinary(FIVE))
    figure = found[therapist("a1")]
    assert figure.components is not None
    assert figure.pooled is not None
    assert figure.weight is not None
    assert figure.funnel is not None
    assert figure.value is not None

    assert figure.components.groups == 5
    assert figure.components.n == 40
    assert 0 <= figure.weight < 1
    low, high = sorted((figure.value, figure.components.mean))
    assert low - 1e-9 <= figure.pooled.value <= high + 1e-9
    assert figure.unusual is False
    assert figure.funnel[0] < figure.components.mean < figure.funnel[1]
    assert found[ALL].pooled is None
    assert found[Level.TEAM, "a"].components is None


def test_a_therapist_far_outside_the_funnel_is_unusual() -> None:
    values = {c: x - 11 if FIVE[c].therapist == "b1" else x for c, x in ordinary(FIVE).items()}
    found = told(FIVE, values)

    assert [key for key, figure in found.items() if figure.unusual] == [therapist("b1")]


def test_too_few_clients_tell_no_spread() -> None:
    places = treated(a1=6, b1=6)
    found = told(places, ordinary(places))[ALL]

    assert found.value is not None
    assert found.interval is None


@pytest.mark.parametrize("clients", [15, 16])
def test_a_spread_takes_fifteen_degrees_of_freedom(clients: int) -> None:
    places = treated(a1=8, b1=clients - 8)
    found = told(places, ordinary(places))[ALL]

    assert (found.interval is not None) is (clients == 16)


def spread(values: dict[int, float]) -> float:
    """Return the SD around the therapists' means, rounded up to a 20th of the range."""
    squares = 0.0
    for name in ("a1", "a2", "a3", "b1", "b2"):
        own = [value for client, value in values.items() if FIVE[client].therapist == name]
        squares += sum((value - fmean(own)) ** 2 for value in own)
    return math.ceil(math.sqrt(squares / (50 - 5)) / 2.4) * 2.4


@pytest.mark.parametrize("cell", [ALL, (Level.TEAM, "a"), therapist("b2")])
def test_the_interval_is_that_of_a_mean_and_half_a_step_wider(cell: tuple[Level, str]) -> None:
    values = ordinary(FIVE)
    figure = told(FIVE, values)[cell]
    assert figure.value is not None
    assert figure.step is not None
    assert figure.n

    half = 1.959964 * spread(values) / math.sqrt(figure.n) + figure.step / 2
    assert figure.interval == pytest.approx((figure.value - half, figure.value + half), abs=1e-3)


def test_an_interval_ends_where_the_scale_does() -> None:
    high = told(FIVE, dict.fromkeys(FIVE, 60.0))[therapist("b2")]
    low = told(FIVE, dict.fromkeys(FIVE, 12.0))[therapist("b2")]

    # Nobody differs, and the SD is told as two 20ths of 48 points nevertheless.
    half = 1.959964 * 4.8 / math.sqrt(10) + 3 / 2
    assert high.interval == pytest.approx((58.5 - half, 60), abs=1e-3)
    assert low.interval == pytest.approx((12, 13.5 + half), abs=1e-3)


def test_the_funnel_is_three_standard_errors_wide_for_so_many_clients() -> None:
    values = ordinary(FIVE, seed=5)
    figure = told(FIVE, values)[therapist("b2")]
    assert figure.components is not None

    half = 3.0902 * spread(values) / math.sqrt(10)
    mean = figure.components.mean
    assert figure.funnel == pytest.approx((mean - half, mean + half), abs=1e-3)


def test_a_whole_is_told_from_its_parts_to_three_decimals() -> None:
    sizes = {"a1": 8, "a2": 9, "a3": 10, "b1": 11, "b2": 14}
    places = treated(**sizes)
    values = {c: 60.0 if places[c].therapist == "a1" else x for c, x in ordinary(places).items()}
    found = told(places, values)
    parts = [(found[therapist(name)].value or 0, size) for name, size in sizes.items()]

    assert found[ALL].value == round(sum(value * size for value, size in parts) / 52, 3)
    # Eight clients lie at the end of the range, where a place is three points wide.
    assert found[ALL].step == round((8 * 3 + 44 * 2) / 52, 3)


def test_of_a_withheld_cell_nothing_is_told_but_why() -> None:
    places = treated(a1=8, a2=3)
    found = told(places, ordinary(places))

    assert found[therapist("a2")] == Figure(reason=Reason.SMALL_CELL)


def test_components_of_sizes_and_means_are_those_of_the_clients() -> None:
    groups = {"a": [1.0, 2, 3], "b": [4.0, 6], "c": [2.0, 2, 5, 7]}
    whole = components(groups)
    assert whole is not None
    told_of = [(len(values), sum(values) / len(values)) for values in groups.values()]
    found = components_of(told_of, whole.within)
    assert found is not None

    assert replace(found, mean=whole.mean) == whole
    assert found.mean == pytest.approx(whole.mean)
    assert components_of(told_of[:1], 1.0) is None


# --- Scales that add up ---------------------------------------------------------------------


def test_a_total_is_the_sum_of_scales_that_share_no_item() -> None:
    wai = composition(load_all()["wai-sr-c"].scales)

    assert sorted(wai["total"]) == ["bond", "goal", "task"]
    assert wai["bond"] == ("bond",)


def test_scales_that_overlap_otherwise_are_left_out() -> None:
    total, front = Scale("total", (1, 2, 3)), Scale("front", (1, 2))
    back, turned = Scale("back", (2, 3)), Scale("turned", (3,), reversed=(3,))

    assert composition([total]) == {"total": ("total",)}
    assert composition([front, Scale("rest", (3,))]) == {"front": ("front",), "rest": ("rest",)}
    assert composition([front, back]) == {}
    assert composition([total, front, turned]) == {}
    assert composition([total, front, back]) == {}


@pytest.mark.parametrize("code", sorted(load_all()))
def test_no_scale_of_ours_is_left_out(code: str) -> None:
    scales = load_all()[code].scales

    assert composition(scales).keys() == {scale.key for scale in scales}


# --- Agreement ------------------------------------------------------------------------------


def dyads(n: int, noise: float, seed: int = 3) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    truth = [rng.gauss(40, 6) for _ in range(n)]
    return [(x, x + rng.gauss(0, noise)) for x in truth]


def test_agreement_is_told_in_twentieths_with_its_interval() -> None:
    found = agreement(dyads(43, 5), absolute=True)
    assert found is not None
    assert found.interval is not None

    assert found.n == 40
    assert found.value * 20 == pytest.approx(round(found.value * 20))
    assert -1 <= found.interval[0] <= found.value <= found.interval[1] <= 1


def test_perfect_agreement_is_not_told_as_such() -> None:
    found = agreement(dyads(30, 0), absolute=False)
    assert found is not None

    assert found.value == 0.9


def test_few_dyads_and_equal_ones_have_no_agreement() -> None:
    assert agreement(dyads(LEAST_DYADS - 1, 5), absolute=True) is None
    assert agreement([(40.0, 40.0)] * 25, absolute=True) is None
