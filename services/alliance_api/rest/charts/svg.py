"""Panels of scores over sessions, drawn as accessible SVG. Pure: values in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

WIDTH, PANEL, LEFT, TOP, GAP = 760, 220, 56, 64, 56
RIGHT = 24
INK, QUIET, BAND, FALL, MEND = "#1f2933", "#7b8794", "#e4ecf7", "#b42318", "#18794e"


@dataclass(frozen=True, slots=True)
class Point:
    """One score: the number of its session, its value, and the day, for the reader's title."""

    session: int
    value: float
    day: str


@dataclass(frozen=True, slots=True)
class Episode:
    """A rupture by session numbers: where it began, its lowest point, where it was mended."""

    start: int
    nadir: int
    repair: int | None


@dataclass(frozen=True, slots=True)
class Panel:
    """One scale of one informant. Limits are drawn only where there are any."""

    title: str
    minimum: float
    maximum: float
    points: Sequence[Point]
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    episodes: Sequence[Episode] = field(default_factory=tuple)


def picture(title: str, description: str, panels: Sequence[Panel]) -> str:
    """Return an SVG with one panel under another; title and description are read aloud."""
    height = TOP + len(panels) * (PANEL + GAP)
    sessions = [point.session for panel in panels for point in panel.points]
    first, last = (min(sessions), max(sessions)) if sessions else (1, 1)
    drawn = [
        _panel(panel, TOP + index * (PANEL + GAP), first, last)
        for index, panel in enumerate(panels)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="title description" font-family="system-ui, sans-serif" font-size="12">'
        f'<title id="title">{escape(title)}</title>'
        f'<desc id="description">{escape(description)}</desc>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="{LEFT}" y="32" font-size="18" fill="{INK}">{escape(title)}</text>'
        + "".join(drawn)
        + "</svg>\n"
    )


@dataclass(frozen=True, slots=True)
class _Space:
    """From sessions and scores to places on the page."""

    top: float
    first: int
    last: int
    minimum: float
    maximum: float

    def x(self, session: float) -> float:
        span = max(1, self.last - self.first)
        return round(LEFT + (session - self.first) * (WIDTH - LEFT - RIGHT) / span, 1)

    def y(self, value: float) -> float:
        inside = min(max(value, self.minimum), self.maximum)
        share = (inside - self.minimum) / (self.maximum - self.minimum)
        return round(self.top + PANEL * (1 - share), 1)


def _panel(panel: Panel, top: float, first: int, last: int) -> str:
    space = _Space(top, first, last, panel.minimum, panel.maximum)
    parts = [
        f'<text x="{LEFT}" y="{top - 10}" fill="{INK}" font-weight="600">{escape(panel.title)}</text>',
        _axes(panel, space),
        _limits(panel, space),
        *[_episode(episode, panel, space) for episode in panel.episodes],
        _line(panel, space),
    ]
    if not panel.points:
        middle = top + PANEL / 2
        parts.append(f'<text x="{LEFT + 16}" y="{middle}" fill="{QUIET}">Nothing to show.</text>')
    return "<g>" + "".join(parts) + "</g>"


def _axes(panel: Panel, space: _Space) -> str:
    lines = []
    for step in range(5):
        value = panel.minimum + (panel.maximum - panel.minimum) * step / 4
        y = space.y(value)
        lines.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e4e7eb"/>'
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="{QUIET}">{value:g}</text>'
        )
    bottom = space.y(panel.minimum) + 18
    for session in range(space.first, space.last + 1):
        x = space.x(session)
        lines.append(
            f'<text x="{x}" y="{bottom}" text-anchor="middle" fill="{QUIET}">{session}</text>'
        )
    return "".join(lines)


def _limits(panel: Panel, space: _Space) -> str:
    if panel.centre is None or panel.lower is None or panel.upper is None:
        return ""
    top, bottom, centre = space.y(panel.upper), space.y(panel.lower), space.y(panel.centre)
    width = WIDTH - LEFT - RIGHT
    return (
        f'<rect x="{LEFT}" y="{top}" width="{width}" height="{round(bottom - top, 1)}" '
        f'fill="{BAND}"><title>limits {panel.lower:.2f} to {panel.upper:.2f}</title></rect>'
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{centre}" y2="{centre}" '
        f'stroke="{QUIET}" stroke-dasharray="4 4"/>'
    )


def _line(panel: Panel, space: _Space) -> str:
    places = [(space.x(point.session), space.y(point.value), point) for point in panel.points]
    path = " ".join(f"{x},{y}" for x, y, _ in places)
    line = f'<polyline points={quoteattr(path)} fill="none" stroke="{INK}" stroke-width="1.5"/>'
    dots = [
        f'<circle cx="{x}" cy="{y}" r="4" fill="{INK}">'
        f"<title>session {point.session}, {escape(point.day)}: {point.value:.2f}</title></circle>"
        for x, y, point in places
    ]
    return line + "".join(dots)


def _episode(episode: Episode, panel: Panel, space: _Space) -> str:
    x, y = space.x(episode.nadir), space.y(panel.minimum) - 8
    mended = "" if episode.repair is None else f", repaired in session {episode.repair}"
    fall = (
        f'<path d="M {x - 6} {y - 10} h 12 l -6 10 z" fill="{FALL}">'
        f"<title>rupture from session {episode.start}, lowest in {episode.nadir}{mended}</title>"
        "</path>"
    )
    if episode.repair is None:
        return fall
    x = space.x(episode.repair)
    return fall + (
        f'<path d="M {x - 6} {y} h 12 l -6 -10 z" fill="{MEND}">'
        f"<title>repair in session {episode.repair}</title></path>"
    )
