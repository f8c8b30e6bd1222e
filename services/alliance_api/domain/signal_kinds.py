"""What a signal can say, and how often each says so by chance, where that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from alliance_api.domain.beyond_noise import METHOD as BEYOND_NOISE
from alliance_api.domain.change import METHOD as CHANGE
from alliance_api.domain.methods import Method
from alliance_api.domain.tension import METHOD as REPORTED


class SignalKind(StrEnum):
    """A finding worth a person's attention: a prompt to talk, and never a diagnosis."""

    LOW_ALLIANCE = "LOW_ALLIANCE"
    RELIABLE_FALL = "RELIABLE_FALL"
    RUPTURE = "RUPTURE"
    REPAIR = "REPAIR"
    DIVERGENCE = "DIVERGENCE"
    STUCK_AT_CEILING = "STUCK_AT_CEILING"
    FEEDBACK_MISSING = "FEEDBACK_MISSING"
    RELIABILITY_FALLING = "RELIABILITY_FALLING"
    GOAL_DISAGREEMENT = "GOAL_DISAGREEMENT"
    PREFERENCE_MISMATCH = "PREFERENCE_MISMATCH"


MEANING: Mapping[SignalKind, str] = MappingProxyType(
    {
        SignalKind.LOW_ALLIANCE: (
            "A score below a published cut. No test, so no rate of false alarms: of the form with "
            "the cut of 36 about a quarter of sessions lie below."
        ),
        SignalKind.RELIABLE_FALL: "Below the mean of the first three scores, beyond error.",
        SignalKind.RUPTURE: "A marked fall beyond noise, or tension in a person's own words.",
        SignalKind.REPAIR: "A rupture was mended; as false as the rupture was.",
        SignalKind.DIVERGENCE: (
            "Client and therapist see the same sessions far apart, three times over. How far apart "
            "others are is not known, so that no rate can be stated."
        ),
        SignalKind.STUCK_AT_CEILING: (
            "Nothing but the maximum: it cannot tell about improvement. A description, no test."
        ),
        SignalKind.FEEDBACK_MISSING: "Two forms in a row were not answered when they were due.",
        SignalKind.RELIABILITY_FALLING: "A party that was reliable failed two of its last three.",
        SignalKind.GOAL_DISAGREEMENT: "A party disagrees with a goal: information, and no fault.",
        SignalKind.PREFERENCE_MISMATCH: (
            "Therapy lies on the other side of a strong preference. A comparison, no test."
        ),
    }
)


@dataclass(frozen=True, slots=True)
class StatedRate:
    """The chance per observation that a signal is raised though nothing happened, and who says so.

    An order of magnitude: ratings are neither quite independent nor normal.
    """

    value: float
    source: str


OWN_WORD = StatedRate(0.0, "a person's own word: whether it is so is for them to say")

RATES: Mapping[tuple[SignalKind, str], StatedRate] = {
    (SignalKind.RELIABLE_FALL, CHANGE.id): StatedRate(
        0.025, "Jacobson & Truax 1991: one tail of 1.96; at most, as a mean of three errs less"
    ),
    (SignalKind.RUPTURE, BEYOND_NOISE.id): StatedRate(
        0.003, "10,000 made-up cases after 5 sessions, fewer later: docs/reference/ruptures.md"
    ),
    (SignalKind.RUPTURE, REPORTED.id): OWN_WORD,
    (SignalKind.RELIABILITY_FALLING, "reliability-falling"): StatedRate(
        0.022, "two of three at 8.9 %, the missed sessions of UK psychological therapy [S39]"
    ),
    (SignalKind.GOAL_DISAGREEMENT, "goal-disagreement"): OWN_WORD,
}


def stated_rate(kind: SignalKind, method: Method) -> StatedRate | None:
    """Return how often a signal is raised by chance; None if nobody knows.

    A repair is as false as its rupture.
    """
    raised = SignalKind.RUPTURE if kind is SignalKind.REPAIR else kind
    return RATES.get((raised, method.id))
