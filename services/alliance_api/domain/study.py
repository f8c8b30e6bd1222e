"""How well each rule finds made-up ruptures, and how often it cries wolf.

An episode is found if a rule alarms at one of its answered sessions before the repair, 6 sessions
at most (`Hit.IN_EPISODE`); or, as a second reading, at its lowest session (`Hit.AT_NADIR`), where
luck along the way does not count, nor an alarm on the way down. A false alarm is one at an answered
session outside every episode. Rules are compared session by session, without joining alarms into
episodes, which would flatter ours. Episodes that begin within the baseline, and sessions of the
baseline, do not count.

A lucky alarm within an episode counts as finding it in the first reading, which favours rules that
alarm often; the second favours rules that look back further than one session. Neither is neutral,
so both are to be told.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import pairwise

from alliance_api.domain.beyond_noise import falls_beyond
from alliance_api.domain.charts import Limits, frozen_limits
from alliance_api.domain.drift import cusum, ewma
from alliance_api.domain.ruptures import fall_in_sds
from alliance_api.domain.simulate import Dyad, Rupture, rupture_at
from alliance_api.domain.statistics import Rate

BASELINES = (5, 8, 12)
SENSITIVITIES = (0.9, 0.8, 0.7)
BETWEEN_SD = 6.0
"""What a clinic would know of the form from the literature, facts 2.1 (CH03, illustrative)."""

LONGEST = 6
PLAIN, OURS = "FELL_BY_1_POINT", "BEYOND_NOISE"
_NEVER = float("-inf")
# A fall of ten tenths is a fall of 1, whatever binary fractions make of it.
_EDGE = 1e-9


class Hit(StrEnum):
    """When an episode counts as found."""

    IN_EPISODE = "IN_EPISODE"
    AT_NADIR = "AT_NADIR"


class At(StrEnum):
    """Whose sensitivity two rules are compared at; the other's threshold is moved to meet it.

    At our own, the plain rule finds no more than ours; elsewhere each finds at least that share.
    """

    OUR_OWN = "OUR_OWN"
    PLAIN_OWN = "PLAIN_OWN"
    GIVEN = "GIVEN"


Statistic = Callable[[Sequence[float]], Sequence[float | None]]
"""How far each session fell, the higher the more; None where the rule has nothing to say."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A statistic and the value from which it alarms."""

    name: str
    statistic: Statistic
    threshold: float


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule did: episodes found, and alarms at undisturbed sessions."""

    rule: str
    baseline: int
    hit: Hit
    sensitivity: Rate
    false_alarms: Rate


@dataclass(frozen=True, slots=True)
class Equal:
    """Our rule and the plain one, at thresholds that find the same share of episodes.

    `fell_by` is the plain rule's threshold in points and `share` ours, 1 being where it alarms.
    """

    baseline: int
    hit: Hit
    at: At
    sensitivity: float
    fell_by: float
    share: float
    plain: Rate
    ours: Rate

    @property
    def ratio(self) -> float | None:
        """How many times fewer false alarms ours has per undisturbed session; None without any."""
        if not (self.plain.value and self.ours.value):
            return None
        return self.plain.value / self.ours.value


@dataclass(frozen=True, slots=True)
class Study:
    """Every rule at every baseline, and ours beside the plain one at equal sensitivities."""

    cases: int
    rules: tuple[Found, ...]
    equal: tuple[Equal, ...]

    def ratios(self, hit: Hit, at: At) -> tuple[float | None, ...]:
        """Return how many times fewer false alarms, baseline by baseline."""
        return tuple(each.ratio for each in self.equal if (each.hit, each.at) == (hit, at))


def fell(values: Sequence[float]) -> list[float | None]:
    """Return how many points each session lies below the one before."""
    return [None, *(before - here for before, here in pairwise(values))]


@cache
def below_usual(sd: float) -> Statistic:
    """Return the statistic of `fall_rule`: SDs, the stricter of both, below the usual level."""
    return lambda values: [fall_in_sds(values, index, sd) for index in range(len(values))]


@cache
def beyond_noise(sd: float) -> Statistic:
    """Return the statistic of `beyond_noise_rule`."""
    return lambda values: falls_beyond(values, sd)


def below_mean(baseline: int) -> Statistic:
    """Return the statistic of the chart: sigmas below the mean of a frozen baseline."""

    def statistic(values: Sequence[float]) -> list[float | None]:
        before = frozen_limits(values, baseline=baseline)
        found = ((before(index), value) for index, value in enumerate(values))
        return [
            (limits.mean - value) / limits.sigma if isinstance(limits, Limits) else None
            for limits, value in found
        ]

    return statistic


def smoothed(baseline: int) -> Statistic:
    """Return the statistic of the EWMA after a frozen baseline: its fall over its half-width."""

    def statistic(values: Sequence[float]) -> list[float | None]:
        limits = frozen_limits(values, baseline=baseline)(baseline)
        if not isinstance(limits, Limits):
            return [None] * len(values)
        found = ewma(values[baseline:], limits.mean, limits.sigma)
        pairs = zip(found.smoothed, found.lower, strict=True)
        falls = [(limits.mean - here) / (limits.mean - lower) for here, lower in pairs]
        return [*[None] * (len(values) - len(falls)), *falls]

    return statistic


def summed(baseline: int) -> Statistic:
    """Return the statistic of the CUSUM after a frozen baseline: the low sum in sigmas."""

    def statistic(values: Sequence[float]) -> list[float | None]:
        limits = frozen_limits(values, baseline=baseline)(baseline)
        if not isinstance(limits, Limits):
            return [None] * len(values)
        sums = [
            low / limits.sigma for low in cusum(values[baseline:], limits.mean, limits.sigma).low
        ]
        return [*[None] * (len(values) - len(sums)), *sums]

    return statistic


def rules(baseline: int, sd: float = BETWEEN_SD) -> tuple[Rule, ...]:
    """Return the rules to compare, the plain one first and ours last; `sd` is between people."""
    return (
        Rule(PLAIN, fell, 1),
        Rule("DROP_1SD", fell, sd),
        Rule("DROP_2SD", fell, 2 * sd),
        Rule("CHART", below_mean(baseline), 3),
        Rule("EWMA", smoothed(baseline), 1),
        Rule("CUSUM", summed(baseline), 5),
        Rule("FALL_FROM_USUAL_1SD", below_usual(sd), 1),
        Rule("FALL_FROM_USUAL_2SD", below_usual(sd), 2),
        Rule(OURS, beyond_noise(sd), 1),
    )


def study(
    dyads: Iterable[Dyad],
    *,
    between_sd: float = BETWEEN_SD,
    baselines: Sequence[int] = BASELINES,
    sensitivities: Sequence[float] = SENSITIVITIES,
) -> Study:
    """Return how the rules fare on made-up cases, each of which is looked at once.

    Raises:
        ValueError: if no episode or no undisturbed session is left to judge by.
    """
    compared = {n: rules(n, between_sd) for n in baselines}
    trials = {n: {rule.statistic: _Trial() for rule in each} for n, each in compared.items()}
    cases = 0
    for cases, dyad in enumerate(dyads, 1):  # noqa: B007 - the last one is how many there were
        _try(dyad, trials)
    found: list[Found] = []
    equal: list[Equal] = []
    for hit in Hit:
        for n in baselines:
            tried = {statistic: _Tried.of(trial, hit) for statistic, trial in trials[n].items()}
            found += [tried[rule.statistic].at(rule, n, hit) for rule in compared[n]]
            plain, *_, ours = compared[n]
            pair = tried[plain.statistic], tried[ours.statistic]
            equal += _equal(n, hit, *pair, sensitivities)
    return Study(cases, tuple(found), tuple(equal))


@dataclass(frozen=True, slots=True)
class _Trial:
    """The highest value within each episode, and the value of every undisturbed session."""

    episodes: dict[Hit, list[float]] = field(default_factory=lambda: {hit: [] for hit in Hit})
    quiet: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Tried:
    """The values of a trial, sorted."""

    episodes: tuple[float, ...]
    quiet: tuple[float, ...]

    @classmethod
    def of(cls, trial: _Trial, hit: Hit) -> "_Tried":
        if not (trial.episodes[hit] and trial.quiet):
            raise ValueError("there is nothing to judge by")
        return cls(tuple(sorted(trial.episodes[hit])), tuple(sorted(trial.quiet)))

    def sensitivity(self, threshold: float) -> Rate:
        return Rate(self._from(self.episodes, threshold), len(self.episodes))

    def false_alarms(self, threshold: float) -> Rate:
        return Rate(self._from(self.quiet, threshold), len(self.quiet))

    def at_least(self, share: float) -> float:
        """Return the highest threshold that still finds this share of the episodes."""
        missed = int((1 - share) * len(self.episodes) + _EDGE)
        return self.episodes[min(missed, len(self.episodes) - 1)]

    def at_most(self, episodes: int) -> float:
        """Return the lowest threshold that finds no more than so many episodes."""
        found = len(self.episodes)
        if found <= episodes:
            return _NEVER
        beyond = self.episodes[found - episodes - 1] + _EDGE
        above = [all_[bisect_right(all_, beyond) :][:1] for all_ in (self.episodes, self.quiet)]
        return min((value for values in above for value in values), default=float("inf"))

    def at(self, rule: Rule, baseline: int, hit: Hit) -> Found:
        caught, cried = self.sensitivity(rule.threshold), self.false_alarms(rule.threshold)
        return Found(rule.name, baseline, hit, caught, cried)

    @staticmethod
    def _from(scores: tuple[float, ...], threshold: float) -> int:
        return len(scores) - bisect_left(scores, threshold - _EDGE)


def _equal(
    baseline: int, hit: Hit, plain: _Tried, ours: _Tried, sensitivities: Sequence[float]
) -> list[Equal]:
    def compared(at: At, sensitivity: float, fell_by: float, share: float) -> Equal:
        cried = plain.false_alarms(fell_by), ours.false_alarms(share)
        return Equal(baseline, hit, at, sensitivity, fell_by, share, *cried)

    caught = ours.sensitivity(1).numerator
    plainly = plain.sensitivity(1).numerator / len(plain.episodes)
    return [
        compared(At.OUR_OWN, caught / len(ours.episodes), plain.at_most(caught), 1),
        compared(At.PLAIN_OWN, plainly, 1, ours.at_least(plainly)),
        *(
            compared(At.GIVEN, each, plain.at_least(each), ours.at_least(each))
            for each in sensitivities
        ),
    ]


def _try(dyad: Dyad, trials: dict[int, dict[Statistic, _Trial]]) -> None:
    answered = [
        (session, round(sum(sitting.client), 6))
        for session, sitting in enumerate(dyad.sittings)
        if sitting.client
    ]
    values = [value for _, value in answered]
    ruptures = [rupture_at(dyad, session) for session, _ in answered]
    known: dict[Statistic, Sequence[float | None]] = {}
    for baseline, by_statistic in trials.items():
        if baseline >= len(answered):
            continue
        judged = range(baseline, len(answered))
        for statistic, trial in by_statistic.items():
            if statistic not in known:
                known[statistic] = statistic(values)
            best: dict[Hit, dict[int, float]] = {hit: {} for hit in Hit}
            for index in judged:
                value, rupture = known[statistic][index], ruptures[index]
                reached = _NEVER if value is None else value
                if rupture is None:
                    trial.quiet.append(reached)
                elif rupture.start >= answered[baseline][0]:
                    for hit in _hits(rupture, answered[index][0]):
                        before = best[hit].get(rupture.start, _NEVER)
                        best[hit][rupture.start] = max(before, reached)
            for hit in Hit:
                trial.episodes[hit] += best[hit].values()


def _hits(rupture: Rupture, session: int) -> tuple[Hit, ...]:
    at_nadir = (Hit.AT_NADIR,) if session == rupture.nadir else ()
    return (Hit.IN_EPISODE, *at_nadir) if session - rupture.start < LONGEST else at_nadir
