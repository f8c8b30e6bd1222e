"""What a chart shows, as plain values: an axis in time, and a series for each informant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from alliance_api.domain.norms import Polarity


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere on the axis, and its name: the number of a session, or a day."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Sessions one beside another in the order they took place, or days where there are none.

    `places` are the sessions; `missed` those of them that did not take place.
    """

    start: float
    end: float
    first: date
    last: date
    places: tuple[Place, ...] = ()
    missed: tuple[Place, ...] = ()

    @property
    def of_sessions(self) -> bool:
        """Whether places are sessions."""
        return bool(self.places)


@dataclass(frozen=True, slots=True)
class Point:
    """One score. `joined`: nothing lies between it and the score before it."""

    at: Place
    value: float
    day: date
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Hidden:
    """A rating that is known to be there and has no score to show, with the reason's code."""

    at: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What is usual for this person, frozen on the first `n` ratings, the last of them at `until`."""

    centre: float
    lower: float
    upper: float
    n: int
    provisional: bool
    until: float
    false_alarm_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """A rupture: where it began, its lowest point, where it was repaired; or that its time is over."""

    start: Point
    nadir: Point
    repair: Point | None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One scale of one informant. Without points it has no range, and its `hidden` may say why."""

    informant: str
    minimum: float = 0
    maximum: float = 1
    polarity: Polarity | None = None
    points: tuple[Point, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    limits: Limits | None = None
    no_limits: str | None = None
    at_ceiling: bool = False
    episodes: tuple[Episode, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture's content; the axis is missing where no series has a point.

    `notice` is what a law wants passed on with it.
    """

    title: str
    series: tuple[Series, ...]
    axis: Axis | None = None
    notice: str | None = None
