import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.change import (
    NO_NORM,
    Change,
    Direction,
    Norm,
    ReliabilityKind,
    ScoreInterval,
    change,
    clip,
    direction,
    preferred,
    rci,
    reliable_points,
    s_diff,
    score_interval,
    sem,
)
from alliance_api.domain.norms import Polarity
from alliance_api.domain.recovery import (
    METHOD,
    NO_CUT,
    POINTS_METHOD,
    Cuts,
    Outcome,
    OutcomeStatus,
    cuts,
    outcome,
    outcome_by_points,
    status,
)
from tests.ground.known import vector

pytestmark = pytest.mark.ground

HIGHER, LOWER = Polarity.HIGHER_IS_BETTER, Polarity.LOWER_IS_BETTER


def a_norm(sd: float = 7.5, reliability: float = 0.8) -> Norm:
    return Norm(
        sd=sd,
        reliability=reliability,
        reliability_kind=ReliabilityKind.ALPHA,
        population="outpatients",
        source="made up",
        n=100,
    )


@pytest.mark.parametrize(
    ("sd", "reliability", "n"),
    [
        (0, 0.8, None),
        (-1, 0.8, None),
        (7.5, 1, None),
        (7.5, -0.1, None),
        (7.5, 1.5, 5),
        (7.5, 0, 1),
    ],
)
def test_a_norm_has_a_spread_an_error_and_two_people(
    sd: float, reliability: float, n: int | None
) -> None:
    with pytest.raises(ValueError, match=r"sd must|two people"):
        replace(a_norm(), sd=sd, reliability=reliability, n=n)


def test_a_scale_may_be_without_any_reliability_and_known_from_two_people() -> None:
    assert replace(a_norm(), reliability=0, n=2).n == 2


# SD² · 2 · (1 - r) = 1: a difference of 1.96 is then exactly 1.96 standard errors.
UNIT = a_norm(1, 0.5)

norms = st.builds(a_norm, st.integers(1, 400).map(lambda n: n / 10), st.sampled_from([0.5, 0.8]))
scores = st.integers(0, 400).map(lambda n: n / 10)


def test_jacobson_and_truax_published_example() -> None:
    row = vector("change", "CH01")
    given_, expected = row["inputs"], row["expected"]
    norm = a_norm(given_["sd_clin"], given_["rxx"])
    found = outcome(given_["pre"], given_["post"], norm, HIGHER, cut=50)

    assert sem(norm.sd, norm.reliability) == pytest.approx(expected["SEM"], abs=1e-6)
    assert s_diff(norm.sd, norm.reliability) == pytest.approx(expected["S_diff"], abs=1e-6)
    assert found.change.rci == pytest.approx(expected["RCI"], abs=1e-6)
    assert reliable_points(norm, 1.959963984540054) == pytest.approx(
        expected["reliable_change_points_95"], abs=3e-4
    )
    assert cuts((40, 7.5), (60, 7.5), HIGHER) == Cuts(**expected["cutoffs"])
    # 47.5 lies beyond b = 45 but not beyond c = 50.
    assert found.status is OutcomeStatus.IMPROVED
    assert outcome(32.5, 47.5, norm, HIGHER, cut=45).status is OutcomeStatus.RECOVERED


@pytest.mark.parametrize("index", range(5))
def test_reliable_change_points_of_the_fact_sheet(index: int) -> None:
    row = vector("change", "CH03")
    given_, expected = row["inputs"][index], row["expected"][index]
    norm = a_norm(given_["sd"], given_["r"])

    assert sem(norm.sd, norm.reliability) == pytest.approx(expected["SEM"], abs=1e-6)
    assert s_diff(norm.sd, norm.reliability) == pytest.approx(expected["S_diff"], abs=1e-6)
    for name, z in [("RC95", 1.96), ("RC90", 1.645), ("RC80", 1.282)]:
        assert reliable_points(norm, z) == pytest.approx(expected[name], rel=1e-3)
    assert reliable_points(norm) == pytest.approx(2.772 * expected["SEM"], rel=1e-3)


def test_exactly_1_96_is_not_beyond() -> None:
    row = vector("change", "CH05")
    for name, polarity in [("higher_better", HIGHER), ("lower_better", LOWER)]:
        found = [
            status(direction(each), polarity, crossed=False).lower()
            for each in row["inputs"]["rci"]
        ]
        assert found == row["expected"][name]


def test_a_change_carries_what_it_was_judged_by() -> None:
    found = change(10, 30, UNIT)

    assert found.reliable_points == reliable_points(UNIT) == pytest.approx(1.96)
    assert found.norm is UNIT
    assert found.reason is None


def test_the_boundary_is_met_exactly_by_the_numbers_as_written() -> None:
    assert rci(0, 1.96, UNIT) == 1.96
    assert change(0, 1.96, UNIT).direction is Direction.NONE
    assert change(2.96, 1, UNIT).direction is Direction.NONE
    assert change(0, 1.961, UNIT).direction is Direction.UP
    assert change(1.961, 0, UNIT).direction is Direction.DOWN
    assert change(3.9, 4.1, UNIT).difference == 0.2


@given(scores, scores, norms)
def test_change_back_is_the_opposite_change(before: float, after: float, norm: Norm) -> None:
    there, back = change(before, after, norm), change(after, before, norm)
    opposite = {Direction.UP: Direction.DOWN, Direction.DOWN: Direction.UP}

    assert there.rci is not None
    assert back.rci == -there.rci
    assert there.direction is not None
    assert back.direction is opposite.get(there.direction, Direction.NONE)
    assert there.norm is norm


