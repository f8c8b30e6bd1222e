from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.charts import BASELINE, limits
from alliance_api.domain.drift import CUSUM_METHOD, EWMA_METHOD
from alliance_api.domain.episodes import Episode, Pattern
from alliance_api.domain.methods import Method
from alliance_api.domain.slow_falls import slow_falls

pytestmark = pytest.mark.ground

# The mean is 40, the moving ranges are all 2, so sigma is 2 / 1.128 = 1.77.
FIRST = [39.0, 41.0] * 4
CREEPING = [40.0, 39, 38, 38, 37, 37, 37, 37, 37]

scores = st.lists(st.integers(24, 56).map(float), max_size=20)
varied = st.lists(st.integers(24, 56).map(float), min_size=8, max_size=8).filter(
    lambda values: len(set(values)) > 1
)


def by(method: Method, values: list[float]) -> list[Episode]:
    return [each for each in slow_falls(values) if each.method == method]


def test_what_creeps_is_seen_though_no_session_lies_below_the_limits() -> None:
    found = limits(FIRST)
    assert found is not None
    assert min(CREEPING) > found.lower

    [ewma], [cusum] = by(EWMA_METHOD, FIRST + CREEPING), by(CUSUM_METHOD, FIRST + CREEPING)

    # 0.7 and 0.3: 40, 39.7, 39.19, 38.83, 38.28, 37.90, 37.63; the limit is 40 - 2.23 by then.
    assert ewma.alarm == 14
    # Beyond half a sigma below the mean: 0, 0.1, 1.2, 2.3, 4.5, 6.6, 8.7, 10.8; 5 sigmas are 8.9.
    assert cusum.alarm == 15
    # Both began to fall with the 39, the tenth session.
    assert ewma.start == cusum.start == 9
    assert ewma.nadir == cusum.nadir == 12
    assert ewma.depth == cusum.depth == 3
    assert ewma.pattern is cusum.pattern is Pattern.GRADUAL_DECLINE


def test_a_fall_is_mended_within_half_a_sigma_of_the_mean_and_else_stays_open() -> None:
    mended = slow_falls([*FIRST, *CREEPING, 39.0, 39.2])
    still = slow_falls([*FIRST, *CREEPING, 39.0, *[37.0] * 9])

    assert [(each.repair, each.over, each.pattern) for each in mended] == [
        (18, True, Pattern.U)
    ] * 2
    assert [(each.repair, each.over) for each in still] == [(None, False)] * 2


def test_after_a_repair_both_begin_afresh() -> None:
    twice = [*FIRST, *CREEPING, 41.0, *CREEPING, 40.0]

    for method in (EWMA_METHOD, CUSUM_METHOD):
        first, second = by(method, twice)
        assert first.repair == 17
        assert (second.start, second.nadir, second.repair) == (19, 22, 27)
        assert second.alarm - second.start == first.alarm - first.start


def test_a_fall_that_begins_with_the_first_session_after_the_baseline_starts_there() -> None:
    sudden = slow_falls([*FIRST, 20.0, 20.0])

    assert [(each.start, each.alarm) for each in sudden] == [(BASELINE, BASELINE)] * 2


def test_another_baseline_is_frozen_where_it_is_said() -> None:
    assert slow_falls([*FIRST[:6], 20.0, 20.0]) == ()
    assert {each.start for each in slow_falls([*FIRST[:6], 20.0, 20.0], baseline=6)} == {6}


@pytest.mark.parametrize("before", [FIRST[:7], [40.0] * 8, [60.0] * 8])
def test_without_a_full_baseline_that_varies_there_is_none(before: list[float]) -> None:
    assert slow_falls([*before, 30.0]) == ()
    assert slow_falls(FIRST) == ()


def test_a_long_gap_in_the_baseline_is_not_taken_for_wavering() -> None:
    values = [36.0, 37, 36, 37, 43, 44, 43, 44, 38, 38, 38]
    weekly = [datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(weeks=n) for n in range(11)]
    parted = [*weekly[:4], *(each + timedelta(weeks=20) for each in weekly[4:])]

    assert slow_falls(values) == slow_falls(values, weekly) == ()
    assert [each.alarm for each in slow_falls(values, parted)] == [9, 10]


@given(varied, scores)
def test_no_rise_is_a_slow_fall(first: list[float], later: list[float]) -> None:
    mean = sum(first) / len(first)

    assert slow_falls([*first, *(max(mean, value) for value in later)]) == ()


@given(varied, scores, scores)
def test_later_sessions_take_no_slow_fall_back(
    first: list[float], later: list[float], last: list[float]
) -> None:
    before = [(each.method, each.alarm, each.start) for each in slow_falls(first + later)]
    after = [(each.method, each.alarm, each.start) for each in slow_falls(first + later + last)]

    assert [each for each in after if each in before] == before


@given(varied, scores, st.integers(-8, 8))
def test_a_constant_more_or_less_changes_no_slow_fall(
    first: list[float], later: list[float], more: int
) -> None:
    values = first + later

    assert slow_falls([value + more for value in values]) == slow_falls(values)


@given(varied, scores)
def test_a_slow_fall_lies_behind_the_baseline_and_in_order(
    first: list[float], later: list[float]
) -> None:
    for each in slow_falls(first + later):
        assert BASELINE <= each.start <= each.alarm
        assert each.start <= each.nadir
        assert each.depth is not None
        assert each.depth > 0
        assert each.repair is None or each.repair > each.nadir
