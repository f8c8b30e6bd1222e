from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.attainment import (
    GOAL_THRESHOLD,
    GoalDirection,
    attainment,
    attainment_t,
    rating_change,
)
from alliance_api.domain.collaboration import GoalRecord, collaboration, is_shared
from alliance_api.domain.goals import Stance
from alliance_api.domain.instruments import Scale
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.scoring import score
from alliance_api.domain.statistics import wilson
from tests.ground.known import a_form, in_order, vector

pytestmark = pytest.mark.ground

CLIENT, THERAPIST = PartyRole.CLIENT, PartyRole.THERAPIST
AGREE, DISAGREE, PENDING = Stance.AGREE, Stance.DISAGREE, Stance.PENDING
START = datetime(2025, 1, 6, 10, tzinfo=UTC)

levels = st.lists(st.integers(-2, 2), min_size=1, max_size=8)
weights = st.lists(st.integers(1, 9), min_size=8, max_size=8)


def test_t_of_equal_goals() -> None:
    row = vector("goals", "GA01")
    for n in row["inputs"]["n"]:
        found = [attainment_t([level] * n) for level in row["inputs"]["levels"]]
        assert found == pytest.approx(row["expected"][f"n{n}"], abs=1e-6)


def test_baseline_follow_up_and_change() -> None:
    row = vector("goals", "GA03")
    found = attainment(row["inputs"]["baseline"], row["inputs"]["follow"])

    assert found.n == 3
    assert found.baseline == pytest.approx(row["expected"]["T0"], abs=1e-6)
    assert found.follow_up == pytest.approx(row["expected"]["T1"], abs=1e-6)
    assert found.change == pytest.approx(row["expected"]["change"], abs=1e-6)
    assert attainment([], []).change is None
    with pytest.raises(ValueError, match="same goals"):
        attainment([0], [0, 1])


def test_weights_and_correlation_count_at_both_times() -> None:
    found = attainment([0, -1], [1, 1], [3, 1], rho=0)

    # 50 + 10 (-1) / sqrt(10) and 50 + 10 · 4 / sqrt(10)
    assert found.baseline == pytest.approx(50 - 10 / 10**0.5)
    assert found.follow_up == pytest.approx(50 + 40 / 10**0.5)
    assert found.change == pytest.approx(50 / 10**0.5)


def test_no_goals_or_no_weight_is_none_and_never_fifty() -> None:
    row = vector("goals", "GA04")

    assert row["expected"]["result"][:2] == [None, None]
    assert attainment_t([]) is None
    assert attainment_t([0, 1], [0, 0]) is None
    with pytest.raises(ValueError, match="-2 to 2"):
        attainment_t([3])


def test_weights_count() -> None:
    # 50 + 10 (3 · 1 - 1 · 1) / sqrt(.7 · 10 + .3 · 16)
    assert attainment_t([1, -1], [3, 1]) == pytest.approx(50 + 20 / 11.8**0.5)
    assert attainment_t([1, -1], [2, 0]) == pytest.approx(60)
    assert attainment_t([1, 1], rho=0) == pytest.approx(50 + 20 / 2**0.5)


@pytest.mark.parametrize(
    ("given_weights", "rho"),
    [
        ([1, -1], 0.3),
        ([1], 0.3),
        ([1, float("inf")], 0.3),
        ([1, float("nan")], 0.3),
        (None, 1),
        (None, -0.1),
    ],
)
def test_impossible_weights_and_correlations_are_refused(
    given_weights: list[float] | None, rho: float
) -> None:
    with pytest.raises(ValueError, match=r"weight|rho"):
        attainment_t([1, 1], given_weights, rho)


@given(weights, st.integers(1, 8))
def test_t_is_fifty_when_every_goal_is_as_expected(given_weights: list[int], n: int) -> None:
    assert attainment_t([0] * n, given_weights[:n]) == 50


@given(levels, weights)
def test_t_is_symmetric_and_blind_to_the_unit_of_weights(
    reached: list[int], given_weights: list[int]
) -> None:
    used = given_weights[: len(reached)]
    t = attainment_t(reached, used)

    assert t is not None
    assert attainment_t([-x for x in reached], used) == pytest.approx(100 - t)
    assert attainment_t(reached, [3 * w for w in used]) == pytest.approx(t)


