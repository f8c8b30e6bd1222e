"""Findings worth a person's attention. A signal is a prompt to talk, and never a diagnosis."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from alliance_api.domain import alliance_signals as alliance
from alliance_api.domain import work_signals as work
from alliance_api.domain.marks import Mark
from alliance_api.domain.methods import Method
from alliance_api.domain.signal_kinds import SignalKind, StatedRate, stated_rate
from alliance_api.domain.views import About, Reports, Series, View

__all__ = ["POLICY", "Signal", "SignalKind", "SignalPolicy", "StatedRate", "signals"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding. `key` names the episode, so that computing it again finds the same signal.

    `at` is the instant of the observation that raised it. `evidence` are the keys of what it rests
    on, in order of time: ids, never what was said. `over`: a later observation ended the episode.
    `rate` is how often it is raised by chance, None where nobody knows.
    """

    kind: SignalKind
    key: str
    at: datetime
    evidence: tuple[str, ...]
    method: Method
    over: bool
    about: About
    rate: StatedRate | None


@dataclass(frozen=True, slots=True)
class SignalPolicy:
    """A clinic's own settings [D]: how long before it is said, and how far apart is far.

    `far_apart` is in percent of maximum possible.
    """

    ceiling_sessions: int = 5
    missing_forms: int = 2
    far_apart: float = 20
    far_apart_sessions: int = 3


POLICY = SignalPolicy()


def signals(view: View, policy: SignalPolicy = POLICY) -> tuple[Signal, ...]:
    """Return every signal of a view, past episodes included; equal views have equal signals."""
    return tuple(_all(view, policy))


def _all(view: View, policy: SignalPolicy) -> Iterator[Signal]:
    for series in view.series:
        yield from _of_a_series(series, policy)
    by_key = {series.key: series for series in view.series}
    for pairing in view.pairings:
        far = alliance.divergences(
            view.series, pairing, policy.far_apart, policy.far_apart_sessions
        )
        subject = f"{pairing.client}:{pairing.therapist}"
        theirs = by_key.get(pairing.therapist)
        yield from _of(SignalKind.DIVERGENCE, subject, theirs.about if theirs else About(), far)
    for reports in view.tensions:
        yield from _ruptures(reports, alliance.reported_ruptures(reports))
    yield from _work(view, policy)


def _of_a_series(series: Series, policy: SignalPolicy) -> Iterator[Signal]:
    low, falls = alliance.low(series), alliance.reliable_falls(series)
    stuck = alliance.at_ceiling(series, policy.ceiling_sessions)
    yield from _of(SignalKind.LOW_ALLIANCE, series.key, series.about, low)
    yield from _of(SignalKind.RELIABLE_FALL, series.key, series.about, falls)
    yield from _ruptures(series, alliance.ruptures(series))
    yield from _of(SignalKind.STUCK_AT_CEILING, series.key, series.about, stuck)


def _ruptures(of: Series | Reports, found: Iterable[alliance.MarkedRupture]) -> Iterator[Signal]:
    for each in found:
        yield from _of(SignalKind.RUPTURE, of.key, of.about, [each.mark])
        if each.repair is not None:
            yield from _of(SignalKind.REPAIR, of.key, of.about, [each.repair])


def _work(view: View, policy: SignalPolicy) -> Iterator[Signal]:
    for asking in view.askings:
        missing = work.missing_feedback(asking, policy.missing_forms)
        yield from _of(SignalKind.FEEDBACK_MISSING, asking.key, asking.about, missing)
    for party, marks in work.falling_reliability(view.appearances):
        yield from _of(SignalKind.RELIABILITY_FALLING, party, About(party=party), marks)
    for goal in view.goals:
        about = About(goal=goal.key, party=work.who_disagrees(goal))
        yield from _of(SignalKind.GOAL_DISAGREEMENT, goal.key, about, work.disagreement(goal))
    for preference in view.preferences:
        mismatch = work.preference_mismatch(preference)
        about = replace(preference.about, scale=preference.dimension)
        yield from _of(SignalKind.PREFERENCE_MISMATCH, preference.dimension, about, mismatch)


def _of(kind: SignalKind, subject: str, about: About, marks: Iterable[Mark]) -> Iterator[Signal]:
    for mark in marks:
        yield Signal(
            kind,
            f"{kind}:{subject}:{mark.begin}",
            mark.at,
            mark.evidence,
            mark.method,
            mark.over,
            about,
            stated_rate(kind, mark.method),
        )
