import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.beyond_noise import (
    METHOD,
    beyond_noise_rule,
    falls_beyond,
    usual,
    usual_before,
)
from alliance_api.domain.episodes import Episode, Pattern, episodes
from tests.ground.known import vector

pytestmark = pytest.mark.ground

STEADY = [36.0, 37.0, 36.0, 38.0, 37.0, 36.0, 37.0, 38.0]
WAVERING = [36.0, 26.0, 37.0, 25.0, 36.0, 27.0, 38.0, 26.0, 36.0, 27.0]
SD = 6.0
scores = st.lists(st.integers(0, 40).map(float), min_size=1, max_size=20)


def _found(values: list[float], sd: float = SD) -> tuple[Episode, ...]:
    return episodes(values, beyond_noise_rule(values, sd))


def _alarms(values: list[float], sd: float = SD) -> list[int]:
    rule = beyond_noise_rule(values, sd)
    return [index for index in range(len(values)) if rule(index)]


def test_the_noise_is_borrowed_until_there_is_enough_of_ones_own() -> None:
    # 10 sessions' worth of 2 points, and own squares of 2 around the mean of 35.
    found = usual([34.0, 35.0, 36.0], 6)

    assert found.level == 35
    assert found.noise == pytest.approx(math.sqrt((10 * 4 + 2) / 12))
    assert found.least == 6
    assert usual([35.0], 6).noise == 2
    many = usual(WAVERING * 20, 6)
    assert many.noise == pytest.approx(statistics.stdev(WAVERING * 20), abs=0.2)


def test_the_least_fall_is_the_stricter_of_both_spreads() -> None:
    found = usual(WAVERING, SD)

    assert found.least == pytest.approx(3 * found.noise)
    assert found.least > 12
    assert usual(STEADY, SD).least == SD
    assert usual(STEADY, 9).least == 9


@pytest.mark.parametrize(
    ("calm", "level"),
    [([30.0, 30.0, 39.0], 30), ([40.0, 40.0, 40.0, 32.0], 38), ([30.0, 32.0], 31)],
)
def test_neither_a_good_session_nor_a_pile_at_the_ceiling_raises_the_level(
    calm: list[float], level: float
) -> None:
    assert usual(calm, SD).level == level


def test_usual_needs_something_to_go_by() -> None:
    for calm, sd in [([], 6.0), ([30.0], 0.0), ([30.0], -1.0)]:
        with pytest.raises(ValueError, match="usual"):
            usual(calm, sd)


def test_a_fall_of_exactly_the_least_alarms_and_less_does_not() -> None:
    values = [36.0] * 8

    assert _alarms([*values, 30.0]) == [8]
    assert _alarms([*values, 30.1]) == []
    assert _alarms([4.1] * 8 + [3.2], 0.9) == [8]
    assert falls_beyond([*values, 33.0], SD)[8] == pytest.approx(0.5)
    assert falls_beyond([*values, 39.0], SD)[8] == pytest.approx(-0.5)


def test_the_first_three_sessions_are_not_judged() -> None:
    assert _alarms([36.0, 0.0]) == _alarms([36.0, 36.0, 0.0]) == []
    assert _alarms([36.0, 36.0, 36.0, 0.0]) == [3]
    assert usual_before([36.0] * 4, SD)[:3] == (None,) * 3
    assert falls_beyond([36.0] * 4, SD) == (None, None, None, 0)


def test_what_alarmed_is_not_part_of_the_level_and_counts_once_in_the_noise() -> None:
    values = [*STEADY, 20.0, 20.0, 20.0, 36.0, 20.0, 36.0]
    known = usual_before(values, SD)

    assert _alarms(values) == [8, 9, 10, 12]
    assert known[8] == usual(STEADY, SD)
    assert known[9:12] == (usual(STEADY, SD, [6]),) * 3
    assert known[12] == usual([*STEADY, 36.0], SD, [6])
    # 10 sessions' worth of 2 points, the own squares, and a fall of just what it took.
    (first, then) = known[8], known[9]
    assert first is not None
    assert then is not None
    assert then.level == first.level == 36.875
    assert then.noise == pytest.approx(math.sqrt((40 + 4.875 + 36) / 18))
    again = known[13]
    assert again == usual([*STEADY, 36.0], SD, [6, usual([*STEADY, 36.0], SD, [6]).least])
    # What did not alarm is part of it.
    assert usual_before([*STEADY, 33.0, 36.0], SD)[9] == usual([*STEADY, 33.0], SD)


