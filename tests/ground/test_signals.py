from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.goals import Stance
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.signals import Signal, SignalKind, SignalPolicy, signals
from alliance_api.domain.views import (
    Appearance,
    Asked,
    Asking,
    Cut,
    GoalView,
    PreferenceView,
    Reports,
    TensionReport,
    View,
)
from tests.ground.seen import (
    CLIENT,
    NORM,
    START,
    STEADY,
    THERAPIST,
    a_pair,
    a_series,
    falls,
    keys,
    of_kind,
    week,
)

pytestmark = pytest.mark.ground

values_ = st.lists(st.integers(0, 40).map(float), max_size=20)


def test_nothing_seen_is_nothing_said() -> None:
    assert signals(View()) == ()
    assert signals(View(series=(a_series([]),))) == ()
    assert signals(View(series=(a_series(STEADY),))) == ()


@pytest.mark.parametrize(("inclusive", "begin"), [(True, "m1"), (False, "m2")])
def test_low_alliance_needs_a_cut_and_its_end_is_spelled_out(inclusive: bool, begin: str) -> None:
    values = [37.0, 36.0, 35.0, 30.0, 37.0, 20.0]
    cut = Cut(36, inclusive, "the clinic")

    found = of_kind(View(series=(a_series(values, cut=cut),)), SignalKind.LOW_ALLIANCE)
    assert [each.key for each in found] == [
        f"LOW_ALLIANCE:client:{begin}",
        "LOW_ALLIANCE:client:m5",
    ]
    assert found[1].evidence == ("m5",)
    assert of_kind(View(series=(a_series(values),)), SignalKind.LOW_ALLIANCE) == []


def test_a_reliable_fall_is_one_however_long_it_lasts() -> None:
    # 1.96 · S_diff = 5.76 points below the mean of the first three, 30.
    values = [30.0, 29.0, 31.0, 25.0, 24.0, 23.0, 30.0, 24.3]
    found = of_kind(View(series=(a_series(values),)), SignalKind.RELIABLE_FALL)

    assert [each.evidence for each in found] == [("m4", "m5")]
    assert found[0].key == "RELIABLE_FALL:client:m4"
    without = View(series=(a_series(values, norm=None),))
    assert of_kind(without, SignalKind.RELIABLE_FALL) == []
    assert of_kind(View(series=(a_series([30.0, 10.0]),)), SignalKind.RELIABLE_FALL) == []


def test_a_rupture_and_its_repair_are_two_signals_of_one_episode() -> None:
    view = View(series=(a_series([*STEADY, 20.0, 21.0, 31.0]),))

    (rupture,) = of_kind(view, SignalKind.RUPTURE)
    (repair,) = of_kind(view, SignalKind.REPAIR)
    assert rupture.key == "RUPTURE:client:m8"
    assert repair.key == "REPAIR:client:m8"
    assert rupture.evidence == ("m7", "m8")
    assert repair.evidence == ("m7", "m8", "m10")


def test_without_a_norm_a_share_of_the_range_stands_for_its_sd() -> None:
    for norm in (NORM, None):
        view = View(series=(a_series([*STEADY, 20.0], norm=norm),))
        (found,) = of_kind(view, SignalKind.RUPTURE)
        assert found.method.id == "rupture-beyond-noise"
        assert found.rate is not None
        assert found.rate.value == 0.003
        few = View(series=(a_series([*STEADY[:2], 20.0], norm=norm),))
        assert of_kind(few, SignalKind.RUPTURE) == []


def test_near_the_ceiling_a_step_is_no_rupture() -> None:
    values = [40.0, 40.0, 39.9, 40.0, 40.0, 40.0, 40.0, 40.0, 39.0]

    for norm in (NORM, None):
        assert of_kind(View(series=(a_series(values, norm=norm),)), SignalKind.RUPTURE) == []
    # 15 % of the range below the usual level is the least there is: 6 points of 40, 4.5 of 30.
    for minimum, held, fell in [(0, 34.0, 33.9), (10, 35.5, 35.4)]:
        for value, n in [(held, 0), (fell, 1)]:
            series = replace(a_series([*values[:8], value], norm=None), minimum=minimum)
            assert len(of_kind(View(series=(series,)), SignalKind.RUPTURE)) == n


