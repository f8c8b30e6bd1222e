"""Rules over the work around the scores: forms asked for, reliability, goals and preferences."""

from collections.abc import Iterator, Sequence

from alliance_api.domain.goals import Stance
from alliance_api.domain.marks import Mark, runs
from alliance_api.domain.methods import Method
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.statistics import MINIMUM_N
from alliance_api.domain.views import Appearance, Asking, GoalView, PreferenceView

MISSING = Method("feedback-missing", "1")
FALLING = Method("reliability-falling", "1")
DISAGREEMENT = Method("goal-disagreement", "1")
MISMATCH = Method("preference-mismatch", "1")

RECENT, FAILED, RELIABLE = 3, 2, 0.2
"""Two of the last three failed, after at most a fifth of the five or more before. [D]"""


def missing_feedback(asking: Asking, least: int) -> Iterator[Mark]:
    """Yield each run of at least so many due forms that nobody answered."""
    for run in runs([not each.answered for each in asking.occasions], least):
        keys = tuple(asking.occasions[i].key for i in run)
        yield Mark(keys[0], keys, MISSING)


def falling_reliability(
    appearances: Sequence[Appearance],
) -> Iterator[tuple[PartyRole, list[Mark]]]:
    """Yield each party's episodes; parties are judged apart, by their own record alone."""
    for party in PartyRole:
        yield party, list(_falls([each for each in appearances if each.party is party]))


def _falls(own: Sequence[Appearance]) -> Iterator[Mark]:
    failed = [each.failed for each in own]
    falling = False
    for end in range(MINIMUM_N + RECENT, len(own) + 1):
        recent, earlier = failed[end - RECENT : end], failed[: end - RECENT]
        if falling:
            falling = any(recent)
        elif sum(recent) >= FAILED and sum(earlier) <= RELIABLE * len(earlier):
            falling = True
            keys = tuple(each.key for each in own[end - RECENT : end] if each.failed)
            yield Mark(own[end - 1].key, keys, FALLING)


def disagreement(goal: GoalView) -> tuple[Mark, ...]:
    """Return one mark for a wording a party disagrees with, however many do."""
    if Stance.DISAGREE not in goal.stances.values():
        return ()
    return (Mark(goal.wording, (goal.key, goal.wording), DISAGREEMENT),)


def preference_mismatch(preference: PreferenceView) -> tuple[Mark, ...]:
    """Return a mark if therapy lies on the other side of neutral than a strong preference."""
    offered = preference.offered
    if offered is None:
        return ()
    too_low = preference.wanted >= preference.strong_high and offered < preference.neutral
    too_high = preference.wanted <= preference.strong_low and offered > preference.neutral
    return (Mark(preference.key, (preference.key,), MISMATCH),) if too_low or too_high else ()
