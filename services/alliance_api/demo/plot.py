"""A small chart for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

ROWS = 5


def chart(values: Sequence[float], labels: Sequence[object], low: float, high: float) -> list[str]:
    """Return lines that draw labelled values between low and high, highest row first."""
    step = (high - low) / ROWS
    lines = []
    for row in reversed(range(ROWS)):
        floor = low + row * step
        dots = "".join(f" {_cell(value, floor, step)} " for value in values)
        lines.append(f"{floor + step:4.1f} ┤{dots}")
    numbers = "".join(f"{label!s:^3}" for label in labels)
    return [*lines, f"     └{'───' * len(values)}", f"      {numbers}"]


def _cell(value: float, floor: float, step: float) -> str:
    if floor < value <= floor + step:
        return "●"
    return "│" if value > floor + step else " "
