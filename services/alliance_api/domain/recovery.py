"""Clinically significant change, for outcome measures only: alliance has no healthy norm."""

from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.change import Change, Direction, change
from alliance_api.domain.methods import Method
from alliance_api.domain.norms import Norm, Polarity

METHOD = Method("clinically-significant-change", "1")
POINTS_METHOD = Method("published-reliable-change", "1")
NO_CUT = "NO_CUT"


class OutcomeStatus(StrEnum):
    """What became of an outcome between two scores."""

    RECOVERED = "RECOVERED"
    IMPROVED = "IMPROVED"
    UNCHANGED = "UNCHANGED"
    DETERIORATED = "DETERIORATED"


@dataclass(frozen=True, slots=True)
class Cuts:
    """The three cuts between clinical and functional scores; b and c need a functional norm."""

    a: float
    b: float | None
    c: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status of an outcome, with the change and the cut it rests on.

    `status` is None without a norm (`reason` NO_NORM). Without a cut nobody can be RECOVERED, and
    `reason` says NO_CUT.
    """

    status: OutcomeStatus | None
    change: Change
    cut: float | None
    polarity: Polarity
    reason: str | None = None
    method: Method = METHOD


def cuts(
    clinical: tuple[float, float], functional: tuple[float, float] | None, polarity: Polarity
) -> Cuts:
    """Return the cuts of a scale from (mean, SD) of a clinical and of a functional population.

    a = M_clin + 2 SD_clin towards health; b = M_func - 2 SD_func towards illness;
    c = (SD_func · M_clin + SD_clin · M_func) / (SD_func + SD_clin).
    Source: Jacobson & Truax 1991.

    Raises:
        ValueError: for an SD that is not above 0.
    """
    towards_health = 1 if polarity is Polarity.HIGHER_IS_BETTER else -1
    mean, sd = clinical
    if sd <= 0 or (functional is not None and functional[1] <= 0):
        raise ValueError("an SD must be above 0")
    a = mean + towards_health * 2 * sd
    if functional is None:
        return Cuts(a, None, None)
    healthy_mean, healthy_sd = functional
    b = healthy_mean - towards_health * 2 * healthy_sd
    return Cuts(a, b, (healthy_sd * mean + sd * healthy_mean) / (healthy_sd + sd))


def status(moved: Direction, polarity: Polarity, *, crossed: bool) -> OutcomeStatus:
    """Return the status of a movement; `crossed` is from the clinical to the functional side."""
    better = Direction.UP if polarity is Polarity.HIGHER_IS_BETTER else Direction.DOWN
    if moved is Direction.NONE:
        return OutcomeStatus.UNCHANGED
    if moved is not better:
        return OutcomeStatus.DETERIORATED
    return OutcomeStatus.RECOVERED if crossed else OutcomeStatus.IMPROVED


def outcome(
    before: float, after: float, norm: Norm | None, polarity: Polarity, cut: float | None = None
) -> Outcome:
    """Return what became of an outcome: reliable change, and whether it crossed the cut.

    A score exactly at the cut is still on the clinical side.
    """
    return _outcome(before, after, change(before, after, norm), polarity, cut, METHOD)


def outcome_by_points(
    before: float, after: float, points: float, polarity: Polarity, cut: float | None = None
) -> Outcome:
    """Return what became of an outcome by a published number of points, the end included.

    For scales of which sources publish that number and no SD and score reliability to compute it.

    Raises:
        ValueError: unless points > 0.
    """
    if not points > 0:
        raise ValueError("a change of no points is none")
    moved = change(before, after, None).difference
    direction = Direction.NONE
    if abs(moved) >= points:
        direction = Direction.UP if moved > 0 else Direction.DOWN
    found = Change(moved, None, direction, points, None, None, POINTS_METHOD)
    return _outcome(before, after, found, polarity, cut, POINTS_METHOD)


def _outcome(  # noqa: PLR0913 - what an outcome is judged by
    before: float,
    after: float,
    moved: Change,
    polarity: Polarity,
    cut: float | None,
    method: Method,
) -> Outcome:
    if moved.direction is None:
        return Outcome(None, moved, cut, polarity, moved.reason, method)
    crossed = (
        cut is not None and _clinical(before, cut, polarity) and not _clinical(after, cut, polarity)
    )
    reason = NO_CUT if cut is None else None
    found = status(moved.direction, polarity, crossed=crossed)
    return Outcome(found, moved, cut, polarity, reason, method)


def _clinical(score: float, cut: float, polarity: Polarity) -> bool:
    return score <= cut if polarity is Polarity.HIGHER_IS_BETTER else score >= cut
