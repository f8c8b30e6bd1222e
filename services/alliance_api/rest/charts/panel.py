"""One series on its axes: baseline, usual range, line, scores and the signs of ruptures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from alliance_api.domain.norms import Polarity

from . import marks, words
from .ink import Value, element, text, title, width
from .marks import BAND, FALL_TEXT, LIMIT, LINES, MEND_TEXT, PAPER, QUIET, RULE, SHADE
from .values import Axis, Episode, Limits, Place, Point, Series
from .words import figure

SMALL = 11.0
LANE = 18
"""Height of the lane above the scores, where the baseline says its name."""

BELOW = 34
"""Height of what stands below the scores: numbers and days."""

_ROOM_FOR_A_WORD, _ROOM_FOR_TAGS, _LEAST = 200, 7.0, 1.6
_STEPS = 8


@dataclass(frozen=True, slots=True)
class Box:
    """Where scores are drawn, and from scores and places to points on the page."""

    left: float
    top: float
    width: float
    height: float
    series: Series
    axis: Axis

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge: the lowest possible score."""
        return self.top + self.height

    @property
    def each(self) -> float:
        """How much room a rating has."""
        return self.width / max(1, len(self.axis.places), len(self.series.points))

    @property
    def size(self) -> float:
        """How large signs may be."""
        return min(marks.SIZE, max(_LEAST, round(self.each * 0.4, 1)))

    def x(self, at: float) -> float:
        """Return where a place of the axis lies."""
        share = (at - self.axis.start) / (self.axis.end - self.axis.start)
        return round(self.left + share * self.width, 1)

    def y(self, value: float) -> float:
        """Return the height of a score; limits may lie outside the scale, and end with it."""
        least, most = self.series.minimum, self.series.maximum
        share = (min(max(value, least), most) - least) / (most - least)
        return round(self.bottom - share * self.height, 1)

    def spot(self, point: Point) -> tuple[float, float]:
        """Return where a score lies."""
        return self.x(point.at.x), self.y(point.value)


def plot(box: Box) -> str:
    """Draw a series."""
    limits = box.series.limits
    parts = [
        _baseline(limits, box) if limits else "",
        _grid(box),
        _band(limits, box) if limits else "",
        _time(box),
        *(marks.hidden(box.x(one.at.x), box.bottom - 8, box.size) for one in box.series.hidden),
        *_lines(box),
        *_scores(box),
        *_signs(box),
    ]
    return "".join(parts)


def _grid(box: Box) -> str:
    series = box.series
    span = series.maximum - series.minimum
    steps = next((n for n in (4, 3, 5, 2) if (span / n).is_integer()), 4)
    parts = []
    for step in range(steps + 1):
        value = series.minimum + span * step / steps
        y = box.y(value)
        parts.append(_across(box, y, stroke=RULE))
        parts.append(text(box.left - 7, y + 4, figure(value), font_size=SMALL, text_anchor="end"))
    return "".join(parts)


def _baseline(limits: Limits, box: Box) -> str:
    """Shade the ratings that the limits are made of, with a tab above."""
    half = 0.5 if box.axis.of_sessions else 0
    right = max(box.x(min(limits.until + half, box.axis.end)), box.left + 8)
    shade = element(
        "rect",
        x=box.left,
        y=box.top - LANE,
        width=right - box.left,
        height=box.height + LANE,
        fill=SHADE,
    )
    label = "provisional baseline" if limits.provisional else "baseline"
    if width(label, SMALL) > right - box.left - 8:
        label = "baseline"
    return shade + text(box.left + 5, box.top - 5, label, font_size=SMALL)


def _band(limits: Limits, box: Box) -> str:
    """Draw the usual range; where only below it is an alarm, its lower edge has a line."""
    top, centre, bottom = (box.y(value) for value in (limits.upper, limits.centre, limits.lower))
    told = f"usual {figure(limits.centre)}, limits {figure(limits.lower)} to {figure(limits.upper)}"
    band = element(
        "rect",
        title(told),
        x=box.left,
        y=top,
        width=box.width,
        height=bottom - top,
        fill=BAND,
        fill_opacity="0.09",
    )
    labels = [(centre, limits.centre, "usual"), (bottom, limits.lower, "limit")]
    look: dict[str, Value] = {"stroke": LIMIT, "stroke_width": "1.5"}
    if limits.provisional:
        look["stroke_dasharray"] = "2 3"
    if box.series.polarity is not Polarity.HIGHER_IS_BETTER:
        labels = [(top, limits.upper, "upper"), labels[0], (bottom, limits.lower, "lower")]
        look["stroke"] = "none"
    return "".join(
        [
            band,
            _across(box, centre, stroke=LIMIT, stroke_dasharray="5 4"),
            _across(box, bottom, **look),
            *_labels(labels, box),
        ]
    )


def _labels(labels: Sequence[tuple[float, float, str]], box: Box) -> Iterator[str]:
    """Write beside the lines; a label that would touch the one above gives way."""
    least = 0.0
    for height, value, name in labels:
        y = max(height, least)
        least = y + 14
        bold = element("tspan", figure(value), font_weight="600", fill=LIMIT)
        yield element("text", bold, f" {name}", x=box.right + 6, y=y + 4, font_size=SMALL)


def _across(box: Box, y: float, **look: Value) -> str:
    return element("line", x1=box.left, x2=box.right, y1=y, y2=y, **look)