def test_ratings_change_over_the_same_goals_only() -> None:
    row = vector("goals", "GB01")
    given_ = row["inputs"]
    for one, two, name in [("t1", "t2", "a"), ("t1b", "t2b", "b")]:
        before = {str(n): value for n, value in enumerate(given_[one])}
        after = {str(n): value for n, value in enumerate(given_[two])}
        found, expected = rating_change(before, after), row["expected"][name]
        assert found.mean is not None
        assert found.direction is not None
        assert (found.n, found.mean.value) == (expected["n"], expected["mean_change"])
        assert found.direction.lower() == expected["reliable"]
        assert [each.lower() for each in found.goals.values()] == expected["per_goal"]
        assert found.threshold.verified is False


def test_a_change_of_just_the_threshold_counts_either_way() -> None:
    assert rating_change({"a": 1}, {"a": 3.45}).direction is GoalDirection.IMPROVED
    assert rating_change({"a": 3.45}, {"a": 1}).direction is GoalDirection.WORSENED
    assert rating_change({"a": 1}, {"a": 3.44}).direction is GoalDirection.NONE
    one = rating_change({"a": 1}, {"a": 3.45}).mean
    assert one is not None
    assert (one.n, one.interval) == (1, None)


def test_goals_rated_once_are_no_change() -> None:
    found = rating_change({"a": 5, "b": None}, {"b": 5, "c": 5})

    assert (found.n, found.mean, found.direction, found.goals) == (0, None, None, {})
    assert found.threshold is GOAL_THRESHOLD
    for value in (-0.1, 10.1):
        with pytest.raises(ValueError, match=r"ratings lie in 0\.\.10"):
            rating_change({"a": value}, {"a": 5})
    assert rating_change({"a": 0}, {"a": 10}).n == 1


def test_four_problem_items_are_prorated_to_twenty() -> None:
    row = vector("goals", "PS01")
    form = a_form(4, 0, 5, Scale("total", (1, 2, 3, 4), max_missing=1))
    for name, expected in row["expected"].items():
        (found,) = score(form, in_order(*row["inputs"][name]))
        assert found.raw == pytest.approx(expected, abs=1e-6)


def _goal(
    client: Stance = AGREE,
    therapist: Stance = AGREE,
    worded_by: PartyRole | None = CLIENT,
    days: float | None = 7,
    *,
    ended: bool = False,
) -> GoalRecord:
    agreed_at = None if days is None else START + timedelta(days=days)
    return GoalRecord({CLIENT: client, THERAPIST: therapist}, worded_by, START, agreed_at, ended)


def test_collaboration_counts_what_both_agree_to() -> None:
    found = collaboration(
        [
            _goal(days=3),
            _goal(days=5),
            _goal(worded_by=THERAPIST, days=14),
            _goal(worded_by=None, days=None),
            _goal(),
            _goal(client=PENDING),
            _goal(therapist=DISAGREE),
            _goal(ended=True),
        ]
    )

    assert (found.agreed.numerator, found.agreed.denominator) == (5, 7)
    assert found.agreed.interval == wilson(5, 7)
    assert (found.worded_by_client.numerator, found.worded_by_client.denominator) == (3, 5)
    assert (found.median_days, found.timed, found.disagreed) == (6, 4, 1)


@pytest.mark.parametrize("client", [PENDING, DISAGREE])
def test_nothing_is_shared_without_the_clients_agreement(client: Stance) -> None:
    goal = _goal(client=client)
    found = collaboration([goal] * 6)

    assert not is_shared(goal)
    assert found.agreed.value == 0
    assert found.worded_by_client.denominator == 0
    assert found.median_days is None
    assert not is_shared(_goal(ended=True))
    assert is_shared(GoalRecord({CLIENT: AGREE, THERAPIST: AGREE}, CLIENT, START))


def test_no_goals_are_no_figures() -> None:
    found = collaboration([])

    assert (found.agreed.value, found.worded_by_client.value, found.median_days) == (None,) * 3
    with pytest.raises(ValueError, match="after it was proposed"):
        collaboration([_goal(days=-1)])
    assert collaboration([_goal(days=0)]).median_days == 0
