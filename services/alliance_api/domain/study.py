"""How well each rule finds made-up ruptures, and how often it cries wolf.

An episode is found if a rule alarms at one of its answered sessions before the repair, 6 sessions
at most (`Hit.IN_EPISODE`); or, as a second reading, at its lowest session (`Hit.AT_NADIR`), where
luck along the way does not count, nor an alarm on the way down. A false alarm is one at an answered session outside every episode. Rules are compared
session by session, without joining alarms into episodes, which would flatter ours. Episodes that
begin within the baseline, and sessions of the baseline, do not count.

A lucky alarm within an episode counts as finding it in the first reading, which favours rules that
alarm often; the second favours rules that look back further than one session. Neither is neutral,
so both are to be told.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.charts import Limits, limits_before
from alliance_api.domain.ruptures import fall_in_sds
from alliance_api.domain.simulate import WORLD, Dyad, Rupture, World, simulate
from alliance_api.domain.statistics import Rate

BASELINES = (5, 8, 12)
BETWEEN_SD = 6.0
"""What a clinic would know of the form from the literature, facts 2.1 (CH03, illustrative)."""

LONGEST = 6
_NEVER = float("-inf")


class Hit(StrEnum):
    """When an episode counts as found."""

    IN_EPISODE = "IN_EPISODE"
    AT_NADIR = "AT_NADIR"


Score = Callable[[Sequence[float], int], float | None]
"""How far a session fell, the higher the more; None where the rule has nothing to say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A statistic and the value from which it alarms."""

    name: str
    score: Score
    threshold: float


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule did: episodes found, and alarms at undisturbed sessions."""

    rule: str
    baseline: int
    sensitivity: Rate
    false_alarms: Rate


@dataclass(frozen=True, slots=True)
class Equal:
    """Two statistics at thresholds that find the same share of episodes.

    `plain` is the fall since the session before, `ours` the fall below what was usual. `fell_by`
    and `sds` are the thresholds. `ratio` is how many times fewer false alarms ours has; None
    without any.
    """

    baseline: int
    sensitivity: float
    fell_by: float
    sds: float
    plain: Rate
    ours: Rate

    @property
    def ratio(self) -> float | None:
        """Plain over ours, per undisturbed session."""
        if not (self.plain.value and self.ours.value):
            return None
        return self.plain.value / self.ours.value


@dataclass(frozen=True, slots=True)
class Study:
    """All of it: every rule at every baseline, and both statistics at equal sensitivities.

    The first of `equal` at each baseline is at the sensitivity of "fell by 1 point" itself.
    """

    cases: int
    seed: int
    world: World
    hit: Hit
    rules: tuple[Found, ...]
    equal: tuple[Equal, ...]


def fell(values: Sequence[float], index: int) -> float | None:
    """Return how many points a session lies below the one before."""
    return values[index - 1] - values[index] if index else None


def below_usual(values: Sequence[float], index: int) -> float | None:
    """Return how many SDs, the stricter of both, a session lies below the usual level."""
    return fall_in_sds(values, index, BETWEEN_SD)


def below_mean(baseline: int) -> Score:
    """Return the statistic of the chart: sigmas below the mean of a frozen baseline."""

    def score(values: Sequence[float], index: int) -> float | None:
        limits = limits_before(index, values, baseline=baseline)
        if not isinstance(limits, Limits):
            return None
        return (limits.mean - values[index]) / limits.sigma

    return score


def rules(baseline: int) -> tuple[Rule, ...]:
    """Return the rules to compare, the plain one first."""
    return (
        Rule("FELL_BY_1_POINT", fell, 1),
        Rule("DROP_1SD", fell, BETWEEN_SD),
        Rule("DROP_2SD", fell, 2 * BETWEEN_SD),
        Rule("FALL_FROM_USUAL_1SD", below_usual, 1),
        Rule("FALL_FROM_USUAL_2SD", below_usual, 2),
        Rule("CHART", below_mean(baseline), 3),
    )


