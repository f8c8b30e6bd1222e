from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.beyond_noise import METHOD as BEYOND_NOISE
from alliance_api.domain.goals import Stance
from alliance_api.domain.instruments import InformantRole
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.signal_kinds import MEANING, RATES, stated_rate
from alliance_api.domain.signals import SignalKind, signals
from alliance_api.domain.views import About, Asked, Asking, Cut, GoalView, PreferenceView, View
from tests.ground.seen import (
    CLIENT,
    START,
    STEADY,
    THERAPIST,
    a_pair,
    a_series,
    falls,
    of_kind,
    week,
)

pytestmark = pytest.mark.ground

values_ = st.lists(st.integers(0, 40).map(float), max_size=20)


def _over(view: View, kind: SignalKind) -> list[bool]:
    return [signal.over for signal in of_kind(view, kind)]


def test_an_episode_is_over_once_a_later_observation_ended_it() -> None:
    cut = Cut(36, inclusive=False, source="the clinic")

    def low(*values: float) -> list[bool]:
        return _over(View(series=(a_series(values, cut=cut),)), SignalKind.LOW_ALLIANCE)

    def missing(answered: str) -> list[bool]:
        asked = tuple(Asked(f"o{n}", week(n), each == "x") for n, each in enumerate(answered))
        return _over(View(askings=(Asking("client", asked),)), SignalKind.FEEDBACK_MISSING)

    assert low(35, 35) == [False]
    assert low(35, 36, 35) == [True, False]
    assert missing("..") == [False]
    assert missing("..x") == [True]
    assert _over(a_pair([20.0] * 3, [28.0] * 3), SignalKind.DIVERGENCE) == [False]
    assert _over(a_pair([20.0] * 4, [28.0, 28.0, 28.0, 20.0]), SignalKind.DIVERGENCE) == [True]
    assert [each.over for each in falls(CLIENT, "kkkkkkmmkk")] == [False]
    assert [each.over for each in falls(CLIENT, "kkkkkkmmkkk")] == [True]


def test_a_rupture_is_over_when_it_was_repaired_and_its_repair_always_is() -> None:
    fallen, mended = ([*STEADY, 20.0, 21.0], [*STEADY, 20.0, 21.0, 31.0])

    for values, over in ((fallen, [False]), (mended, [True])):
        view = View(series=(a_series(values),))
        assert _over(view, SignalKind.RUPTURE) == over
        assert all(_over(view, SignalKind.REPAIR))


def test_a_disagreement_is_over_with_its_wording() -> None:
    said = {CLIENT: Stance.DISAGREE, THERAPIST: Stance.AGREE}
    before = GoalView("goal", "1", START, said, stands=False)
    now = GoalView("goal", "2", START, {THERAPIST: Stance.DISAGREE})
    found = of_kind(View(goals=(before, now)), SignalKind.GOAL_DISAGREEMENT)

    assert [each.over for each in found] == [True, False]
    assert [each.about.party for each in found] == [CLIENT, THERAPIST]
    both = GoalView("goal", "1", START, dict.fromkeys(PartyRole, Stance.DISAGREE))
    assert of_kind(View(goals=(both,)), SignalKind.GOAL_DISAGREEMENT)[0].about.party is None


def test_a_signal_is_raised_by_the_observation_that_completes_it() -> None:
    stuck = View(series=(a_series([40.0] * 7),))
    asked = tuple(Asked(f"o{n}", week(n), answered=False) for n in range(4))
    apart = a_pair([20.0] * 4, [28.0] * 4)
    later = tuple(replace(each, at=each.at + timedelta(1)) for each in apart.series[1].readings)
    view = replace(apart, series=(apart.series[0], replace(apart.series[1], readings=later)))

    assert [each.at for each in of_kind(stuck, SignalKind.STUCK_AT_CEILING)] == [week(4)]
    missing = View(askings=(Asking("client", asked),))
    assert [each.at for each in of_kind(missing, SignalKind.FEEDBACK_MISSING)] == [week(1)]
    assert [each.at for each in of_kind(view, SignalKind.DIVERGENCE)] == [week(2) + timedelta(1)]
    mended = View(series=(a_series([*STEADY, 20.0, 21.0, 31.0]),))
    assert [each.at for each in of_kind(mended, SignalKind.RUPTURE)] == [week(8)]
    assert [each.at for each in of_kind(mended, SignalKind.REPAIR)] == [week(10)]


@given(values_, values_)
def test_what_follows_changes_neither_when_a_signal_was_raised_nor_what_it_is_about(
    values: list[float], later: list[float]
) -> None:
    about = About("somebody", InformantRole.CLIENT, "form", "total")
    told = []
    for readings in (values, [*values, *later]):
        series = replace(a_series(readings, cut=Cut(20, inclusive=True, source="x")), about=about)
        told.append({each.key: each for each in signals(View(series=(series,)))})
    before, after = told

    for key, signal in before.items():
        assert (signal.at, signal.about) == (after[key].at, about)
        assert after[key].over or not signal.over
        assert signal.rate == after[key].rate


def test_a_signal_says_whose_ratings_it_rests_on() -> None:
    mine = About("her", InformantRole.CLIENT, "wai-sr-c", "total")
    theirs = About("him", InformantRole.THERAPIST, "wai-sr-t", "total")
    pair = a_pair([20.0] * 3, [28.0] * 3)
    series = (replace(pair.series[0], about=mine), replace(pair.series[1], about=theirs))
    view = replace(pair, series=series)

    assert [each.about for each in of_kind(view, SignalKind.DIVERGENCE)] == [theirs]
    (falling,) = falls(CLIENT, "kkkkkkmm")
    assert falling.about == About(party=CLIENT)
    preference = PreferenceView("m", START, "directiveness", 8, -1, -3, 8, about=mine)
    (mismatch,) = of_kind(View(preferences=(preference,)), SignalKind.PREFERENCE_MISMATCH)
    assert mismatch.about == replace(mine, scale="directiveness")


def test_how_often_it_is_raised_by_chance_is_said_where_it_is_known_and_by_whom() -> None:
    view = View(
        series=(a_series([*STEADY, 20.0, 21.0, 31.0], cut=Cut(36, inclusive=True, source="x")),),
        goals=(GoalView("goal", "1", START, {CLIENT: Stance.DISAGREE}),),
    )
    found = {each.kind: each.rate for each in signals(view)}

    assert found[SignalKind.LOW_ALLIANCE] is None
    assert found[SignalKind.REPAIR] == found[SignalKind.RUPTURE]
    assert (rate := found[SignalKind.RELIABLE_FALL]) is not None
    assert rate.value == 0.025
    assert (own := found[SignalKind.GOAL_DISAGREEMENT]) is not None
    assert own.value == 0
    assert all(rate.source for rate in RATES.values())
    assert (falling := falls(CLIENT, "kkkkkkmm")[0].rate) is not None
    assert falling.value == pytest.approx(3 * 0.089**2 * (1 - 0.089) + 0.089**3, abs=0.0005)


def test_the_rate_of_a_rupture_is_what_the_rule_was_found_to_do() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "ruptures.md"
    rows = [line.split("|") for line in page.read_text().splitlines() if "| beyond noise |" in line]
    found = [float(row[6].strip(" %")) / 100 for row in rows if row[1].strip().isdigit()]
    rate = stated_rate(SignalKind.RUPTURE, BEYOND_NOISE)

    assert len(found) == 3
    assert rate is not None
    assert rate.value == pytest.approx(max(found), abs=0.0005)


def test_every_kind_has_its_meaning() -> None:
    assert set(MEANING) == set(SignalKind)
