"""The study of rules on cases drawn by hand, of which every figure can be worked out on paper."""

from __future__ import annotations

import pytest

from alliance_api.domain.episodes import Pattern
from alliance_api.domain.simulate import Dyad, Rupture, Sitting, Style, rupture_at
from alliance_api.domain.statistics import Rate
from alliance_api.domain.study import Hit, Study, rules, study

pytestmark = pytest.mark.ground

QUIET = (36.0, 37.0, 36.0, 38.0, 37.0)
SDS = 4.0


def drawn(*sums: float | None, start: int, nadir: int, repair: int | None) -> Dyad:
    """Return a case with these sums of the client, None where nothing was answered, and one rupture."""
    sittings = [
        Sitting(True, 0.0, None if each is None else (each,), None, each or 0.0) for each in sums
    ]
    rupture = Rupture(start, nadir, repair, 6.0, Pattern.V)
    return Dyad(Style.ORDINARY, tuple(sittings), (rupture,))


def tried(*dyads: Dyad, baselines: tuple[int, ...] = (5,)) -> dict[tuple[str, int, Hit], Rates]:
    found = study(dyads, between_sd=SDS, baselines=baselines, sensitivities=())
    return {
        (each.rule, each.baseline, each.hit): (each.sensitivity, each.false_alarms)
        for each in found.rules
    }


Rates = tuple[Rate, Rate]


def plainly(*dyads: Dyad, rule: str = "FELL_BY_1_POINT", hit: Hit = Hit.IN_EPISODE) -> Rates:
    return tried(*dyads)[rule, 5, hit]


# It falls by 4 where it starts, and by 1.5 more to its lowest session.
FALL = drawn(*QUIET, 36, 32, 30.5, 36, 37, 36, 37, start=6, nadir=7, repair=8)


def test_the_rules_and_where_they_alarm() -> None:
    assert [(rule.name, rule.threshold) for rule in rules(8, SDS)] == [
        ("FELL_BY_1_POINT", 1),
        ("DROP_1SD", SDS),
        ("DROP_2SD", 2 * SDS),
        ("CHART", 3),
        ("EWMA", 1),
        ("CUSUM", 5),
        ("FALL_FROM_USUAL_1SD", 1),
        ("FALL_FROM_USUAL_2SD", 2),
        ("BEYOND_NOISE", 1),
    ]


def test_an_alarm_anywhere_in_an_episode_finds_it_and_one_outside_is_false() -> None:
    # After the baseline five sessions are undisturbed, of which two lie a point below the one before.
    assert plainly(FALL) == (Rate(1, 1), Rate(2, 5))
    assert plainly(FALL, rule="DROP_1SD") == (Rate(1, 1), Rate(0, 5))
    assert plainly(FALL, rule="DROP_2SD") == (Rate(0, 1), Rate(0, 5))


def test_at_the_lowest_session_what_was_seen_on_the_way_does_not_count() -> None:
    assert plainly(FALL, hit=Hit.AT_NADIR) == (Rate(1, 1), Rate(2, 5))
    assert plainly(FALL, rule="DROP_1SD", hit=Hit.AT_NADIR) == (Rate(0, 1), Rate(0, 5))


def test_an_episode_that_began_in_the_baseline_is_not_judged_and_one_right_after_it_is() -> None:
    within = drawn(*QUIET, 30, 36, 37, start=4, nadir=5, repair=6)
    after = drawn(*QUIET, 30, 36, 37, start=5, nadir=5, repair=6)
    assert plainly(within, FALL)[0].denominator == 1
    assert plainly(after, FALL) == (Rate(2, 2), Rate(2, 7))


@pytest.mark.parametrize(("quietly", "found"), [(5, 1), (6, 0)])
def test_after_six_sessions_an_alarm_comes_too_late(quietly: int, found: int) -> None:
    late = drawn(*QUIET, *[37] * quietly, 30, start=5, nadir=20, repair=None)
    assert tried(late, FALL)["DROP_1SD", 5, Hit.IN_EPISODE][0] == Rate(1 + found, 2)
    # Its lowest session was never seen: there is nothing to find at it.
    assert tried(late, FALL)["DROP_1SD", 5, Hit.AT_NADIR][0] == Rate(0, 1)


def test_a_lowest_session_counts_however_late_it_comes() -> None:
    slow = drawn(*QUIET, *[37] * 8, 30, start=5, nadir=13, repair=None)
    assert plainly(slow, FALL, rule="DROP_1SD", hit=Hit.AT_NADIR)[0] == Rate(1, 2)


def test_sessions_without_an_answer_are_not_there() -> None:
    gap = drawn(*QUIET, None, 35, None, 36, start=20, nadir=20, repair=None)
    # 37 to 35, over the gap.
    assert plainly(gap, FALL) == (Rate(1, 1), Rate(3, 7))


def test_who_answered_too_seldom_for_one_baseline_is_judged_by_another() -> None:
    found = tried(FALL, drawn(*QUIET, 30, start=5, nadir=5, repair=6), baselines=(6, 5))
    assert found["FELL_BY_1_POINT", 6, Hit.IN_EPISODE] == (Rate(1, 1), Rate(1, 4))
    assert found["FELL_BY_1_POINT", 5, Hit.IN_EPISODE] == (Rate(2, 2), Rate(2, 5))


def test_every_case_is_counted_also_one_that_is_not_judged() -> None:
    short = drawn(*QUIET[:2], start=20, nadir=20, repair=None)
    found: Study = study([FALL, short], between_sd=SDS, baselines=(5,), sensitivities=())
    assert found.cases == 2


def test_what_stands_of_a_rupture_at_a_session() -> None:
    [rupture] = FALL.ruptures
    assert [rupture_at(FALL, session) for session in (5, 6, 7, 8)] == [None, rupture, rupture, None]
