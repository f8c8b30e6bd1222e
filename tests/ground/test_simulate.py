import statistics
import time
from dataclasses import replace

import pytest

from alliance_api.domain.episodes import Pattern
from alliance_api.domain.psychometrics import alpha
from alliance_api.domain.simulate import WORLD, Dyad, Style, World, simulate
from alliance_api.domain.study import BASELINES, Hit, fell, study

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


def test_a_fall_is_counted_from_the_session_before() -> None:
    assert fell([40, 39], 1) == 1
    assert fell([40], 0) is None


def test_the_study_compares_at_equal_sensitivity() -> None:
    found = study(400, seed=3)
    rules = {(each.baseline, each.rule): each for each in found.rules}

    assert found == study(400, seed=3)
    assert {each.baseline for each in found.rules} == set(BASELINES)
    for n in BASELINES:
        plain, ours = rules[n, "FELL_BY_1_POINT"], rules[n, "FALL_FROM_USUAL_1SD"]
        assert plain.sensitivity.denominator == ours.sensitivity.denominator
        assert plain.false_alarms.denominator == ours.false_alarms.denominator
        assert plain.false_alarms.value is not None
        assert ours.false_alarms.value is not None
        assert plain.false_alarms.value > 20 * ours.false_alarms.value
        strict = rules[n, "FALL_FROM_USUAL_2SD"]
        assert strict.sensitivity.numerator <= ours.sensitivity.numerator
    for each in found.equal:
        assert each.ratio is None or each.ratio > 1
    first = found.equal[0]
    assert (first.baseline, first.fell_by) == (5, 1)
    assert first.sensitivity == pytest.approx(rules[5, "FELL_BY_1_POINT"].sensitivity.value)
    assert first.plain == rules[5, "FELL_BY_1_POINT"].false_alarms


def test_at_the_nadir_luck_along_the_way_does_not_count() -> None:
    anywhere, nadir = study(400, seed=3), study(400, seed=3, hit=Hit.AT_NADIR)

    assert anywhere.rules[0].false_alarms == nadir.rules[0].false_alarms
    for one, other in zip(anywhere.rules, nadir.rules, strict=True):
        assert other.sensitivity.numerator <= one.sensitivity.numerator
        assert other.sensitivity.denominator <= one.sensitivity.denominator


def test_nothing_to_judge_by_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to judge"):
        study(3, world=replace(WORLD, ruptures=0))
