"""Findings worth a person's attention. A signal is a prompt to talk, and never a diagnosis."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain import alliance_signals as alliance
from alliance_api.domain import work_signals as work
from alliance_api.domain.marks import Mark
from alliance_api.domain.methods import Method
from alliance_api.domain.views import View

__all__ = ["POLICY", "Signal", "SignalKind", "SignalPolicy", "signals"]


class SignalKind(StrEnum):
    """What a signal says, and how often it says so by chance, per session, where that is known.

    "Found" figures come from `study`, on made-up cases with an 8-session baseline.
    """

    LOW_ALLIANCE = "LOW_ALLIANCE"
    """A score below a published or clinic-set cut. No test: of the form with the cut of 36 about
    a quarter of sessions lie below [M]."""
    RELIABLE_FALL = "RELIABLE_FALL"
    """Below the mean of the first three scores beyond error. At most 2.5 % by chance, and 0.8 % if
    the norm holds, as the mean of three has less error than the single score allowed for."""
    RUPTURE = "RUPTURE"
    """A marked fall. With a norm: found at 0.6 % of undisturbed sessions. Without: the chart's
    1.5 % at 8 baseline sessions and 2.8 % at 5. A person's own report has no false alarms."""
    REPAIR = "REPAIR"
    """The mending of a rupture; as false as the rupture was."""
    DIVERGENCE = "DIVERGENCE"
    """Client and therapist see the same sessions far apart, three times over. How far dyads are
    apart in general is not known, so no rate can be stated."""
    STUCK_AT_CEILING = "STUCK_AT_CEILING"
    """Nothing but the maximum: no information about improvement. A description, no test."""
    FEEDBACK_MISSING = "FEEDBACK_MISSING"
    """Two forms in a row were not answered. By chance p², if each is missed with chance p."""
    RELIABILITY_FALLING = "RELIABILITY_FALLING"
    """A party that was reliable failed two of its last three. 2.2 % by chance at a rate of 8.9 %,
    that of missed sessions in UK psychological therapy [S39]."""
    GOAL_DISAGREEMENT = "GOAL_DISAGREEMENT"
    """A party disagrees with a goal. Its own word: no false alarms, and no fault."""
    PREFERENCE_MISMATCH = "PREFERENCE_MISMATCH"
    """Therapy lies on the other side of a strong preference. A comparison, no test."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding. `key` names the episode, so that computing it again finds the same signal.

    `evidence` are the keys of what it rests on, in order of time: ids, never what was said.
    """

    kind: SignalKind
    key: str
    evidence: tuple[str, ...]
    method: Method


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
        ruptures = alliance.ruptures(series)
        yield from _of(SignalKind.LOW_ALLIANCE, series.key, alliance.low(series))
        yield from _of(SignalKind.RELIABLE_FALL, series.key, alliance.reliable_falls(series))
        yield from _of(SignalKind.RUPTURE, series.key, (each.mark for each in ruptures))
        yield from _of(SignalKind.REPAIR, series.key, (each.repair for each in ruptures))
        yield from _of(
            SignalKind.STUCK_AT_CEILING,
            series.key,
            alliance.at_ceiling(series, policy.ceiling_sessions),
        )
    for pairing in view.pairings:
        far = alliance.divergences(
            view.series, pairing, policy.far_apart, policy.far_apart_sessions
        )
        yield from _of(SignalKind.DIVERGENCE, f"{pairing.client}:{pairing.therapist}", far)
    for reports in view.tensions:
        told = alliance.reported_ruptures(reports)
        yield from _of(SignalKind.RUPTURE, reports.key, (each.mark for each in told))
        yield from _of(SignalKind.REPAIR, reports.key, (each.repair for each in told))
    yield from _work(view, policy)


def _work(view: View, policy: SignalPolicy) -> Iterator[Signal]:
    for asking in view.askings:
        missing = work.missing_feedback(asking, policy.missing_forms)
        yield from _of(SignalKind.FEEDBACK_MISSING, asking.key, missing)
    for party, marks in work.falling_reliability(view.appearances):
        yield from _of(SignalKind.RELIABILITY_FALLING, party, marks)
    for goal in view.goals:
        yield from _of(SignalKind.GOAL_DISAGREEMENT, goal.key, work.disagreement(goal))
    for preference in view.preferences:
        mismatch = work.preference_mismatch(preference)
        yield from _of(SignalKind.PREFERENCE_MISMATCH, preference.dimension, mismatch)


def _of(
    kind: SignalKind, subject: str, marks: Iterable[Mark | None] | Sequence[Mark]
) -> Iterator[Signal]:
    for mark in marks:
        if mark is not None:
            yield Signal(kind, f"{kind}:{subject}:{mark.begin}", mark.evidence, mark.method)
