"""How far goals are shared. Nothing counts as shared without the client's own agreement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alliance_api.domain.goals import GoalState, Stance, Stances, state_after
from alliance_api.domain.instants import between
from alliance_api.domain.methods import Method
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.statistics import Rate, median

METHOD = Method("collaboration", "1")


@dataclass(frozen=True, slots=True)
class GoalRecord:
    """One goal as far as collaboration is concerned.

    `worded_by` is who wrote the present words; None if that is neither party. `agreed_at` is when
    the later of both agreements to them was given. `ended` goals are no longer worked towards.
    """

    stances: Stances
    worded_by: PartyRole | None
    proposed_at: datetime
    agreed_at: datetime | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Collaboration:
    """Indices over the goals worked towards; each has its own n, and a share its interval.

    `agreed`: agreed by both / all that are active. `worded_by_client`: of the *agreed* goals,
    those in the client's words. `median_days` from proposal to agreement, over `timed` agreed
    goals; None for none. `disagreed` is a count, and information rather than a fault.
    """

    agreed: Rate
    worded_by_client: Rate
    median_days: float | None
    timed: int
    disagreed: int
    method: Method = METHOD


def is_shared(goal: GoalRecord) -> bool:
    """Tell whether a goal is both parties': both agree with its words, and it has not ended."""
    return not goal.ended and state_after(goal.stances) is GoalState.AGREED


def collaboration(goals: Iterable[GoalRecord]) -> Collaboration:
    """Return the indices of a case's goals.

    Raises:
        ValueError: for datetimes without an offset, and an agreement before the proposal.
    """
    active = [goal for goal in goals if not goal.ended]
    shared = [goal for goal in active if is_shared(goal)]
    days = [_days(goal.proposed_at, goal.agreed_at) for goal in shared if goal.agreed_at]
    by_client = sum(goal.worded_by is PartyRole.CLIENT for goal in shared)
    return Collaboration(
        agreed=Rate(len(shared), len(active)),
        worded_by_client=Rate(by_client, len(shared)),
        median_days=median(days),
        timed=len(days),
        disagreed=sum(Stance.DISAGREE in goal.stances.values() for goal in active),
    )


def _days(proposed_at: datetime, agreed_at: datetime) -> float:
    took = between(proposed_at, agreed_at)
    if took < timedelta():
        raise ValueError("a goal is agreed after it was proposed")
    return took / timedelta(days=1)
