"""From the answer of one stored GraphQL document to a chart's values: nothing else gets in.

The document is executed as the principal, so a chart holds what the same person could read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from alliance_api.domain.charts import LONG_GAP
from alliance_api.domain.instruments import InformantRole, Instrument
from alliance_api.domain.norms import Polarity
from alliance_api.instruments.forms import definition, headline_scale
from alliance_api.instruments.pairs import counterpart

from .values import Axis, Chart, Episode, Hidden, Limits, Place, Point, Series
from .words import day

DOCUMENT = """query Chart($case: ID!, $scale: String!,
    $instrument: String!, $informant: InformantRole!, $other: String!, $otherInformant: InformantRole!) {
  instrument(code: $instrument) { code }
  case(id: $case) {
    timeZone
    labels { notice { text } }
    sessions(last: 100, outcome: [KEPT, CANCELLED, LATE_CANCELLED, MISSED]) { nodes { ...S outcome } }
    own: trajectory(instrument: $instrument, informant: $informant, scale: $scale) { ...T }
    ownGiven: measurements(last: 100, instrument: $instrument, informant: $informant) { ...G }
    other: trajectory(instrument: $other, informant: $otherInformant, scale: $scale) { ...T }
    otherGiven: measurements(last: 100, instrument: $other, informant: $otherInformant) { ...G }
  }
}
fragment S on Session { number plannedStart }
fragment G on MeasurementConnection {
  nodes { takenAt session { ...S } withheld { facet reason } supersededBy { id } }
}
fragment T on Trajectory {
  baseline { n provisional } centre lower upper falseAlarmRate reason atCeiling
  points { raw minimum maximum reason takenAt session { ...S } }
  ruptures {
    start { takenAt } nadir { takenAt } repair { takenAt } over method { id }
  }
}"""
# The rules that raise signals; those that look back are for reading, not for drawing.
LIVE = frozenset({"rupture-beyond-noise"})
_FORM = re.compile(r", (client|therapist) form$")

Row = Mapping[str, Any]


def variables(case: str, code: str, scale: str) -> dict[str, Any]:
    """Return the document's variables: a form, and the other party's form if there is one."""
    form, other = _form(code), _other(code, scale)
    return {
        "case": case,
        "scale": scale,
        "instrument": code,
        "informant": form.informant.value,
        # No instrument has an empty code: then there is nothing beside it.
        "other": other.code if other else "",
        "otherInformant": (other or form).informant.value,
    }


def chart(code: str, scale: str, case: Row) -> Chart:
    """Return what the document's answer about a case says, the client's side first."""
    time = _Time.of(case)
    form = _form(code)
    sides = [(form, "own")]
    if other := _other(code, scale):
        sides.append((other, "other"))
        sides.sort(key=lambda side: side[0].informant is not InformantRole.CLIENT)
    series = tuple(_series(form, scale, _Side(case, name, time)) for form, name in sides)
    title = _FORM.sub("", form.name) if other else form.name
    named = title if scale == headline_scale(code) else f"{title}: {scale.replace('-', ' ')}"
    notice = case["labels"]["notice"]
    return Chart(
        named,
        series,
        time.axis if any(one.points for one in series) else None,
        notice["text"] if notice else None,
    )


def _form(code: str) -> Instrument:
    form = definition(code)
    if form is None:
        raise LookupError("whoever asks for a chart knows that there is such a form")
    return form


def _other(code: str, scale: str) -> Instrument | None:
    other = definition(counterpart(code) or "")
    return other if other and any(one.key == scale for one in other.scales) else None


def _given(case: Row, name: str) -> list[Row]:
    """Return ratings that are known and withheld, unless a later one took their place."""
    nodes = (case[f"{name}Given"] or {}).get("nodes") or ()
    return [
        row
        for row in nodes
        if row["supersededBy"] is None and any(one["facet"] == "SCORES" for one in row["withheld"])
    ]


def _points(case: Row, name: str) -> list[Row]:
    return list((case[name] or {}).get("points") or ())


@dataclass(frozen=True, slots=True)
class _Time:
    """Where a rating lies: by its session, or by its day where any rating has no session."""

    axis: Axis | None
    zone: ZoneInfo
    places: Mapping[int, Place]

    @classmethod
    def of(cls, case: Row) -> _Time:
        """Return the time of a case's ratings, both sides together."""
        zone = ZoneInfo(case["timeZone"])
        rows = [
            row for name in ("own", "other") for row in (*_points(case, name), *_given(case, name))
        ]
        if not rows:
            return cls(None, zone, {})
        if any(row["session"] is None for row in rows):
            return cls(_days(rows, zone), zone, {})
        nodes = (case["sessions"] or {}).get("nodes") or ()
        axis = _sessions([row["session"] for row in rows], nodes, zone)
        return cls(axis, zone, {int(place.label): place for place in axis.places})

    def place(self, row: Row) -> Place:
        """Return where a rating lies."""
        if self.places:
            return self.places[row["session"]["number"]]
        at = datetime.fromisoformat(row["takenAt"])
        return Place(at.timestamp() / 86_400, day(self.day(row["takenAt"])))

    def day(self, instant: str) -> date:
        """Return the day of an instant where the case is."""
        return _day(instant, self.zone)


