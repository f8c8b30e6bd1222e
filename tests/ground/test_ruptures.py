from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.charts import RangeForm
from alliance_api.domain.episodes import Alarm, Episode, Pattern, either, episodes
from alliance_api.domain.intervals import Estimate, slope_estimate
from alliance_api.domain.ruptures import (
    CHART,
    DROP_1SD,
    DROP_2SD,
    FALL_FROM_USUAL,
    chart_rule,
    drop_rule,
    drops,
    fall_in_sds,
    fall_rule,
    fall_start,
    fell_by,
    spread_before,
    stricter,
)
from alliance_api.domain.shapes import Fit, Shape, Trajectory, _shape, linear, quadratic, trajectory
from alliance_api.domain.tension import METHOD, reported
from tests.ground.known import vector

pytestmark = pytest.mark.ground

STEADY = [4.0, 4.1, 4.0, 4.2, 4.1, 4.0, 4.1, 4.2]
ratings = st.lists(st.integers(10, 50).map(lambda n: n / 10), min_size=1, max_size=20)


def _falls(values: list[float], k: float = 1, sd: float | None = 0.45) -> tuple[Episode, ...]:
    return episodes(values, fall_rule(values, k=k, between_sd=sd))


def _only(found: tuple[Episode, ...]) -> Episode:
    (episode,) = found
    return episode


@pytest.mark.parametrize(("name", "k"), [("k1", 1), ("k2", 2)])
def test_drop_and_return_of_the_fact_sheet(name: str, k: int) -> None:
    row = vector("ruptures", "RU01")
    given_, expected = row["inputs"], row["expected"]
    x = given_["x"]
    found = _only(
        drops(
            x,
            k=k,
            between_sd=given_["between_sd"],
            window=given_["window"],
            tolerance=given_["tol_sd"],
        )
    )
    (true,) = expected[name]

    assert found.start + 1 == true["session"]
    assert x[found.start - 1] == true["pre"]
    assert round(x[found.start] - x[found.start - 1], 6) == true["drop"]
    assert x[found.nadir] == true["nadir"]
    assert found.repair is not None
    assert found.repair + 1 == true["repair_session"]
    assert (found.depth, found.pattern, found.over) == (1.1, Pattern.V, True)
    assert found.evidence == (6, 7, 9)
    assert found.method == {1: DROP_1SD, 2: DROP_2SD}[k]
    assert spread_before(x, len(x)) == pytest.approx(expected["intra_sd"], abs=1e-6)
    assert spread_before(x, len(x), given_["between_sd"]) == expected["used_sd"]
    changes = [round(b - a, 6) for a, b in pairwise(x)]
    assert changes == expected["session_changes"]


def test_the_shapes_of_the_fact_sheet() -> None:
    row = vector("ruptures", "RU04")
    for name, x in row["inputs"].items():
        for fit, expected in [
            (linear(x), row["expected"][name]["deg1"]),
            (quadratic(x), row["expected"][name]["deg2"]),
        ]:
            assert fit.coefficients == pytest.approx(expected["coef"], abs=1e-6)
            assert fit.r_squared == pytest.approx(expected["R2"], abs=1e-6)
    shapes = {name: trajectory(x).shape for name, x in row["inputs"].items()}
    assert shapes == {"linear": Shape.RISING, "U": Shape.U_SHAPED, "V": Shape.NONE}
    assert drops(row["inputs"]["linear"], k=1) == ()
    assert _only(drops(row["inputs"]["V"], k=1)).pattern is Pattern.V


def test_a_shape_needs_five_sessions_and_variation() -> None:
    assert trajectory([1, 2, 3, 4]) == Trajectory(None, 4, None, None, None)
    assert trajectory([1, 2, 3, 4, 5]).shape is Shape.RISING
    assert trajectory([5, 4, 3, 2, 1]).shape is Shape.FALLING
    flat = trajectory([4.0] * 6)
    assert (flat.shape, flat.n) == (Shape.NONE, 6)
    assert flat.linear is not None
    assert flat.linear.r_squared is None
    # An arch is no U.
    assert trajectory([1, 3, 4, 3, 1]).shape is Shape.NONE
    for fit, least in [(linear, 2), (quadratic, 3)]:
        assert fit([1.0] * least).coefficients[0] == pytest.approx(1)
        with pytest.raises(ValueError, match="too few"):
            fit([1.0] * (least - 1))


def test_a_shape_carries_the_curves_it_was_told_by() -> None:
    values = [3.0, 3.2, 3.1, 3.6, 3.9, 3.8]
    found = trajectory(values)

    assert found.slope == slope_estimate(range(6), values)
    assert (found.linear, found.quadratic) == (linear(values), quadratic(values))