@given(values_, values_)
def test_earlier_signals_keep_their_keys_when_sessions_follow(
    values: list[float], later: list[float]
) -> None:
    cut = Cut(20, inclusive=True, source="the clinic")
    before = signals(View(series=(a_series(values, cut=cut),)))
    after = signals(View(series=(a_series([*values, *later], cut=cut),)))

    assert {each.key for each in before} <= {each.key for each in after}
    assert len({each.key for each in after}) == len(after)


@given(values_, values_)
def test_a_series_one_audience_does_not_see_changes_nothing_it_is_told(
    values: list[float], private: list[float]
) -> None:
    seen = a_series(values)
    hidden = a_series(private, key="private", name="p")
    told = signals(View(series=(seen,)))
    to_its_owner = signals(View(series=(seen, hidden)))

    assert told == tuple(each for each in to_its_owner if ":private:" not in each.key)


@given(values_)
def test_no_rise_is_a_fall(values: list[float]) -> None:
    rising = View(series=(a_series(sorted(values)),))
    falls = {SignalKind.RUPTURE, SignalKind.RELIABLE_FALL, SignalKind.REPAIR}

    assert not falls & {each.kind for each in signals(rising)}


@pytest.mark.parametrize(("n", "signalled"), [(4, False), (5, True), (9, True)])
def test_stuck_at_the_ceiling_is_said_once_from_the_fifth_time(n: int, signalled: bool) -> None:
    view = View(series=(a_series([*[40.0] * n, 39.0]),))
    found = of_kind(view, SignalKind.STUCK_AT_CEILING)

    assert len(found) == signalled
    assert all(each.key == "STUCK_AT_CEILING:client:m0" for each in found)
    assert all(len(each.evidence) == n for each in found)


def test_divergence_is_twenty_percent_apart_three_times_over() -> None:
    def divergences(*gaps: float) -> list[Signal]:
        return of_kind(
            a_pair([20.0] * len(gaps), [20 + gap for gap in gaps]), SignalKind.DIVERGENCE
        )

    assert divergences(8, 8) == []
    assert divergences(4, 4, 4) == []
    assert divergences(8, 7.9, 8, 8) == []
    assert divergences(8, 8, -8) == []
    (higher,) = divergences(0, 8, 9, 8, 8)
    assert (higher.key, higher.evidence) == (
        "DIVERGENCE:client:therapist:s1",
        ("s1", "s2", "s3", "s4"),
    )
    assert len(divergences(-8, -8, -8)) == 1
    assert divergences(-7.9, -7.9, -7.9) == []


def test_divergence_needs_both_series_in_view_and_the_same_sessions() -> None:
    view = a_pair([20.0] * 5, [40.0] * 5)
    assert len(of_kind(view, SignalKind.DIVERGENCE)) == 1

    for one in view.series:
        assert of_kind(replace(view, series=(one,)), SignalKind.DIVERGENCE) == []
    therapist = view.series[1]
    without = tuple(replace(each, session=None) for each in therapist.readings)
    apart = replace(view, series=(view.series[0], replace(therapist, readings=without)))
    assert of_kind(apart, SignalKind.DIVERGENCE) == []


def test_two_unanswered_forms_in_a_row_are_missing_feedback() -> None:
    def missing(answered: str) -> list[str]:
        asked = tuple(Asked(f"o{n}", week(n), each == "x") for n, each in enumerate(answered))
        return keys(View(askings=(Asking("client", asked),)), SignalKind.FEEDBACK_MISSING)

    assert missing("x.x.x") == []
    assert missing("x..") == ["FEEDBACK_MISSING:client:o1"]
    assert missing("x....x..") == ["FEEDBACK_MISSING:client:o1", "FEEDBACK_MISSING:client:o6"]


