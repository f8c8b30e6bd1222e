import statistics
import time
from dataclasses import replace

import pytest

from alliance_api.domain.beyond_noise import falls_beyond
from alliance_api.domain.episodes import Pattern
from alliance_api.domain.psychometrics import alpha
from alliance_api.domain.simulate import WORLD, Dyad, Style, World, simulate
from alliance_api.domain.statistics import Rate
from alliance_api.domain.study import (
    BASELINES,
    OURS,
    PLAIN,
    At,
    Equal,
    Hit,
    Study,
    _Tried,
    below_mean,
    below_usual,
    beyond_noise,
    fell,
    rules,
    smoothed,
    study,
    summed,
)

pytestmark = pytest.mark.ground

DYADS = tuple(simulate(7, 600))


def _forms(dyads: tuple[Dyad, ...]) -> list[tuple[float, ...]]:
    return [each.client for dyad in dyads for each in dyad.sittings if each.client]


def test_the_same_seed_makes_the_same_people() -> None:
    assert tuple(simulate(7, 600)) == DYADS
    assert tuple(simulate(8, 600)) != DYADS
    assert tuple(simulate(7, 5)) == DYADS[:5]


def test_answers_are_answers_of_the_form() -> None:
    for form in _forms(DYADS):
        assert len(form) == WORLD.items
        assert all(
            0 <= mark <= 10 and round(mark * 10) == pytest.approx(mark * 10) for mark in form
        )


def test_another_form_can_be_filled_in() -> None:
    world = World(items=5, minimum=0, maximum=4, step=1, mean=16, stable=2.5, error=1.5)
    for form in _forms(tuple(simulate(1, 30, world))):
        assert len(form) == 5
        assert set(form) <= {0, 1, 2, 3, 4}


def test_whoever_did_not_come_left_no_form() -> None:
    for dyad in DYADS:
        assert len(dyad.sittings) == WORLD.sessions
        for each in dyad.sittings:
            assert each.kept or (each.client, each.therapist, each.client_delay) == (None,) * 3
            assert not each.kept or each.client_delay is not None


def test_ruptures_are_in_order_and_apart() -> None:
    found = [rupture for dyad in DYADS for rupture in dyad.ruptures]
    for dyad in DYADS:
        for one, other in zip(dyad.ruptures, dyad.ruptures[1:], strict=False):
            assert one.repair is not None
            assert one.repair < other.start
    for each in found:
        assert each.start >= 1
        assert each.start <= each.nadir
        assert each.repair is None or each.repair > each.nadir
        assert 6 <= each.depth <= 15
        assert (each.nadir == each.start) == (each.pattern is Pattern.V)
    assert {each.pattern for each in found} == set(Pattern)
    assert 0.1 < statistics.fmean(each.repair is None for each in found) < 0.3


def test_a_rupture_lowers_what_would_have_been_said() -> None:
    calm = replace(WORLD, ruptures=0, state=0, growth=0)
    assert all(dyad.ruptures == () for dyad in simulate(1, 20, calm))
    for dyad in DYADS:
        for each in dyad.ruptures:
            if each.nadir < WORLD.sessions:
                assert dyad.sittings[each.nadir].expected <= 40 - each.depth + 1e-9


def test_the_made_up_form_measures_as_it_was_made_to() -> None:
    sums = [sum(form) for form in _forms(DYADS)]
    one_each = [dyad.sittings[5].client for dyad in DYADS]
    reliability = alpha([form for form in one_each if form])

    assert reliability is not None
    assert 0.8 < reliability < 0.92
    assert 0.2 < statistics.fmean(each < 36 for each in sums) < 0.4
    assert 0.1 < statistics.fmean(each == 40 for each in sums) < 0.3


def test_styles_are_styles() -> None:
    straight = _forms(tuple(d for d in DYADS if d.style is Style.STRAIGHT_LINE))
    top = _forms(tuple(d for d in DYADS if d.style is Style.CEILING))

    assert straight
    assert all(len(set(form)) == 1 for form in straight)
    assert statistics.fmean(set(form) == {10} for form in top) > 0.7


def test_ten_thousand_cases_are_made_well_within_a_minute() -> None:
    began = time.process_time()
    made = sum(1 for _ in simulate(1, 1000))

    assert made == 1000
    assert time.process_time() - began < 6


@pytest.fixture(scope="module")
def studied() -> Study:
    return study(simulate(3, 400))