def _told(
    line: float, curve: float, *, bend: float = 1, interval: tuple[float, float] | None = None
) -> Shape:
    slope = None if interval is None else Estimate(sum(interval) / 2, 9, interval)
    return _shape(slope, Fit((0.0, 0.0), line), Fit((0.0, 0.0, bend), curve))


def test_the_bounds_of_a_u_belong_to_it() -> None:
    assert _told(0.3, 0.5) is Shape.U_SHAPED
    assert _told(0.31, 0.5) is _told(0.2, 0.49) is Shape.NONE
    assert _told(0.3, 0.5, bend=0) is _told(0.3, 0.5, bend=-1) is Shape.NONE


def test_a_slope_that_may_be_flat_is_neither_rising_nor_falling() -> None:
    assert _told(0.9, 0.9, interval=(0, 2)) is _told(0.9, 0.9, interval=(-2, 0)) is Shape.NONE
    assert _told(0.9, 0.9, interval=(0.1, 2)) is Shape.RISING
    assert _told(0.9, 0.9, interval=(-2, -0.1)) is Shape.FALLING


def test_a_fall_of_exactly_one_sd_counts() -> None:
    for drop, n in [(0.5, 1), (0.4, 0)]:
        values = [4.1, 4.1 - drop]
        assert len(episodes(values, drop_rule(values, 0.5, k=1))) == n
    tenths = [4.1, 3.2]
    assert len(episodes(tenths, drop_rule(tenths, 0.9, k=1))) == 1
    assert len(episodes(tenths, drop_rule(tenths, 0.45, k=2))) == 1
    assert episodes(tenths, drop_rule(tenths, 0.9, k=2)) == ()
    with pytest.raises(ValueError, match="1 or 2"):
        drop_rule(tenths, 0.9, k=3)


def test_a_fall_short_of_the_threshold_by_more_than_noise_is_none() -> None:
    assert fell_by(4.0, 3.0, 1)
    assert fell_by(0.3, 0.1, 0.2)
    assert not fell_by(4.0, 3.0000005, 1)
    assert not fell_by(3.0, 4.0, 1)


def test_a_fall_begins_where_it_lies_a_quarter_down() -> None:
    # Down from 5 to 1 a quarter is at 4. The first session of all has none to have fallen from.
    assert fall_start([5, 4, 3, 2, 1], 4, 5) == 1
    assert fall_start([5, 4.1, 3, 2, 1], 4, 5) == 2
    assert fall_start([4, 3.9, 3, 2, 1], 4, 5) == 1
    assert fall_start([5, 1, 1, 1, 1], 4, 5) == 4


def test_the_stricter_spread_is_used_and_none_is_none() -> None:
    assert stricter(0.2, 0.5) == 0.5
    assert stricter(0.5, 0.2) == 0.5
    assert stricter(None, 0.5) == stricter(0.5, None) == stricter(0.5, 0) == 0.5
    assert stricter(0, None) is None
    assert drops([4.0, 4.0], k=1) == ()
    assert drops([4.0], k=1) == ()
    assert len(drops([4.0, 3.0, 4.0], k=1)) == 1
    assert drops([4.0, 3.0, 4.0], k=1, between_sd=2) == ()


def test_looking_back_the_window_and_the_tolerance_may_be_chosen() -> None:
    values = [4.0, 2.0, 2.0, 3.9, 4.0]

    assert _only(drops(values, k=1)).repair == 3
    assert _only(drops(values, k=1, tolerance=0)).repair == 4
    assert _only(drops(values, k=1, window=1)).repair is None
    assert _only(episodes(values, drop_rule(values, 1, k=1, window=1))).repair is None


def test_two_sessions_can_already_drop_by_their_own_spread() -> None:
    assert len(drops([4.0, 1.0], k=1)) == 1


def test_how_far_a_session_fell_is_told_in_sds() -> None:
    assert fall_in_sds([4.0, 4.0, 5.0, 3.0], 3, 0.5) == pytest.approx(1 / 0.5773503)
    assert fall_in_sds([4.0, 4.1, 3.9, 4.5], 3, 0.5) == pytest.approx(-1)
    # One SD is what is asked for unless something else is.
    values = [*STEADY, 3.5]
    assert len(episodes(values, fall_rule(values, between_sd=0.5))) == 1


def test_equal_sessions_are_no_step_of_a_fall() -> None:
    assert _only(_falls([*STEADY, 3.7, 3.7, 3.3])).start == 9


