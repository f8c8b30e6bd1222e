"""Rules over the work around the scores: forms asked for, reliability, goals and preferences."""

from collections.abc import Iterator, Sequence

from alliance_api.domain.goals import Stance
from alliance_api.domain.marks import Mark, mark_run, runs
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
    """Yield each run of at least so many forms that nobody answered, from when the last is due."""
    keys = [each.key for each in asking.occasions]
    at = [each.at for each in asking.occasions]
    for run in runs([not each.answered for each in asking.occasions], least):
        yield mark_run(keys, at, run, MISSING, least)


def falling_reliability(
    appearances: Sequence[Appearance],
) -> Iterator[tuple[PartyRole, list[Mark]]]:
    """Yield each party's episodes; parties are judged apart, by their own record alone."""
    for party in PartyRole:
        yield party, list(_falls([each for each in appearances if each.party is party]))


def _falls(own: Sequence[Appearance]) -> Iterator[Mark]:
    failed = [each.failed for each in own]
    end = MINIMUM_N + RECENT
    while end <= len(own):
        recent, earlier = failed[end - RECENT : end], failed[: end - RECENT]
        if sum(recent) < FAILED or sum(earlier) > RELIABLE * len(earlier):
            end += 1
            continue
        last = own[end - 1]
        keys = tuple(each.key for each in own[end - RECENT : end] if each.failed)
        recovered = _recovered(failed, end)
        yield Mark(last.key, last.at, keys, FALLING, recovered <= len(own))
        end = recovered + 1


def _recovered(failed: Sequence[bool], end: int) -> int:
    """Return after how many a party had failed none of the last three again; else one more."""
    ends = range(end + 1, len(failed) + 1)
    return next((each for each in ends if not any(failed[each - RECENT : each])), len(failed) + 1)


def disagreement(goal: GoalView) -> tuple[Mark, ...]:
    """Return one mark for a wording a party disagrees with, however many do."""
    if Stance.DISAGREE not in goal.stances.values():
        return ()
    return (Mark(goal.wording, goal.at, (goal.key,), DISAGREEMENT, over=not goal.stands),)


def who_disagrees(goal: GoalView) -> PartyRole | None:
    """Return the one party that disagrees; None if both do."""
    found = [party for party in PartyRole if goal.stances.get(party) is Stance.DISAGREE]
    return found[0] if len(found) == 1 else None


def preference_mismatch(preference: PreferenceView) -> tuple[Mark, ...]:
    """Return a mark if therapy lies on the other side of neutral than a strong preference."""
    offered = preference.offered
    if offered is None:
        return ()
    too_low = preference.wanted >= preference.strong_high and offered < preference.neutral
    too_high = preference.wanted <= preference.strong_low and offered > preference.neutral
    if not (too_low or too_high):
        return ()
    return (Mark(preference.key, preference.at, preference.evidence, MISMATCH),)
