"""From answers to scores, by the instrument's key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from alliance_api.domain.answers import GivenAnswer, check_answers
from alliance_api.domain.errors import refuse_if
from alliance_api.domain.exact import exact, total
from alliance_api.domain.instruments import Instrument, Item, Scale
from alliance_api.domain.methods import Method, inputs_hash
from alliance_api.domain.published import Band

__all__ = [
    "METHOD",
    "NO_ANSWERS",
    "TOO_FEW_ANSWERS",
    "GivenAnswer",
    "ScaleScore",
    "any_yes",
    "bands",
    "check_answers",
    "for_display",
    "pomp",
    "reverse",
    "score",
    "score_inputs_hash",
]

METHOD = Method("score", "1")
NO_ANSWERS = "NO_ANSWERS"
TOO_FEW_ANSWERS = "TOO_FEW_ANSWERS"


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """What one scale came to, unrounded.

    `raw` lies in `minimum`..`maximum`, the range of the sum of all its items; `mean` in the range
    of one item; `pomp` in 0..100. All three are None, never 0, when `reason` says that nothing
    could be computed. `missing` counts items left out and items that did not apply;
    `not_applicable` only the latter.
    """

    scale: str
    raw: float | None
    mean: float | None
    pomp: float | None
    minimum: float
    maximum: float
    answered: int
    missing: int
    reason: str | None = None
    not_applicable: int = 0


def reverse(value: float, minimum: float, maximum: float) -> float:
    """Return the answer a reverse-keyed item stands for: minimum + maximum - value. Exact."""
    return float(exact(minimum) + exact(maximum) - exact(value))


def pomp(value: float, minimum: float, maximum: float) -> float:
    """Return the percent of maximum possible, 0..100 for a value within the range.

    It aligns ranges and nothing else: equal POMP on two instruments are not equal alliances.
    Source: Cohen, Cohen, Aiken & West 1999, 100 (x - min) / (max - min).

    Raises:
        ValueError: unless minimum < maximum.
    """
    if not minimum < maximum:
        raise ValueError("the minimum must be below the maximum")
    low = exact(minimum)
    return float(100 * (exact(value) - low) / (exact(maximum) - low))


def for_display(value: float, places: int = 1) -> str:
    """Return a score as people read it: rounded, a half away from zero, always with `places`.

    Text, so that nobody computes or compares with it; flags look at the unrounded score.

    Raises:
        ValueError: for NaN and infinities, and for fewer than 0 places.
    """
    if places < 0:
        raise ValueError("there are no fewer than 0 places")
    exact(value)  # refuses what is no number
    return f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"


def bands(
    scale: Scale, raw: float | None, configured: Sequence[Band] | None = None
) -> tuple[Band, ...]:
    """Return the bands an unrounded sum lies in; none without a score.

    `configured` takes the place of the scale's own, some of which no source confirms.
    """
    chosen = scale.bands if configured is None else configured
    return () if raw is None else tuple(band for band in chosen if band.holds(raw))


def any_yes(instrument: Instrument, scale: Scale, given: Sequence[GivenAnswer]) -> bool | None:
    """Return whether any answer of the scale stands at the top of its range.

    True even when others are missing, for one yes is enough; None, not False, when none is a yes
    but some are missing.
    """
    tops = {item.number: item.maximum for item in instrument.items if item.number in scale.items}
    values = {answer.item: answer.value for answer in given if answer.value is not None}
    if any(values.get(number) == top for number, top in tops.items()):
        return True
    return False if tops.keys() <= values.keys() else None


def score(instrument: Instrument, given: Sequence[GivenAnswer]) -> tuple[ScaleScore, ...]:
    """Score every scale of the instrument, in its order.

    A missing item is replaced by the person's mean of the answered items of the *same scale*, as
    long as enough were answered (`Scale.least_answered`). A total is made of its items, never of
    subscales, so it may differ from the subscales' sum when items are missing.

    Raises:
        Refused: if `check_answers` finds a problem.
    """
    refuse_if(check_answers(instrument, given))
    items = {item.number: item for item in instrument.items}
    values = {answer.item: answer.value for answer in given if answer.value is not None}
    away = frozenset(answer.item for answer in given if answer.not_applicable)
    return tuple(_score_scale(scale, items, values, away) for scale in instrument.scales)


def score_inputs_hash(instrument: Instrument, given: Sequence[GivenAnswer]) -> str:
    """Return the hash of what `score` reads; as confidential as the answers (`inputs_hash`).

    An item that was left out has the same hash as one without an answer.
    """
    answers = {
        str(answer.item): "NA" if answer.not_applicable else answer.value
        for answer in given
        if answer.not_applicable or answer.value is not None
    }
    return inputs_hash(
        {"instrument": instrument.code, "version": instrument.version, "answers": answers}
    )


def _score_scale(
    scale: Scale,
    items: Mapping[int, Item],
    values: Mapping[int, float],
    away: frozenset[int],
) -> ScaleScore:
    low = total([items[n].minimum for n in scale.items])
    high = total([items[n].maximum for n in scale.items])
    there = [n for n in scale.items if n in values]
    answered, size = len(there), len(scale.items)
    raw = mean = percent = reason = None
    if answered >= scale.least_answered:
        keyed = total([term for n in there for term in _keyed(scale, items[n], values[n])])
        # Each divides once, and at the end: of whole numbers that is exact but for its rounding.
        raw, mean = float(keyed * size / answered), float(keyed / answered)
        percent = float(100 * (keyed * size - low * answered) / ((high - low) * answered))
    else:
        reason = TOO_FEW_ANSWERS if answered else NO_ANSWERS
    return ScaleScore(
        scale=scale.key,
        raw=raw,
        mean=mean,
        pomp=percent,
        minimum=float(low),
        maximum=float(high),
        answered=answered,
        missing=size - answered,
        reason=reason,
        not_applicable=len(away.intersection(scale.items)),
    )


def _keyed(scale: Scale, item: Item, value: float) -> tuple[float, ...]:
    """Return what an answer adds to its scale, as terms."""
    return (item.minimum, item.maximum, -value) if item.number in scale.reversed else (value,)
