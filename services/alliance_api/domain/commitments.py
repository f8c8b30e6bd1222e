"""What someone promised to do between sessions, and whether it was done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from alliance_api.domain.errors import Problem
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.statistics import Rate


class CommitmentOutcome(StrEnum):
    """What became of a commitment; OPEN as long as nobody has said."""

    OPEN = "OPEN"
    KEPT = "KEPT"
    MISSED = "MISSED"
    RENEGOTIATED = "RENEGOTIATED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class CommitmentRecord:
    """One commitment as far as reliability is concerned."""

    owner: PartyRole
    due: date | None
    outcome: CommitmentOutcome
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class FollowThrough:
    """Of the commitments that count: how many were kept at all, and how many by their day."""

    completed: Rate
    on_time: Rate


def follow_through(owner: PartyRole, commitments: Iterable[CommitmentRecord]) -> FollowThrough:
    """Return kept / (kept + missed) of one owner, our own definition.

    What was withdrawn or renegotiated was settled by talking, and what is still open is not
    settled at all: neither counts. Without a due day, or a day of settling, keeping is on time.
    """
    counted = [
        each
        for each in commitments
        if each.owner is owner
        and each.outcome in {CommitmentOutcome.KEPT, CommitmentOutcome.MISSED}
    ]
    kept = [each for each in counted if each.outcome is CommitmentOutcome.KEPT]
    punctual = [each for each in kept if _by_its_day(each)]
    return FollowThrough(Rate(len(kept), len(counted)), Rate(len(punctual), len(counted)))


def check_settle(
    present: CommitmentOutcome,
    outcome: CommitmentOutcome,
    *,
    due: date | None,
    settled_on: date,
    today: date,
) -> tuple[Problem, ...]:
    """Return why a commitment cannot be settled so; days are in the case's own time zone."""
    if present is not CommitmentOutcome.OPEN:
        return (Problem("ALREADY_SETTLED", "Make a new commitment instead.", "outcome"),)
    if outcome is CommitmentOutcome.OPEN:
        return (Problem("OUTCOME_REQUIRED", "Say what became of it.", "outcome"),)
    if settled_on > today:
        return (Problem("IN_THE_FUTURE", "Settle it on the day or later.", "settled_on"),)
    # On the due day itself it may be known: many are due at the session in which they are settled.
    if outcome is CommitmentOutcome.MISSED and due is not None and settled_on < due:
        return (Problem("NOT_YET_DUE", "Wait until it is due, or renegotiate it.", "outcome"),)
    return ()


def _by_its_day(kept: CommitmentRecord) -> bool:
    return kept.due is None or kept.settled_on is None or kept.settled_on <= kept.due
