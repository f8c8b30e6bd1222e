"""Derived figures as cells of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .markup import Inside
from .phrases import ROLE, number, person, plain, share, worded
from .rows import Row
from .tables import Cells


def minutes(late: float | None) -> str:
    """Return how late somebody was."""
    if late is None:
        return "–"
    return "on time" if late <= 0 else f"{number(late)} min"


def trajectory(row: Row) -> Cells:
    """Return what a chart rests on."""
    rated = worded(ROLE, row["informant"])
    ruptures = {one["start"]["id"] for one in row["ruptures"] if one["start"]}
    scale = f"{row['instrumentCode']}: {plain(row['scale'])}"
    usual, lower = number(row["centre"]), number(row["lower"])
    return scale, rated, str(row["n"]), usual, lower, str(len(ruptures) or "–")


def concordance(row: Row) -> Cells:
    """Return how near two are in what they rated."""
    scale = f"{row['clientCode']} and {row['instrumentCode']}: {plain(row['scale'])}"
    bias, gap = (_estimate(row[name]) for name in ("bias", "absoluteGap"))
    return scale, person(row["therapist"]), str(row["n"]), bias, gap


def _estimate(found: Row | None) -> str:
    return "–" if found is None else f"{found['value']:+.1f}"


def attained(found: Row) -> Iterable[tuple[str, Inside]]:
    """Yield how far goals are reached, and how they came about."""
    yield "Goals both agreed to", share(found["agreed"])
    yield "In your own words", share(found["wordedByClient"])
    if found["baseline"] is not None:
        reached = f"T {number(found['baseline'])} at first, {number(found['followUp'])} now"
        yield "How far they are reached", reached


RELIED: tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...] = (
    ("Sessions kept", lambda one: share(one["kept"])),
    ("On time", lambda one: share(one["punctual"])),
    ("Promises kept", lambda one: share(one["followThrough"])),
    ("Rhythm as planned", lambda one: share(one["cadence"])),
    ("Usual delay", lambda one: minutes(one["medianDelay"])),
    ("Cancelled late", lambda one: str(one["lateCancellations"])),
)


def relied(one: Row | None, read: Callable[[Mapping[str, Any]], str]) -> str:
    """Return a figure of one party, if there is any."""
    return "–" if one is None else read(one)
