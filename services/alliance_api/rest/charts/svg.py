"""A chart drawn as accessible SVG. Pure: values and a width in, text out.

Panels stand side by side where there is room, else one under another; both have the same axis in
time, and the same height for the same share of a scale. The picture brings its own paper, so that
it can be read on a dark page. There is no style sheet, no script and no font in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from . import marks, words
from .ink import element, text, wrapped
from .marks import INK, LINES, PAPER, QUIET, RULE
from .panel import BELOW, LANE, SMALL, Box, plot
from .values import Chart, Series
from .words import Mark, Note

NARROWEST: Final = 320
WIDEST: Final = 1200
USUAL: Final = 760

_SIDE_BY_SIDE = 620
_MARGIN, _GAP, _AXIS, _LABELS = 20, 32, 28, 64
_BODY, _HEAD, _TITLE, _LINE = 12.0, 14.0, 17.0, 17
_LOWEST, _HIGHEST, _SLANT = 168.0, 230.0, 0.62
_FONTS = "Inter, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"
_SIGNS: Mapping[Mark, Callable[[float, float], str]] = {
    Mark.RUPTURE: marks.rupture,
    Mark.REPAIR: marks.repair,
    Mark.HIDDEN: marks.hidden,
    Mark.MISSED: marks.missed,
    Mark.GAP: marks.gap,
}


def picture(chart: Chart, room: float = USUAL, name: str = "chart") -> str:
    """Return the SVG of a chart, `room` pixels wide; `name` begins its ids."""
    inner = room - 2 * _MARGIN
    top, head = _head(chart, inner)
    bottom, body = _panels(chart, top, inner) if chart.axis else _empty(chart, top, inner)
    bottom, foot = _notes(words.footer(chart), _MARGIN, bottom, inner)
    height = round(bottom + _MARGIN - 6)
    return (
        element(
            "svg",
            element("title", escape(chart.title), id=f"{name}-title"),
            element("desc", escape(words.description(chart)), id=f"{name}-desc"),
            _paper(room, height),
            *head,
            *body,
            *foot,
            xmlns="http://www.w3.org/2000/svg",
            lang="en",
            role="img",
            aria_labelledby=f"{name}-title",
            aria_describedby=f"{name}-desc",
            viewBox=f"0 0 {room:g} {height}",
            width=room,
            height=height,
            font_family=_FONTS,
            font_size=_BODY,
            fill=QUIET,
        )
        + "\n"
    )


def _paper(room: float, height: float) -> str:
    size = {"width": room - 1, "height": height - 1}
    return element("rect", x=0.5, y=0.5, **size, rx=8, fill=PAPER, stroke=RULE)


def _head(chart: Chart, inner: float) -> tuple[float, list[str]]:
    y = _MARGIN + 14.0
    parts = []
    for line in wrapped(chart.title, _TITLE, inner, bold=True):
        parts.append(text(_MARGIN, y, line, font_size=_TITLE, font_weight="600", fill=INK))
        y += 22
    if chart.axis:
        for line in wrapped(words.when(chart.axis), _BODY, inner):
            parts.append(text(_MARGIN, y - 2, line))
            y += _LINE
    return y, parts


def _empty(chart: Chart, top: float, inner: float) -> tuple[float, list[str]]:
    parts = [
        text(_MARGIN, top + 14, "Nothing to draw", font_size=_HEAD, font_weight="600", fill=INK)
    ]
    notes = [words.absent(one) for one in chart.series]
    bottom, told = _notes(notes, _MARGIN, top + 22, inner)
    return bottom, parts + told


def _panels(chart: Chart, top: float, inner: float) -> tuple[float, list[str]]:
    drawn = [one for one in chart.series if one.points]
    columns = len(drawn) if inner + 2 * _MARGIN >= _SIDE_BY_SIDE else 1
    room = (inner - _GAP * (columns - 1)) / columns
    parts: list[str] = []
    bottom = top
    for index, series in enumerate(drawn):
        column = index % columns
        if column == 0:
            top = bottom + (10 if index else 4)
        left = _MARGIN + column * (room + _GAP)
        end, panel = _panel(chart, series, (left, top), room)
        bottom = max(bottom, end)
        parts.append(panel)
    return bottom, parts


def _panel(
    chart: Chart, series: Series, corner: tuple[float, float], room: float
) -> tuple[float, str]:
    assert chart.axis is not None  # noqa: S101  (only then are there panels)
    left, top = corner
    labels = _LABELS if any(one.limits for one in chart.series) else 6
    wide = room - _AXIS - labels
    high = min(_HIGHEST, max(_LOWEST, wide * _SLANT))
    box = Box(left + _AXIS, top + 45 + LANE, wide, high, series, chart.axis)
    bottom, notes = _notes(words.notes(series), left, box.bottom + BELOW + 8, room)
    return bottom, element("g", *_header(series, left, top, room), plot(box), *notes)


def _header(series: Series, left: float, top: float, room: float) -> list[str]:
    colour = LINES[series.informant]
    return [
        marks.score(left + 5, top + 12, series.informant),
        text(
            left + 16, top + 17, words.name(series), font_size=_HEAD, font_weight="600", fill=colour
        ),
        text(
            left + room,
            top + 17,
            f"latest {words.latest(series)}",
            text_anchor="end",
            font_weight="600",
            fill=INK,
        ),
        text(left, top + 35, words.scale_of(series), font_size=SMALL),
    ]


def _notes(notes: Sequence[Note], left: float, top: float, room: float) -> tuple[float, list[str]]:
    """Write sentences under one another, each behind the sign it explains."""
    y = top + 10.0
    parts = []
    for note in notes:
        indent = 18 if note.mark is not Mark.NONE else 0
        if sign := _SIGNS.get(note.mark):
            parts.append(sign(left + 6, y - 4))
        for line in wrapped(note.text, _BODY, room - indent):
            parts.append(text(left + indent, y, line))
            y += _LINE
        y += 2
    return y - 6 if notes else top, parts