def study(  # noqa: PLR0913 - an experiment has this many settings
    cases: int = 10_000,
    seed: int = 1,
    world: World = WORLD,
    *,
    baselines: Sequence[int] = BASELINES,
    sensitivities: Sequence[float] = (0.9, 0.8, 0.7),
    hit: Hit = Hit.IN_EPISODE,
) -> Study:
    """Return how the rules fare on that many made-up cases; the same seed gives the same figures.

    Raises:
        ValueError: if no episode or no undisturbed session is left to judge by.
    """
    dyads = tuple(simulate(seed, cases, world))
    found: list[Found] = []
    equal: list[Equal] = []
    for n in baselines:
        compared = rules(n)
        tried = {score: _try(dyads, score, n, hit) for score in {rule.score for rule in compared}}
        found += [tried[rule.score].at(rule, n) for rule in compared]
        plain, ours = tried[fell], tried[below_usual]
        own = plain.sensitivity(1)
        equal.append(_equal(n, own, plain, ours, fell_by=1))
        equal += [_equal(n, each, plain, ours) for each in sensitivities]
    return Study(cases, seed, world, hit, tuple(found), tuple(equal))


@dataclass(frozen=True, slots=True)
class _Tried:
    """The highest score of each episode, and the score of every undisturbed session; sorted."""

    episodes: tuple[float, ...]
    quiet: tuple[float, ...]

    def sensitivity(self, threshold: float) -> float:
        return self._from(self.episodes, threshold) / len(self.episodes)

    def false_alarms(self, threshold: float) -> Rate:
        return Rate(self._from(self.quiet, threshold), len(self.quiet))

    def threshold(self, sensitivity: float) -> float:
        """Return the highest threshold that still finds this share of the episodes."""
        missed = int((1 - sensitivity) * len(self.episodes) + 1e-9)
        return self.episodes[min(missed, len(self.episodes) - 1)]

    def at(self, rule: Rule, baseline: int) -> Found:
        caught = Rate(self._from(self.episodes, rule.threshold), len(self.episodes))
        return Found(rule.name, baseline, caught, self.false_alarms(rule.threshold))

    @staticmethod
    def _from(scores: tuple[float, ...], threshold: float) -> int:
        # A fall of ten tenths is a fall of 1, whatever binary fractions make of it.
        return len(scores) - bisect_left(scores, threshold - 1e-9)


def _equal(
    baseline: int, sensitivity: float, plain: _Tried, ours: _Tried, fell_by: float | None = None
) -> Equal:
    by = plain.threshold(sensitivity) if fell_by is None else fell_by
    sds = ours.threshold(sensitivity)
    return Equal(baseline, sensitivity, by, sds, plain.false_alarms(by), ours.false_alarms(sds))


def _try(dyads: Iterable[Dyad], score: Score, baseline: int, hit: Hit) -> _Tried:
    highest: list[float] = []
    quiet: list[float] = []
    for dyad in dyads:
        answered = [(i, sum(s.client)) for i, s in enumerate(dyad.sittings) if s.client]
        values = [value for _, value in answered]
        best: dict[int, float] = {}
        for index, (session, _) in enumerate(answered[baseline:], baseline):
            value = score(values, index)
            reached = _NEVER if value is None else value
            rupture = _rupture_at(dyad, session)
            if rupture is None:
                quiet.append(reached)
            elif rupture.start >= answered[baseline][0] and _counts(rupture, session, hit):
                best[rupture.start] = max(best.get(rupture.start, _NEVER), reached)
        highest += best.values()
    if not (highest and quiet):
        raise ValueError("there is nothing to judge by")
    return _Tried(tuple(sorted(highest)), tuple(sorted(quiet)))


def _counts(rupture: Rupture, session: int, hit: Hit) -> bool:
    if hit is Hit.AT_NADIR:
        return session == rupture.nadir
    return session - rupture.start < LONGEST


def _rupture_at(dyad: Dyad, session: int) -> Rupture | None:
    for each in dyad.ruptures:
        if each.start <= session and (each.repair is None or session < each.repair):
            return each
    return None
