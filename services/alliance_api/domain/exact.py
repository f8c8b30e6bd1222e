"""Numbers as they were written: 7.3 is seventy-three tenths, not the nearest binary fraction."""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

_WHOLE = 2.0**53
"""Below it a float holds every whole number, so that subtracting two of them is exact."""


# The same few values of a scale come back without end. Typed: a large integer and the float that
# equals it are written differently.
@lru_cache(maxsize=4096, typed=True)
def exact(value: float) -> Fraction:
    """Return the number a person wrote, so that sums of tenths do not gather noise.

    Raises:
        ValueError: for NaN and infinities.
    """
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(float.__repr__(value))


def difference(before: float, after: float) -> float:
    """Return after - before of the numbers as written: 4.1 - 3.9 is two tenths.

    Raises:
        ValueError: for NaN and infinities.
    """
    small = abs(before) < _WHOLE and abs(after) < _WHOLE
    if small and before % 1 == after % 1 == 0:
        return float(after - before)
    return float(exact(after) - exact(before))


def total(values: Sequence[float]) -> int | Fraction:
    """Return the sum of the numbers as written: a whole one where all are, for fractions are slow.

    Raises:
        ValueError: for NaN and infinities.
    """
    found = sum(map(abs, values))
    if found < _WHOLE and not any(value % 1 for value in values):
        return int(sum(values))
    return sum(map(exact, values), Fraction())