def test_repair_comes_within_the_window_or_not_at_all() -> None:
    base = [4.0, 2.0]
    in_time = [*base, *[2.0] * 4, 3.75, 4.0]
    too_late = [*base, *[2.0] * 5, 3.75, 4.0]

    assert _only(episodes(in_time, drop_rule(in_time, 0.5, k=1))).repair == 6
    late = _only(episodes(too_late, drop_rule(too_late, 0.5, k=1)))
    assert (late.repair, late.over, late.pattern) == (None, True, None)
    still = _only(episodes(base, drop_rule(base, 0.5, k=1)))
    assert (still.repair, still.over) == (None, False)
    for later, over in [(4, False), (5, True)]:
        values = [*base, *[2.0] * later]
        assert _only(episodes(values, drop_rule(values, 0.5, k=1))).over is over
    # 3.75 is the level less half an SD; below it, it is not mended.
    almost = [4.0, 2.0, 3.74]
    assert _only(episodes(almost, drop_rule(almost, 0.5, k=1))).repair is None


def test_patterns_are_told_by_the_steps_down_and_up() -> None:
    def pattern(*later: float) -> Pattern | None:
        return _only(_falls([*STEADY, *later], sd=0.5)).pattern

    assert pattern(3.0, 4.1) is Pattern.V
    assert pattern(3.0) is None
    assert pattern(3.8, 3.2, 4.1) is Pattern.GRADUAL_DECLINE
    assert pattern(3.8, 3.5, 3.2, 4.1) is Pattern.GRADUAL_DECLINE
    assert pattern(3.8, 3.5, 3.2) is Pattern.GRADUAL_DECLINE
    assert pattern(3.8, 3.5, 3.2, 3.5, 3.8, 4.1) is Pattern.U


def test_an_episode_is_one_however_long_it_lasts() -> None:
    values = [*STEADY, 3.0, 2.8, 2.9, 2.5, 3.0, 2.9, 3.1, 3.0]
    found = _only(_falls(values))

    assert (found.start, found.alarm, found.nadir, found.repair) == (8, 8, 11, None)
    assert (found.depth, found.method) == (1.6, FALL_FROM_USUAL)
    assert _only(_falls([*values, 4.1])).repair == len(values)


def _always(values: list[float]) -> tuple[Episode, ...]:
    return episodes(values, lambda index: Alarm(CHART, index, 4.0, 3.0))


def test_the_first_session_may_raise_an_alarm_of_its_own() -> None:
    found = _only(_always([1.0, 1.0]))

    assert (found.start, found.alarm, found.evidence) == (0, 0, (0,))


def test_the_session_that_mends_one_rupture_begins_no_other() -> None:
    found = _always([1.0, 1.0, 3.0, 1.0, 3.0])

    assert [(each.alarm, each.repair) for each in found] == [(0, 2), (3, 4)]


def test_two_ruptures_are_two() -> None:
    values = [*STEADY, 3.0, 4.1, 4.2, 4.1, 3.0, 3.9]

    assert [(each.start, each.repair) for each in _falls(values)] == [(8, 9), (12, 13)]


def test_a_slow_fall_is_found_and_begins_before_its_alarm() -> None:
    values = [*STEADY, 3.9, 3.75, 3.6, 4.2]
    found = _only(_falls(values))

    assert (found.start, found.alarm, found.repair) == (8, 10, 11)
    assert found.evidence == (7, 8, 10, 11)
    # A tremor on the way is not part of the fall.
    assert _only(_falls([*STEADY[:7], 4.09, 3.0])).start == 8


def test_the_search_for_a_start_ends_at_six_sessions() -> None:
    values = [*STEADY, 3.9, 3.8, 3.7, 3.6, 3.5, 3.4, 3.3, 3.2]
    found = _only(_falls(values, sd=0.8))

    assert found.alarm == 15
    assert found.start == 10


def test_one_noisy_session_of_the_baseline_raises_no_alarm() -> None:
    assert _falls([4.0, 4.9, 4.0, 4.1, 4.0, 4.1]) == ()
    assert _falls([4.0, 4.1, 5.0, 4.1, 4.0, 4.1]) == ()
    assert _falls([4.0, 3.0, 4.1, 4.0]) == ()
    # Coming down from one good session is no fall.
    assert _falls([*STEADY, 4.9, 4.1]) == ()


@pytest.mark.parametrize(("sd", "least"), [(0.45, 3), (None, 5)])
def test_the_first_sessions_are_not_judged(sd: float | None, least: int) -> None:
    assert _falls([*STEADY[: least - 1], 1.0], sd=sd) == ()
    assert len(_falls([*STEADY[:least], 1.0], sd=sd)) == 1
    assert spread_before(STEADY, least - 1, sd) is None
    assert fall_in_sds(STEADY, least - 1, sd) is None


def test_a_constant_series_makes_no_claim_by_its_own_spread() -> None:
    ceiling = [40.0] * 10

    assert _falls([*ceiling, 39.0], sd=None) == ()
    assert _falls([*ceiling, 39.0], sd=6) == ()
    assert len(_falls([*ceiling, 34.0], sd=6)) == 1
    assert episodes([*ceiling, 20.0], chart_rule([*ceiling, 20.0])) == ()


