"""Colours, and the signs of a chart: each has a shape of its own as well as a colour."""

from __future__ import annotations

from typing import Final

from .ink import Value, element, title

INK, QUIET, RULE, PAPER = "#1b2733", "#56636f", "#dfe4ea", "#ffffff"
SHADE, BAND, LIMIT = "#f1f3f6", "#0072b2", "#44525f"
# The palette of Okabe and Ito, which the colour-blind can tell apart; darker where it is text.
LINES: Final = {"CLIENT": "#0072b2", "THERAPIST": "#6a4c93", "CAREGIVER": "#8a5a00"}
FALL, FALL_TEXT, MEND, MEND_TEXT = "#d55e00", "#a84300", "#009e73", "#00694c"

SIZE: Final = 4.7


def score(x: float, y: float, informant: str, told: str = "", size: float = SIZE) -> str:
    """Draw a score: a circle for the client, a square for the therapist, else a diamond."""
    look: dict[str, Value] = {"fill": LINES[informant], **_rim(size)}
    if informant == "CLIENT":
        return element("circle", *_told(told), cx=x, cy=y, r=size, **look)
    if informant == "THERAPIST":
        half = round(size * 0.9, 1)
        square = {"x": x - half, "y": y - half, "width": 2 * half, "height": 2 * half}
        return element("rect", *_told(told), **square, **look)
    wide = round(size * 1.25, 1)
    way = f"M{x:.1f} {y - wide:.1f}l{wide} {wide}l-{wide} {wide}l-{wide} -{wide}z"
    return element("path", *_told(told), d=way, **look)


def rupture(x: float, y: float, told: str = "", size: float = SIZE) -> str:
    """Draw a triangle that points down."""
    return _triangle(x, y, told, FALL, size)


def repair(x: float, y: float, told: str = "", size: float = SIZE) -> str:
    """Draw a triangle that points up."""
    return _triangle(x, y, told, MEND, -size)


def hidden(x: float, y: float, size: float = SIZE) -> str:
    """Draw the broken ring of a rating that is there and not shown."""
    look = {"stroke_width": "1.5", "stroke_dasharray": "2.2 1.6"}
    return element("circle", cx=x, cy=y, r=size, fill=PAPER, stroke=QUIET, **look)


def missed(x: float, y: float) -> str:
    """Draw the cross of a session that did not take place."""
    return _stroke(f"M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6", 1.5)


def gap(x: float, y: float) -> str:
    """Draw a line that breaks: it ends at a score, and begins again at another."""
    # Without the scores it would be taken for the dashes of what is usual.
    ends = [element("circle", cx=x + side, cy=y, r=2, fill=QUIET) for side in (-3, 3)]
    return "".join([_stroke(f"M{x - 6.5:.1f} {y:.1f}h3.5m6 0h3.5", 1.5), *ends])


def _triangle(x: float, y: float, told: str, colour: str, size: float) -> str:
    wide, high = abs(size) * 1.6, size * 2.75
    way = f"M{x - wide:.1f} {y - high * 0.4:.1f}h{2 * wide:.1f}l{-wide:.1f} {high:.1f}z"
    joined = {"stroke_linejoin": "round"}
    return element("path", *_told(told), d=way, fill=colour, **_rim(abs(size)), **joined)


def _rim(size: float) -> dict[str, Value]:
    # Where signs stand close, rims of paper would eat the line between them.
    return {"stroke": PAPER, "stroke_width": "1.5" if size > SIZE / 2 else "0.5"}


def _stroke(way: str, thick: float) -> str:
    return element("path", d=way, fill="none", stroke=QUIET, stroke_width=thick)


def _told(words: str) -> list[str]:
    return [title(words)] if words else []
