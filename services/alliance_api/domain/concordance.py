"""How client and therapist see the same sessions: bias, tracking, and what was foreseen."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from alliance_api.domain.intervals import (
    Estimate,
    correlation_estimate,
    mean_estimate,
    slope_estimate,
)
from alliance_api.domain.methods import Method

METHOD = Method("concordance", "1")
PREDICTION_METHOD = Method("prediction", "1")
LEAST_SESSIONS = 3
TOO_FEW_SHARED_SESSIONS = "TOO_FEW_SHARED_SESSIONS"


class Unit(StrEnum):
    """In what two informants were compared. POMP aligns ranges; it does not equate forms."""

    RAW = "RAW"
    POMP = "POMP"


@dataclass(frozen=True, slots=True)
class Rating:
    """One informant's score of one session, in scale points and in percent of maximum."""

    raw: float
    pomp: float


@dataclass(frozen=True, slots=True)
class Concordance:
    """Truth and bias of one dyad over the `n` sessions both rated; the client is the truth.

    `bias`: therapist minus client, on average. `tracking`: by how much the therapist's rating
    moves when the client's moves by 1. `correlation`: over sessions. `absolute_gap`: how far
    apart they are on average, whichever way. Where an interval cannot be had it is None; below 3
    sessions everything is, and `reason` says so. Tracking and correlation are also None when an
    informant's ratings never vary.
    """

    n: int
    unit: Unit
    bias: Estimate | None
    tracking: Estimate | None
    correlation: Estimate | None
    absolute_gap: Estimate | None
    reason: str | None = None
    method: Method = METHOD


def concordance(
    client: Mapping[str, Rating], therapist: Mapping[str, Rating], *, item_parallel: bool
) -> Concordance:
    """Return how two informants agree on the sessions, by key, that both rated.

    Item-parallel forms are compared in scale points, others in POMP.
    Source: West & Kenny 2011 for one dyad, by least squares, not their multilevel model:
    J_t - mean(T) = bias + tracking · (T_t - mean(T)).
    """
    unit = Unit.RAW if item_parallel else Unit.POMP
    shared = [key for key in client if key in therapist]
    truth = [_value(client[key], unit) for key in shared]
    judgment = [_value(therapist[key], unit) for key in shared]
    return compare(truth, judgment, unit=unit)


def prediction(
    predicted: Mapping[str, Rating], actual: Mapping[str, Rating], *, item_parallel: bool = True
) -> Concordance:
    """Return how well the therapist foresaw the client's ratings: an optional measure of
    understanding, not of skill. `absolute_gap` is the mean absolute error.
    """  # noqa: D205 - one sentence, two lines
    found = concordance(actual, predicted, item_parallel=item_parallel)
    return Concordance(
        found.n,
        found.unit,
        found.bias,
        found.tracking,
        found.correlation,
        found.absolute_gap,
        found.reason,
        PREDICTION_METHOD,
    )


def compare(
    truth: Sequence[float], judgment: Sequence[float], *, unit: Unit = Unit.RAW
) -> Concordance:
    """Return the concordance of two series of the same sessions in the same order.

    Raises:
        ValueError: for series of different lengths.
    """
    gaps = [j - t for t, j in zip(truth, judgment, strict=True)]
    if len(gaps) < LEAST_SESSIONS:
        return Concordance(len(gaps), unit, None, None, None, None, TOO_FEW_SHARED_SESSIONS)
    return Concordance(
        n=len(gaps),
        unit=unit,
        bias=mean_estimate(gaps),
        tracking=slope_estimate(truth, judgment),
        correlation=correlation_estimate(truth, judgment),
        absolute_gap=mean_estimate([abs(gap) for gap in gaps]),
    )


def level_difference(pairs: Sequence[tuple[float, float]]) -> Estimate | None:
    """Return the mean of client minus therapist over dyads, one pair a dyad, with its t-interval.

    None for no pairs. For cohorts; the older literature has clients higher [M].
    """
    return mean_estimate([client - therapist for client, therapist in pairs])


def lagged_deviation(values: Sequence[float]) -> tuple[float | None, ...]:
    """Return each session's deviation from the mean of the sessions *before* it; None at first.

    A prior mean that includes the future would predict itself (facts 2.5 [D]).
    """
    return tuple(
        value - statistics.fmean(values[:i]) if i else None for i, value in enumerate(values)
    )


def _value(rating: Rating, unit: Unit) -> float:
    return rating.raw if unit is Unit.RAW else rating.pomp
