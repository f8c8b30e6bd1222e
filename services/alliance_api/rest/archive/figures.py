"""Derived figures as cells of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from alliance_api.rest.charts.reading import LIVE

from .markup import Inside
from .phrases import ROLE, number, person, plain, share, signed, worded
from .reader import Reader
from .rows import Row
from .tables import Cells


def minutes(late: float | None) -> str:
    """Return how late somebody was."""
    if late is None:
        return "–"
    return "on time" if late <= 0 else f"{number(late)} min"


def trajectory(reader: Reader, row: Row) -> Cells:
    """Return what a chart rests on."""
    rated = worded(ROLE, row["informant"])
    # As in the pictures: those of the rule that signals are made by.
    ruptures = [one for one in row["ruptures"] if one["start"] and one["method"]["id"] in LIVE]
    scale = reader.scale(row["instrumentCode"], row["scale"])
    usual, lower = number(row["centre"]), number(row["lower"])
    return scale, rated, str(row["n"]), usual, lower, str(len(ruptures) or "–")


def concordance(reader: Reader, row: Row) -> Cells:
    """Return how near two are in what they rated."""
    scale = reader.scale(row["clientCode"], row["scale"])
    unit = "per cent of the scale" if row["unit"] == "POMP" else "points"
    bias, gap = row["bias"], row["absoluteGap"]
    apart = number(gap["value"]) if gap else "–"
    minus = signed(round(bias["value"], 1)) if bias else "–"
    return scale, person(row["therapist"]), str(row["n"]), minus, apart, unit


def attained(found: Row) -> Iterable[tuple[str, Inside]]:
    """Yield how far goals are reached, and how they came about."""
    yield "Goals both agreed to", share(found["agreed"])
    yield "In your own words", share(found["wordedByClient"])
    if found["baseline"] is not None:
        reached = f"T {number(found['baseline'])} at first, {number(found['followUp'])} now"
        yield "How far they are reached", reached
    if found["ratings"]:
        moved = f"{number(found['ratings']['first'])} at first, {number(found['ratings']['latest'])} now"
        yield "Goals rated from 0 to 10", moved


def wishes(rows: Iterable[Row]) -> Iterable[tuple[str, Mapping[str, Row]]]:
    """Yield the dimensions of therapy, each with what either party said."""
    values: dict[str, dict[str, Row]] = {}
    for row in rows:
        values.setdefault(row["dimension"], {})[row["role"]] = row
    return values.items()


def evidence(rows: Iterable[Row]) -> str:
    """Return what a signal rests on: the sessions, or else what and how much of it."""
    sessions: set[int] = set()
    others: dict[str, int] = {}
    for row in rows:
        at = row["session"] or (row["measurement"] or {}).get("session")
        if at:
            sessions.add(at["number"])
            continue
        for name in (name for name, value in row.items() if value):
            others[name] = others.get(name, 0) + 1
    told = [", ".join(map(str, sorted(sessions)))] if sessions else []
    if told:
        told[0] = f"{'session' if len(sessions) == 1 else 'sessions'} {told[0]}"
    told += [f"{count} {plain(name)}{'s' if count > 1 else ''}" for name, count in others.items()]
    return ", ".join(told) or "–"


RELIED: Final[tuple[tuple[str, Callable[[Mapping[str, Any]], str]], ...]] = (
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
