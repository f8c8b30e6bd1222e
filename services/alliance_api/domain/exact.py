"""Numbers as they were written: 7.3 is seventy-three tenths, not the nearest binary fraction."""

from fractions import Fraction


def exact(value: float) -> Fraction:
    """Return the number a person wrote, so that sums of tenths do not gather noise.

    Raises:
        ValueError: for NaN and infinities.
    """
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(float.__repr__(value))