def test_without_a_norm_there_is_no_claim() -> None:
    found = change(10, 40, None)

    assert found.difference == 30
    assert (found.rci, found.direction, found.reliable_points) == (None, None, None)
    assert found.reason == NO_NORM
    assert score_interval(10, None) == ScoreInterval(10, None, None, NO_NORM)
    assert outcome(1, 2, None, HIGHER, 1) == Outcome(None, change(1, 2, None), 1, HIGHER, NO_NORM)


@pytest.mark.parametrize(
    ("sd", "reliability"), [(0, 0.8), (-1, 0.8), (1, 1), (1, 1.1), (1, -0.1), (math.nan, 0.5)]
)
def test_an_impossible_norm_is_refused(sd: float, reliability: float) -> None:
    with pytest.raises(ValueError, match="sd must be"):
        sem(sd, reliability)
    with pytest.raises(ValueError, match="sd must be"):
        change(1, 2, a_norm(sd, reliability))


def test_a_norm_describes_at_least_two_people_where_their_number_is_known() -> None:
    assert replace(a_norm(), n=2).n == 2
    assert replace(a_norm(), n=None).n is None
    with pytest.raises(ValueError, match="two people"):
        replace(a_norm(), n=1)


def test_an_unreliable_scale_measures_with_its_whole_spread() -> None:
    assert sem(3, 0) == 3
    assert a_norm(3, 0).reliability == 0


def test_the_interval_is_clipped_for_display_only() -> None:
    norm = a_norm(6, 0.88)
    found = score_interval(39, norm)
    interval = found.interval

    assert (found.score, found.norm) == (39, norm)
    assert interval is not None
    assert interval == pytest.approx((39 - 4.0737, 39 + 4.0737), abs=1e-3)
    assert clip(interval, 0, 40) == (interval[0], 40)
    assert clip((-5, 3), 0, 40) == (0, 3)
    assert clip((50, 60), 0, 40) == (40, 40)


def test_a_retest_norm_is_preferred_and_then_the_larger_one() -> None:
    alpha = a_norm()
    retest = replace(alpha, reliability_kind=ReliabilityKind.RETEST, n=10)
    larger = replace(retest, n=11)

    assert preferred([]) is None
    assert preferred([alpha, retest]) is retest
    assert preferred([retest, larger, alpha]) is larger


def test_cuts_turn_around_where_lower_is_better() -> None:
    assert cuts((60, 7.5), (40, 7.5), LOWER) == Cuts(45, 55, 50)
    assert cuts((60, 7.5), None, LOWER) == Cuts(45, None, None)
    assert cuts((19.6, 8.7), (28, 6.8), HIGHER).c == pytest.approx(24.3, abs=0.02)
    assert cuts((1, 0.5), (2, 0.5), HIGHER) == Cuts(2, 1, 1.5)
    for clinical, functional in [((1, 0), None), ((1, 1), (2, 0))]:
        with pytest.raises(ValueError, match="above 0"):
            cuts(clinical, functional, HIGHER)


@pytest.mark.parametrize(
    ("before", "after", "cut", "expected"),
    [
        (10, 40, 25, OutcomeStatus.RECOVERED),
        (10, 25, 25, OutcomeStatus.IMPROVED),
        (25, 40, 25, OutcomeStatus.RECOVERED),
        (26, 40, 25, OutcomeStatus.IMPROVED),
        (10, 10, 25, OutcomeStatus.UNCHANGED),
        (24, 26, 25, OutcomeStatus.UNCHANGED),
        (40, 10, 25, OutcomeStatus.DETERIORATED),
    ],
)
def test_recovered_is_reliable_and_across_the_cut(
    before: float, after: float, cut: float, expected: OutcomeStatus
) -> None:
    norm = a_norm(3, 0.9)

    assert outcome(before, after, norm, HIGHER, cut).status is expected
    assert outcome(-before, -after, norm, LOWER, -cut).status is expected
    found = outcome(before, after, norm, HIGHER, cut)
    assert (found.cut, found.polarity, found.reason) == (cut, HIGHER, None)
    assert found.method == METHOD


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (10, 15, OutcomeStatus.IMPROVED),
        (10, 14.9, OutcomeStatus.UNCHANGED),
        (15, 10, OutcomeStatus.DETERIORATED),
        (14.9, 10, OutcomeStatus.UNCHANGED),
        (22, 27, OutcomeStatus.RECOVERED),
        (20, 25, OutcomeStatus.IMPROVED),
        (0.1, 5.1, OutcomeStatus.IMPROVED),
    ],
)
def test_a_published_number_of_points_counts_with_its_end(
    before: float, after: float, expected: OutcomeStatus
) -> None:
    found = outcome_by_points(before, after, 5, HIGHER, cut=25)

    assert found.status is expected
    assert outcome_by_points(-before, -after, 5, LOWER, cut=-25).status is expected
    assert (found.cut, found.polarity, found.reason) == (25, HIGHER, None)
    assert found.method == found.change.method == POINTS_METHOD


def test_points_claim_nothing_about_a_norm() -> None:
    found = outcome_by_points(10, 30, 5, LOWER)

    assert found.change == Change(20, None, Direction.UP, 5, None, None, POINTS_METHOD)
    assert (found.status, found.reason) == (OutcomeStatus.DETERIORATED, NO_CUT)
    assert outcome_by_points(10, 10.5, 0.5, HIGHER).status is OutcomeStatus.IMPROVED
    for points in (0, -1, math.nan):
        with pytest.raises(ValueError, match="no points"):
            outcome_by_points(1, 2, points, HIGHER)


def test_without_a_cut_nobody_is_recovered() -> None:
    found = outcome(10, 40, a_norm(3, 0.9), HIGHER)

    assert (found.status, found.reason) == (OutcomeStatus.IMPROVED, NO_CUT)
