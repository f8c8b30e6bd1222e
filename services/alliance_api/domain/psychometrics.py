"""Findings about answers themselves: ceilings, straight lines, alignment, internal consistency."""

import math
import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from alliance_api.domain.exact import exact
from alliance_api.domain.methods import Method
from alliance_api.domain.statistics import wilson

CEILING_METHOD = Method("ceiling", "1")
STRAIGHT_LINE_METHOD = Method("straight-line", "1")

CEILING_SHARE = 0.15
"""A scale is at its ceiling if strictly more forms than this share are. Terwee et al. 2007 [M]"""

LEAST_ITEMS = 4
"""Fewer equal answers than this are no straight line. [D]"""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The share of `n` forms at the maximum, with its Wilson interval. At the ceiling a form
    says nothing about improvement, which is not the same as "excellent".
    """  # noqa: D205 - one sentence, two lines

    n: int
    share: float
    interval: tuple[float, float] | None
    flagged: bool
    method: Method = CEILING_METHOD


class Answering(StrEnum):
    """How a form was filled in. AT_MAXIMUM may be meant; STRAIGHT_LINE hardly can be."""

    VARIED = "VARIED"
    AT_MAXIMUM = "AT_MAXIMUM"
    STRAIGHT_LINE = "STRAIGHT_LINE"


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """How the `n` answered items of one form look, and the longest run of equal answers.

    `answering` is None below 4 answers.
    """

    n: int
    longest_run: int
    answering: Answering | None
    method: Method = STRAIGHT_LINE_METHOD


def ceiling(scores: Sequence[float], maximum: float) -> Ceiling | None:
    """Return how many scores are at the maximum; None, not 0, without scores."""
    n = len(scores)
    if not n:
        return None
    top = sum(score >= maximum for score in scores)
    return Ceiling(n, top / n, wilson(top, n), top / n > CEILING_SHARE)


def answer_style(
    answers: Sequence[float | None], maximum: float, reversed_items: Collection[int] = ()
) -> AnswerStyle:
    """Return how the raw answers of one form look, in item order, None for those left out.

    Items are counted from 1. One answer throughout is AT_MAXIMUM if it is the maximum and no item
    is reverse-keyed; otherwise a STRAIGHT_LINE, which contradicts itself where items are reversed.
    """
    given = [answer for answer in answers if answer is not None]
    longest = max((len(list(run)) for _, run in groupby(given)), default=0)
    if len(given) < LEAST_ITEMS:
        return AnswerStyle(len(given), longest, None)
    if longest < len(given):
        return AnswerStyle(len(given), longest, Answering.VARIED)
    meant = given[0] >= maximum and not reversed_items
    found = Answering.AT_MAXIMUM if meant else Answering.STRAIGHT_LINE
    return AnswerStyle(len(given), longest, found)


def t_score(score: float, mean: float, sd: float) -> float:
    """Return 50 + 10 (score - mean) / sd, by the norm of the *same* scale and population.

    Raises:
        ValueError: unless sd > 0.
    """
    if sd <= 0:
        raise ValueError("sd must be above 0")
    return 50 + 10 * (score - mean) / sd


def rescale(value: float, from_range: tuple[float, float], to_range: tuple[float, float]) -> float:
    """Return a value mapped linearly from one range to another, such as 0..100 to 1..9. Exact.

    Raises:
        ValueError: for a range that is empty.
    """
    (low, high), (to_low, to_high) = from_range, to_range
    if not (low < high and to_low < to_high):
        raise ValueError("a range goes up")
    share = (exact(value) - exact(low)) / (exact(high) - exact(low))
    return float(exact(to_low) + share * (exact(to_high) - exact(to_low)))


def alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Return Cronbach's alpha, k/(k - 1) · (1 - Σ item variances / variance of totals).

    One row a person, one column an item, keyed; variances over n - 1. None below 2 rows or 2
    items, and when totals do not vary. May be negative. Source: Cronbach 1951.

    Raises:
        ValueError: for rows of different lengths.
    """
    items = list(zip(*rows, strict=True))
    k = len(items)
    if len(rows) < 2 or k < 2:  # noqa: PLR2004 - neither varies
        return None
    totals = [math.fsum(row) for row in rows]
    if min(totals) == max(totals):
        return None
    within = math.fsum(statistics.variance(item) for item in items)
    return k / (k - 1) * (1 - within / statistics.variance(totals))