def test_the_chart_finds_the_rupture_of_the_fact_sheet() -> None:
    x = vector("charts", "SP05")["inputs"]["x"]
    found = _only(episodes(x, chart_rule(x, baseline=7)))

    assert (found.start, found.nadir, found.repair, found.pattern) == (7, 7, 9, Pattern.V)
    assert found.method == CHART
    assert found.depth == pytest.approx(4.071429 - 3.1, abs=1e-6)
    assert episodes(x, chart_rule(x, baseline=7, least=1)) == ()


def test_the_chart_rule_takes_the_charts_own_settings() -> None:
    at = [datetime(2025, 1, 6, tzinfo=UTC) + timedelta(weeks=n) for n in (0, 1, 2, 3, 20, 21)]
    across_a_gap = [4.0, 4.1, 4.0, 4.1, 3.0, 3.1, 3.0]
    at.append(at[-1] + timedelta(weeks=1))
    assert chart_rule(across_a_gap)(6) is None
    assert chart_rule(across_a_gap, at)(6) is not None

    steady, then = [4.0, 4.1, 4.0, 4.1, 4.0], [5.0, 3.0, 5.0, 3.4]
    assert chart_rule([*steady, *then])(8) is None
    assert chart_rule([*steady, *then], baseline=5)(8) is not None

    outlier = [4.0, 4.1, 4.0, 4.8, 4.0, 4.1, 4.0, 4.1, 3.5]
    assert chart_rule(outlier)(8) is None
    assert chart_rule(outlier, form=RangeForm.MEDIAN)(8) is not None


def test_a_rupture_of_the_chart_may_be_mended_at_any_later_time() -> None:
    values = [*STEADY, *[3.0] * 7, 4.1]
    found = _only(episodes(values, chart_rule(values)))

    assert (found.alarm, found.repair) == (8, 15)


def test_the_first_of_several_rules_speaks() -> None:
    values = [*STEADY, 2.0]
    chart, fall = chart_rule(values), fall_rule(values, between_sd=0.45)

    assert _only(episodes(values, either(chart, fall))).method == CHART
    assert _only(episodes(values, either(fall, chart))).method == FALL_FROM_USUAL
    assert episodes(values, either()) == ()


@given(ratings)
def test_no_rise_is_ever_a_rupture(values: list[float]) -> None:
    rising = sorted(values)

    assert _falls(rising) == ()
    assert drops(rising, k=1) == ()
    assert episodes(rising, chart_rule(rising)) == ()


@given(ratings)
def test_a_nadir_lies_below_the_level_and_within_its_episode(values: list[float]) -> None:
    for each in (*_falls(values), *drops(values, k=1, between_sd=0.45)):
        assert each.depth is not None
        assert each.depth > 0
        assert each.start <= each.alarm < len(values)
        assert each.start <= each.nadir
        assert each.repair is None or each.nadir < each.repair
        assert each.evidence == tuple(sorted(set(each.evidence)))


@given(ratings, st.integers(1, 10))
def test_stable_sessions_at_the_usual_level_add_no_episode(values: list[float], n: int) -> None:
    usual = sorted(values)[len(values) // 2]

    assert len(_falls([*values, *[usual] * n])) == len(_falls(values))


@given(ratings, ratings)
def test_later_sessions_neither_add_nor_move_earlier_alarms(
    values: list[float], later: list[float]
) -> None:
    before = [each.alarm for each in _falls(values)]
    after = [each.alarm for each in _falls([*values, *later]) if each.alarm < len(values)]

    assert before == after


@given(ratings)
def test_the_stricter_threshold_finds_no_more(values: list[float]) -> None:
    alarms = {i for i in range(len(values)) if fall_rule(values, k=1, between_sd=0.45)(i)}
    strict = {i for i in range(len(values)) if fall_rule(values, k=2, between_sd=0.45)(i)}

    assert strict <= alarms


def test_reported_tension_is_an_episode_until_a_session_without() -> None:
    found = reported([0, 2, None, 3, None, 0, None, 1])

    assert [(each.start, each.nadir, each.repair, each.over) for each in found] == [
        (1, 3, 5, True),
        (7, 7, None, False),
    ]
    assert [each.depth for each in found] == [None, None]
    assert [each.evidence for each in found] == [(1, 3, 5), (7,)]
    assert reported([None, 0, 0.9]) == ()
    assert len(reported([1, 0, 0, 1])) == 2
    tense = _only(reported([1, 3, 2]))
    assert (tense.nadir, tense.method) == (1, METHOD)
