"""How often the individuals chart cries wolf, by the length of its baseline."""

FALSE_ALARM_RATES = {
    3: 0.055,
    4: 0.038,
    5: 0.028,
    6: 0.022,
    8: 0.015,
    10: 0.012,
    12: 0.0094,
    16: 0.0068,
    20: 0.0055,
    30: 0.0038,
}
"""Chance that the next point of an undisturbed series lies below the lower limit.

Computed for independent normal scores and mean ± 3 · MRbar / 1.128 (facts 2.2) [C]; ratings are
neither quite independent nor normal, so take it as an order of magnitude.
"""

NOMINAL = 0.00135
"""The chance with an endless baseline, one-sided 3 sigma."""


def false_alarm_rate(baseline: int) -> float | None:
    """Return the tabulated chance at this many baseline points or the next fewer; None below 3.

    The next fewer errs on the side of more false alarms than there will be.
    """
    known = [n for n in FALSE_ALARM_RATES if n <= baseline]
    return FALSE_ALARM_RATES[max(known)] if known else None
