"""Answers as an informant gave them, and whether they fit the form."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from alliance_api.domain.errors import Problem
from alliance_api.domain.exact import exact
from alliance_api.domain.instruments import Instrument, Item


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """The answer to one item. "Does not apply" is stored apart from "not answered" (None)."""

    item: int
    value: float | None
    not_applicable: bool = False


def check_answers(instrument: Instrument, given: Sequence[GivenAnswer]) -> tuple[Problem, ...]:
    """Return what is wrong with the answers, in their order; never raises, never echoes a value.

    Fields are `answers[i].item`, `answers[i].value` or `answers[i].not_applicable`, i counted
    from 0. Items left out are no problem here: a form may be handed in half empty.
    """
    items = {item.number: item for item in instrument.items}
    seen: set[int] = set()
    found = (_check(items, seen, answer, f"answers[{i}]") for i, answer in enumerate(given))
    return tuple(problem for problem in found if problem is not None)


def value_of_mark(item: Item, mark: float, line_length: float) -> float:
    """Return the value of a mark on a line, both measured in the same unit from the line's start.

    Paper and screens differ in length, so 10 cm are never taken for granted: on a line from 0 to
    10 the value is 10 * mark / line_length, to the item's step, a half rounded up.

    Raises:
        ValueError: unless the length is positive and the mark lies on the line.
    """
    at, length = exact(mark), exact(line_length)
    if not 0 <= at <= length or not length:
        raise ValueError("the mark must lie on a line of positive length")
    low, high, step = exact(item.minimum), exact(item.maximum), exact(item.step)
    steps = math.floor((high - low) * at / length / step + Fraction(1, 2))
    # Where the last step is a short one, the end of the line is the end of the range.
    return float(min(high, low + steps * step))


def _check(
    items: Mapping[int, Item], seen: set[int], answer: GivenAnswer, field: str
) -> Problem | None:
    # True is 1 to a dictionary, but nobody answers item number True.
    item = items.get(answer.item) if type(answer.item) is int else None
    if item is None:
        return Problem("UNKNOWN_ITEM", "Use the item numbers of this form.", f"{field}.item")
    if item.number in seen:
        return Problem("DUPLICATE_ITEM", "Answer every item once.", f"{field}.item")
    seen.add(item.number)
    if answer.not_applicable:
        return _check_not_applicable(item, answer.value, field)
    return _check_value(item, answer.value, f"{field}.value")


def _check_not_applicable(item: Item, value: object, field: str) -> Problem | None:
    if not item.not_applicable:
        return Problem(
            "NOT_APPLICABLE_NOT_ALLOWED",
            "Give a value, or leave the item out.",
            f"{field}.not_applicable",
        )
    if value is not None:
        return Problem(
            "VALUE_WITH_NOT_APPLICABLE",
            "Give either a value or “does not apply”, not both.",
            f"{field}.value",
        )
    return None


def _check_value(item: Item, value: object, field: str) -> Problem | None:
    if value is None:
        return None
    if not _is_number(value):
        return Problem("NOT_A_NUMBER", "Give a finite number.", field)
    within, on_step = _fit(value, item.minimum, item.maximum, item.step)
    if not within:
        return Problem(
            "OUT_OF_RANGE", f"Give a number from {item.minimum:g} to {item.maximum:g}.", field
        )
    if on_step:
        return None
    if item.step == 1:
        return Problem("NOT_AN_INTEGER", "Give a whole number.", field)
    return Problem("OFF_STEP", f"Give the number in steps of {item.step:g}.", field)


# Forms have few values, and fractions are slow.
@lru_cache(maxsize=4096)
def _fit(value: float, minimum: float, maximum: float, step: float) -> tuple[bool, bool]:
    """Return whether a value lies in a range, and on one of its steps."""
    number, low = exact(value), exact(minimum)
    return low <= number <= exact(maximum), (number - low) % exact(step) == 0


def _is_number(value: object) -> bool:
    # In Python a bool is an int; on a form, yes is not 1.
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