def test_who_wavers_is_not_alarmed_about_by_wavering() -> None:
    assert _alarms([*WAVERING, 25.0]) == []
    assert _alarms([*STEADY, 25.0]) == [8]


def test_a_step_down_from_the_ceiling_is_none() -> None:
    assert _alarms([40.0] * 20 + [34.1]) == []
    assert _alarms([40.0] * 20 + [34.0]) == [20]


def test_one_noisy_session_of_the_baseline_raises_no_alarm() -> None:
    for values in (
        [30.0, 39.0, 30.0, 31.0, 30.0, 31.0],
        [30.0, 31.0, 40.0, 31.0, 30.0],
        [30.0, 20.0, 31.0, 30.0],
        [*STEADY, 40.0, 36.0],
    ):
        assert _alarms(values) == []


def test_a_rupture_and_its_repair_are_one_episode() -> None:
    (found,) = _found([*STEADY, 28.0, 24.0, 30.0, 35.0])

    assert (found.start, found.alarm, found.nadir, found.repair) == (8, 8, 9, 11)
    assert (found.depth, found.pattern, found.method) == (12.875, Pattern.U, METHOD)
    # Mended half an SD below the level of 36.875.
    assert [each.repair for each in _found([*STEADY, 24.0, 33.8, 33.9])] == [10]


def test_a_rupture_may_be_mended_at_any_time() -> None:
    low = [30.0] * 12

    (open_still,) = _found(STEADY + low)
    (mended,) = _found([*STEADY, *low, 37.0])

    assert (open_still.repair, open_still.over) == (None, False)
    assert (mended.repair, mended.over) == (20, True)


def test_a_slow_fall_begins_before_its_alarm() -> None:
    (found,) = _found([*STEADY, 35.0, 32.5, 29.0, 37.0])

    assert (found.start, found.alarm, found.repair) == (9, 10, 11)


def test_the_rupture_of_the_fact_sheet_is_found() -> None:
    row = vector("ruptures", "RU01")
    x, (true,) = row["inputs"]["x"], row["expected"]["k1"]
    (found,) = episodes(x, beyond_noise_rule(x, row["inputs"]["between_sd"]))

    assert found.repair is not None
    assert (found.start + 1, found.repair + 1) == (true["session"], true["repair_session"])
    assert x[found.nadir] == true["nadir"]


@given(scores)
def test_no_rise_is_ever_a_rupture(values: list[float]) -> None:
    assert _alarms(sorted(values)) == []


@given(scores, scores)
def test_later_sessions_neither_add_nor_move_earlier_alarms(
    values: list[float], later: list[float]
) -> None:
    assert [i for i in _alarms([*values, *later]) if i < len(values)] == _alarms(values)


@given(scores, st.integers(1, 8))
def test_another_unit_tells_the_same(values: list[float], factor: int) -> None:
    alarms = _alarms([value * factor + 3 for value in values], SD * factor)

    assert alarms == _alarms(values)


@given(scores, st.floats(0.5, 10))
def test_no_fall_of_less_than_one_sd_alarms(values: list[float], sd: float) -> None:
    for index in _alarms(values, sd):
        assert max(values[:index]) - values[index] >= sd - 1e-9


@given(scores)
def test_an_alarm_is_a_share_of_one_or_more(values: list[float]) -> None:
    shares = falls_beyond(values, SD)

    for index, share in enumerate(shares):
        assert (index in _alarms(values)) == (share is not None and share >= 1 - 1e-9)
