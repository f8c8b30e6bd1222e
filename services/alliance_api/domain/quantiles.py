"""Quantiles the standard library lacks: Student's t and Fisher's F, by bisection of their CDFs."""

import math
from collections.abc import Callable
from functools import cache

_STEPS = 300
_ENOUGH = 1e-15
_TINY = 1e-300


@cache
def t_quantile(p: float, df: float) -> float:
    """Return the value below which a t variable with `df` degrees of freedom lies with chance p.

    Raises:
        ValueError: unless 0 < p < 1 and df > 0.
    """
    if not (0 < p < 1 and df > 0):
        raise ValueError("p must lie between 0 and 1, and df above 0")
    if p < 1 / 2:
        return -t_quantile(1 - p, df)
    return _bisect(lambda t: 1 - beta_cdf(df / (df + t * t), df / 2, 1 / 2) / 2, p)


@cache
def f_quantile(p: float, df1: float, df2: float) -> float:
    """Return the value below which an F variable lies with chance p.

    Raises:
        ValueError: unless 0 < p < 1 and both degrees of freedom are above 0.
    """
    if not (0 < p < 1 and df1 > 0 and df2 > 0):
        raise ValueError("p must lie between 0 and 1, and both df above 0")
    return _bisect(lambda f: beta_cdf(df1 * f / (df1 * f + df2), df1 / 2, df2 / 2), p)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for 0 <= x <= 1 and a, b > 0.

    Source: the continued fraction of Abramowitz & Stegun 26.5.8.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    # On the other side of this point the fraction converges slowly.
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(1 - x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction 1 / (1 + d1 / (1 + d2 / ...)) by Lentz's method."""
    value = c = 1.0
    d = 0.0
    for step in range(1, _STEPS):
        coefficient = _coefficient(step, x, a, b)
        d = 1 / _not_zero(1 + coefficient * d)
        c = _not_zero(1 + coefficient / c)
        value *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return 1 / value


def _coefficient(step: int, x: float, a: float, b: float) -> float:
    m, odd = divmod(step, 2)
    if odd:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _bisect(cdf: Callable[[float], float], p: float) -> float:
    """Return where a CDF over the positive numbers reaches p."""
    low, high = 0.0, 1.0
    while cdf(high) < p:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if cdf(middle) < p else (low, middle)
    return (low + high) / 2