def _time(box: Box) -> str:
    axis, y = box.axis, box.bottom
    parts = [_across(box, y, stroke=QUIET)]
    parts += [marks.missed(box.x(place.x), y - 8) for place in axis.missed]
    parts += [
        text(box.x(place.x), y + 15, place.label, font_size=SMALL, text_anchor="middle")
        for place in _numbered(box)
    ]
    low = y + (31 if axis.places else 15)
    parts.append(text(box.left, low, words.day(axis.first), font_size=SMALL))
    if axis.last != axis.first:
        parts.append(text(box.right, low, words.day(axis.last), font_size=SMALL, text_anchor="end"))
    if axis.places and box.width > _ROOM_FOR_A_WORD:
        middle = box.left + box.width / 2
        parts.append(text(middle, low, "session", font_size=SMALL, text_anchor="middle"))
    return "".join(parts)


def _numbered(box: Box) -> list[Place]:
    """Return the sessions whose numbers there is room for: all, or every second, fifth, tenth."""
    places = box.axis.places
    widest = max((width(place.label, SMALL) for place in places), default=0) + 5
    each = box.width / max(1, len(places))
    every = next((n for n in (1, 2, 5, 10, 20, 50) if n * each >= widest), 100)
    return [place for place in places if int(place.label) % every == 0]


def _lines(box: Box) -> list[str]:
    """Draw one line for each stretch without a gap."""
    stretches: list[list[Point]] = []
    for point in box.series.points:
        if point.joined and stretches:
            stretches[-1].append(point)
        else:
            stretches.append([point])
    return [
        element(
            "polyline",
            points=" ".join(f"{box.x(p.at.x)},{box.y(p.value)}" for p in stretch),
            fill="none",
            stroke=LINES[box.series.informant],
            stroke_width=2 if box.size > _LEAST * 1.5 else 1.2,
            stroke_linejoin="round",
            stroke_linecap="round",
        )
        for stretch in stretches
        if len(stretch) > 1
    ]


def _events(box: Box) -> dict[float, tuple[Episode, bool]]:
    """Return the places with a sign of their own: the episode, and whether it is the repair."""
    events: dict[float, tuple[Episode, bool]] = {}
    for episode in box.series.episodes:
        events[episode.nadir.at.x] = (episode, False)
        if episode.repair:
            events[episode.repair.at.x] = (episode, True)
    return events


def _scores(box: Box) -> list[str]:
    events, informant = _events(box), box.series.informant
    return [
        marks.score(*box.spot(point), informant, _told(point), box.size)
        for point in box.series.points
        if point.at.x not in events
    ]


def _told(point: Point) -> str:
    return f"{words.called(point.at)}, {words.day(point.day)}: {figure(point.value)}"


def _signs(box: Box) -> list[str]:
    """Draw ruptures and repairs over the scores, and name them where there is room."""
    signs, tags, taken = [], [], [*_line(box), *_levels(box)]
    size = max(box.size, marks.SIZE * 0.8)
    for point in box.series.points:
        if found := _events(box).get(point.at.x):
            episode, mended = found
            told = f"{_told(point)}; {words.episode_in_words(episode)}"
            draw = marks.repair if mended else marks.rupture
            signs.append(draw(*box.spot(point), told, size))
            if box.each >= _ROOM_FOR_TAGS:
                tag, area = _tag(box, point, taken, mended=mended)
                tags.append(tag)
                taken += area
    return signs + tags


def _tag(
    box: Box, point: Point, taken: Sequence[tuple[float, float]], *, mended: bool
) -> tuple[str, list[tuple[float, float]]]:
    """Name a sign above or below it, where it covers least, and return what it covers itself."""
    label, colour = ("repair", MEND_TEXT) if mended else ("rupture", FALL_TEXT)
    x, y = box.spot(point)
    half = width(label, SMALL, bold=True) / 2 + 2
    x = min(max(x, box.left + half), box.right - half)
    higher, lower = [y - 12, y - 24], [y + 22, y + 34]
    heights = higher + lower if mended else lower + higher
    fit = [one for one in heights if box.top - 6 <= one - 9 and one + 3 <= box.bottom] or heights
    best = min(fit, key=lambda one: _covered((x, one - 4), half + 3, taken))
    tag = text(
        x,
        best,
        label,
        font_size=SMALL,
        font_weight="600",
        fill=colour,
        text_anchor="middle",
        paint_order="stroke",
        stroke=PAPER,
        stroke_width=3,
        stroke_linejoin="round",
    )
    return tag, [(x + half * part / 4, best - 4) for part in range(-4, 5)] * _STEPS


def _covered(middle: tuple[float, float], half: float, taken: Sequence[tuple[float, float]]) -> int:
    """Count what a label around a place would lie on."""
    return sum(abs(x - middle[0]) < half and abs(y - middle[1]) < SMALL for x, y in taken)


def _line(box: Box) -> Iterator[tuple[float, float]]:
    """Return points along the line of scores, close enough to tell where it runs."""
    points = box.series.points
    yield from (box.spot(point) for point in points)
    for before, here in pairwise(points):
        if here.joined:
            (x, y), (to_x, to_y) = box.spot(before), box.spot(here)
            for part in range(1, _STEPS):
                yield x + (to_x - x) * part / _STEPS, y + (to_y - y) * part / _STEPS


def _levels(box: Box) -> Iterator[tuple[float, float]]:
    """Return points along the lines of what is usual."""
    if limits := box.series.limits:
        for value in (limits.centre, limits.lower):
            for part in range(int(box.width / _STEPS)):
                yield box.left + part * _STEPS, box.y(value)
