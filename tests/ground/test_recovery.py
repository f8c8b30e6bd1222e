"""Outcomes judged by points that a source publishes, beside those judged by a norm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.change import NO_NORM
from alliance_api.domain.norms import Polarity
from alliance_api.domain.recovery import (
    METHOD,
    NO_CUT,
    POINTS_METHOD,
    OutcomeStatus,
    outcome,
    outcome_by_points,
)

pytestmark = pytest.mark.ground

HIGHER, LOWER = Polarity.HIGHER_IS_BETTER, Polarity.LOWER_IS_BETTER
# PHQ-9: 6 points, a case from 10 on.
POINTS, CUT = 6, 10


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (15, 9, OutcomeStatus.RECOVERED),
        (16, 10, OutcomeStatus.IMPROVED),
        (9, 3, OutcomeStatus.IMPROVED),
        (14, 9, OutcomeStatus.UNCHANGED),
        (12, 12, OutcomeStatus.UNCHANGED),
        (9, 14, OutcomeStatus.UNCHANGED),
        (9, 15, OutcomeStatus.DETERIORATED),
    ],
)
def test_six_points_make_a_change_and_the_cut_a_recovery(
    before: float, after: float, status: OutcomeStatus
) -> None:
    found = outcome_by_points(before, after, POINTS, LOWER, CUT)

    assert found.status is status
    assert found.reason is None
    assert found.method == POINTS_METHOD != METHOD
    assert (found.change.reliable_points, found.change.rci) == (POINTS, None)


def test_without_a_cut_nobody_recovers() -> None:
    found = outcome_by_points(27, 0, POINTS, LOWER)

    assert (found.status, found.reason) == (OutcomeStatus.IMPROVED, NO_CUT)


def test_where_higher_is_better_a_rise_is_an_improvement() -> None:
    assert outcome_by_points(20, 30, 5, HIGHER, 25).status is OutcomeStatus.RECOVERED
    assert outcome_by_points(30, 20, 5, HIGHER, 25).status is OutcomeStatus.DETERIORATED


def test_no_points_are_no_change() -> None:
    with pytest.raises(ValueError, match="no points"):
        outcome_by_points(5, 5, 0, LOWER)


def test_without_anything_to_judge_by_there_is_no_claim() -> None:
    found = outcome(20, 5, None, LOWER, CUT)

    assert (found.status, found.reason, found.method) == (None, NO_NORM, METHOD)


@given(st.integers(0, 27), st.integers(0, 27))
def test_a_change_back_is_never_an_improvement_too(before: int, after: int) -> None:
    better = {OutcomeStatus.IMPROVED, OutcomeStatus.RECOVERED}
    there = outcome_by_points(before, after, POINTS, LOWER, CUT).status
    back = outcome_by_points(after, before, POINTS, LOWER, CUT).status

    assert (there in better) == (back is OutcomeStatus.DETERIORATED)
    assert (there is OutcomeStatus.UNCHANGED) == (abs(before - after) < POINTS)