def _day(instant: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(instant).astimezone(zone).date()


def _days(rows: Sequence[Row], zone: ZoneInfo) -> Axis:
    instants = sorted(row["takenAt"] for row in rows)
    first, last = (
        datetime.fromisoformat(one).timestamp() / 86_400 for one in (instants[0], instants[-1])
    )
    margin = max(1.0, (last - first) * 0.04)
    return Axis(first - margin, last + margin, _day(instants[0], zone), _day(instants[-1], zone))


def _sessions(rated: Iterable[Row], listed: Sequence[Row], zone: ZoneInfo) -> Axis:
    """Return sessions from the first rated one on, in the order they were planned to begin.

    Numbers count plans, so a session that was moved behind others comes before smaller numbers.
    """
    mine = {row["number"]: row for row in rated}
    known = mine | {row["number"]: row for row in listed}
    # Without leave to read outcomes, sessions between are known by their numbers only.
    numbers = sorted(known, key=lambda number: (known[number]["plannedStart"], number))
    if not listed:
        numbers = list(range(min(known), max(known) + 1))
    begin = next(index for index, number in enumerate(numbers) if number in mine)
    places = tuple(Place(x, str(number)) for x, number in enumerate(numbers[begin:]))
    missed = {row["number"] for row in listed if row["outcome"] not in {"KEPT", None}} - set(mine)
    days = [
        _day(known[number]["plannedStart"], zone) for number in numbers[begin:] if number in known
    ]
    return Axis(
        start=-0.5,
        end=len(places) - 0.5,
        first=days[0],
        last=days[-1],
        places=places,
        missed=tuple(place for place in places if int(place.label) in missed),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """One party's part of the answer."""

    case: Row
    name: str
    time: _Time

    @property
    def scored(self) -> list[Row]:
        """Scores, in the order of the axis."""
        rows = [row for row in _points(self.case, self.name) if row["raw"] is not None]
        return sorted(rows, key=lambda row: (self.time.place(row).x, row["takenAt"]))

    @property
    def hidden(self) -> tuple[Hidden, ...]:
        """Ratings without a score to show, where there is no other."""
        shown = {self.time.place(row).x for row in self.scored}
        found = [
            (row, reason["reason"])
            for row in _given(self.case, self.name)
            for reason in row["withheld"]
            if reason["facet"] == "SCORES"
        ]
        found += [(row, "NO_SCORE") for row in _points(self.case, self.name) if row["raw"] is None]
        places = [Hidden(self.time.place(row), reason) for row, reason in found]
        return tuple(
            sorted((one for one in places if one.at.x not in shown), key=lambda one: one.at.x)
        )


def _series(form: Instrument, scale: str, side: _Side) -> Series:
    rows, found = side.scored, side.case[side.name]
    if not rows or found is None:
        return Series(form.informant.value, hidden=side.hidden)
    polarity = next((one.polarity for one in form.scales if one.key == scale), None)
    points = _joined(rows, side.time)
    by_instant = {row["takenAt"]: point for row, point in zip(rows, points, strict=True)}
    # The rules look for falls: only where higher is better is a fall a rupture.
    ruptures = found["ruptures"] if polarity is Polarity.HIGHER_IS_BETTER else ()
    episodes = (_episode(one, by_instant) for one in ruptures)
    return Series(
        informant=form.informant.value,
        minimum=rows[0]["minimum"],
        maximum=rows[0]["maximum"],
        polarity=polarity,
        points=points,
        hidden=side.hidden,
        limits=_limits(found, points),
        no_limits=found["reason"],
        at_ceiling=bool(found["atCeiling"]) and found["reason"] != "CEILING",
        episodes=tuple(one for one in episodes if one is not None),
    )


def _joined(rows: Sequence[Row], time: _Time) -> tuple[Point, ...]:
    places = [time.place(row) for row in rows]
    gaps = [here.x - before.x for before, here in pairwise(places)]
    # A line over sessions nobody rated would say what nobody said.
    longest = 1 if time.places else LONG_GAP * median(gaps or [0])
    return tuple(
        Point(place, row["raw"], time.day(row["takenAt"]), joined=gap <= longest)
        for place, row, gap in zip(places, rows, [float("inf"), *gaps], strict=True)
    )


def _limits(found: Row, points: Sequence[Point]) -> Limits | None:
    baseline = found["baseline"]
    if baseline is None or None in (found["centre"], found["lower"], found["upper"]):
        return None
    return Limits(
        centre=found["centre"],
        lower=found["lower"],
        upper=found["upper"],
        n=baseline["n"],
        provisional=baseline["provisional"],
        until=points[min(baseline["n"], len(points)) - 1].at.x,
        false_alarm_rate=found["falseAlarmRate"],
    )


def _episode(rupture: Row, points: Mapping[str, Point]) -> Episode | None:
    start, nadir, repair = (
        points.get(rupture[name]["takenAt"]) if rupture[name] else None
        for name in ("start", "nadir", "repair")
    )
    if rupture["method"]["id"] not in LIVE or start is None or nadir is None:
        return None
    return Episode(start, nadir, repair, rupture["over"])