def test_falls_are_told_session_by_session() -> None:
    values = [36.0, 37.0, 36.0, 38.0, 37.0, 36.0, 30.0, 37.0]

    assert fell(values[:3]) == [None, -1, 1]
    assert fell([40.0]) == [None]
    assert below_usual(6)(values)[:3] == [None] * 3
    assert below_usual(6)(values)[6] == 6.5 / 6
    assert beyond_noise(6)(values) == falls_beyond(values, 6)
    for statistic in (below_mean(5), smoothed(5), summed(5)):
        assert statistic(values)[:5] == [None] * 5
        # A chart has nothing to say of a baseline that does not vary, or is not there yet.
        assert statistic([40.0] * 7) == [None] * 7
        assert statistic(values[:4]) == [None] * 4
    # Moving ranges of 1, 1, 2 and 1 around 36.8: sigma is 1.25 / 1.128.
    sigma = 1.25 / 1.128
    assert below_mean(5)(values)[6] == pytest.approx(6.8 / sigma)
    # Each of the low sums gains (36.8 - x) / sigma - 0.5, and never falls below 0.
    gains = [(36.8 - x) / sigma - 0.5 for x in values[5:]]
    sums = [gains[0], gains[0] + gains[1], gains[0] + gains[1] + gains[2]]
    assert summed(5)(values)[5:] == pytest.approx(sums)
    # The EWMA of the first later session is 0.3 of its fall, as is its half-width of 3 sigma.
    assert smoothed(5)(values)[5] == pytest.approx(0.8 / (3 * sigma))


def test_every_rule_is_tried_on_the_same_episodes(studied: Study) -> None:
    assert studied == study(simulate(3, 400))
    assert studied.cases == 400
    for hit in Hit:
        for n in BASELINES:
            found = [each for each in studied.rules if (each.baseline, each.hit) == (n, hit)]
            assert [each.rule for each in found] == [rule.name for rule in rules(n)]
            assert len({each.sensitivity.denominator for each in found}) == 1
            assert len({each.false_alarms.denominator for each in found}) == 1


def test_our_rule_cries_wolf_much_less_than_the_plain_one(studied: Study) -> None:
    found = {(each.baseline, each.rule): each for each in studied.rules}
    for n in BASELINES:
        plain, ours = found[n, PLAIN].false_alarms.value, found[n, OURS].false_alarms.value
        assert plain is not None
        assert ours is not None
        assert plain > 40 * ours
    for one, other in [("DROP_1SD", "DROP_2SD"), ("FALL_FROM_USUAL_1SD", "FALL_FROM_USUAL_2SD")]:
        loose, strict = found[5, one], found[5, other]
        assert strict.sensitivity.numerator < loose.sensitivity.numerator
        assert strict.false_alarms.numerator < loose.false_alarms.numerator


def test_the_study_compares_at_equal_sensitivity(studied: Study) -> None:
    found = {(each.baseline, each.rule, each.hit): each for each in studied.rules}
    for each in studied.equal:
        assert each.ratio is None or each.ratio > 1
        ours = found[each.baseline, OURS, each.hit]
        if each.at is At.OUR_OWN:
            assert each.share == 1
            assert each.sensitivity == ours.sensitivity.value
            assert each.ours == ours.false_alarms
        if each.at is At.PLAIN_OWN:
            plain = found[each.baseline, PLAIN, each.hit]
            assert each.fell_by == 1
            assert each.sensitivity == plain.sensitivity.value
            assert each.plain == plain.false_alarms
    assert len(studied.equal) == len(Hit) * len(BASELINES) * 5
    assert len(studied.ratios(Hit.IN_EPISODE, At.OUR_OWN)) == len(BASELINES)
    assert len(studied.ratios(Hit.AT_NADIR, At.GIVEN)) == len(BASELINES) * 3


def test_the_plain_rule_finds_no_more_than_ours_and_barely_less() -> None:
    tried = _Tried((1.0, 2.0, 3.0, 3.0, 4.0), (0.5, 2.5, 3.5))

    assert tried.at_most(5) == float("-inf")
    assert (tried.at_most(4), tried.sensitivity(2.0).numerator) == (2.0, 4)
    # Two falls of 3: without them one is left, and the next fall that anybody showed is 3.5.
    assert tried.at_most(2) == tried.at_most(1) == 3.5
    assert tried.at_most(0) == float("inf")
    assert tried.at_least(1) == 1
    assert tried.at_least(0.8) == 2
    assert tried.at_least(0) == 4


def test_at_the_nadir_luck_along_the_way_does_not_count(studied: Study) -> None:
    anywhere, nadir = (
        [each for each in studied.rules if each.hit is hit]
        for hit in (Hit.IN_EPISODE, Hit.AT_NADIR)
    )
    assert anywhere[0].false_alarms == nadir[0].false_alarms
    for one, other in zip(anywhere, nadir, strict=True):
        assert other.sensitivity.numerator <= one.sensitivity.numerator
        assert other.sensitivity.denominator <= one.sensitivity.denominator


def test_without_a_false_alarm_there_is_no_ratio() -> None:
    none, some = Rate(0, 100), Rate(1, 100)
    for plain, ours, ratio in [(some, none, None), (none, some, None), (some, some, 1)]:
        each = Equal(8, Hit.IN_EPISODE, At.GIVEN, 0.8, 1, 1, plain, ours)
        assert each.ratio == ratio


def test_nothing_to_judge_by_is_refused() -> None:
    for world in (replace(WORLD, ruptures=0), replace(WORLD, sessions=4)):
        with pytest.raises(ValueError, match="nothing to judge"):
            study(simulate(1, 3, world))
