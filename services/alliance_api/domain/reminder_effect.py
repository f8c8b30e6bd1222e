"""What reminders do to attendance, as published trials tell it; no claim about anybody here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReminderEffect:
    """Attendance with reminders against without them.

    `ratio` is that of attending and `missed_ratio` that of not attending, None where all attend
    anyway; `difference` is in shares, 0..1; `number` is how many people have to be reminded for
    one more to come, None where reminders do not help.
    """

    ratio: float
    missed_ratio: float | None
    difference: float
    number: float | None


def reminder_effect(without: float, reminded: float) -> ReminderEffect:
    """Return the effect between two shares of attendance: RR, ARD and NNR = 1 / ARD.

    Of two arms as published. A pooled ratio is never to be computed again from sums of arms.

    Raises:
        ValueError: unless 0 < without <= 1 and 0 <= reminded <= 1.
    """
    if not (0 < without <= 1 and 0 <= reminded <= 1):
        raise ValueError("attendance is a share of 0 to 1, and without reminders above 0")
    difference = reminded - without
    missed = (1 - reminded) / (1 - without) if without < 1 else None
    return ReminderEffect(
        reminded / without, missed, difference, 1 / difference if difference > 0 else None
    )


def expected_effect(without: float, ratio: float) -> ReminderEffect:
    """Return what a pooled ratio means where so many attend without; nobody attends twice.

    Raises:
        ValueError: unless 0 < without <= 1 and ratio >= 0.
    """
    return reminder_effect(without, min(1.0, without * ratio))