@pytest.mark.parametrize("party", PartyRole)
def test_two_of_three_failed_after_a_reliable_time(party: PartyRole) -> None:
    assert falls(party, "kkkkmmk") == []
    assert falls(party, "kkkkkmkk") == []
    (found,) = falls(party, "kkkkkkmm")
    assert (found.key, found.evidence) == (f"RELIABILITY_FALLING:{party}:a7", ("a6", "a7"))
    assert len(falls(party, "kkkkmkmm")) == 1
    assert falls(party, "kkkmmkmm") == []
    assert falls(party, "kkkkkkmmmmmkm") == [found]


def test_reliability_can_fall_anew_once_it_has_recovered() -> None:
    assert len(falls(CLIENT, "kkkkkkkkkkmmkkkmm")) == 2
    assert len(falls(CLIENT, "kkkkkkkkkkmmkkmm")) == 1


def test_the_other_party_is_no_part_of_a_partys_record() -> None:
    mine = tuple(Appearance(f"a{n}", week(n), CLIENT, failed=False) for n in range(9))
    theirs = tuple(Appearance(f"b{n}", week(n), THERAPIST, failed=n > 6) for n in range(9))
    view = View(appearances=tuple(each for pair in zip(mine, theirs, strict=True) for each in pair))

    assert keys(view, SignalKind.RELIABILITY_FALLING) == ["RELIABILITY_FALLING:THERAPIST:b8"]


def test_a_disagreement_is_about_words_and_ends_with_them() -> None:
    def disagreements(wording: str, client: Stance, therapist: Stance) -> list[str]:
        goal = GoalView("goal", wording, START, {CLIENT: client, THERAPIST: therapist})
        return keys(View(goals=(goal,)), SignalKind.GOAL_DISAGREEMENT)

    assert disagreements("w1", Stance.DISAGREE, Stance.DISAGREE) == ["GOAL_DISAGREEMENT:goal:w1"]
    assert disagreements("w2", Stance.AGREE, Stance.DISAGREE) == ["GOAL_DISAGREEMENT:goal:w2"]
    assert disagreements("w2", Stance.AGREE, Stance.PENDING) == []
    said = GoalView("goal", "w1", week(3), {CLIENT: Stance.DISAGREE})
    (found,) = of_kind(View(goals=(said,)), SignalKind.GOAL_DISAGREEMENT)
    assert (found.at, found.evidence) == (week(3), ("goal",))


@pytest.mark.parametrize(
    ("wanted", "offered", "mismatch"),
    [
        (8, -1, True),
        (7, -1, False),
        (8, 0, False),
        (8, None, False),
        (-3, 1, True),
        (-2, 1, False),
        (-3, 0, False),
        (-3, -5, False),
    ],
)
def test_only_a_strong_preference_can_be_crossed(
    wanted: float, offered: float | None, mismatch: bool
) -> None:
    preference = PreferenceView("m", START, "directiveness", wanted, offered, -3, 8)
    found = keys(View(preferences=(preference,)), SignalKind.PREFERENCE_MISMATCH)

    assert found == (["PREFERENCE_MISMATCH:directiveness:m"] if mismatch else [])


def test_a_crossed_preference_rests_on_what_said_it() -> None:
    said = PreferenceView("m", week(2), "directiveness", 8, -1, -3, 8, evidence=("m", "offered"))
    (found,) = of_kind(View(preferences=(said,)), SignalKind.PREFERENCE_MISMATCH)

    assert (found.at, found.evidence) == (week(2), ("m", "offered"))


def test_reported_tension_is_a_rupture_too() -> None:
    told = tuple(
        TensionReport(f"r{n}", week(n), tension) for n, tension in enumerate([0, 1, None, 2, 0])
    )
    view = View(tensions=(Reports("client-tension", told),))

    assert keys(view, SignalKind.RUPTURE) == ["RUPTURE:client-tension:r1"]
    (repair,) = of_kind(view, SignalKind.REPAIR)
    assert repair.evidence == ("r1", "r3", "r4")


def test_a_clinic_sets_its_own_policy() -> None:
    view = View(series=(a_series([40.0] * 3),))

    assert signals(view) == ()
    assert len(signals(view, SignalPolicy(ceiling_sessions=3))) == 1
