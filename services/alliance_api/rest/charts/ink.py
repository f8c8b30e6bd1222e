"""Pieces of SVG text, and how wide words will be: no fonts are at hand where text is wrapped."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

# Widths in em of a sans-serif, by letters; those of the bundled font, rounded up.
_LETTERS = (
    (0.28, "Iijl' "),
    (0.36, "!,.:;()/[]|frt"),
    (0.5, '-"*?s'),
    (0.58, "7JLackvxyz"),
    (0.78, "CGHNOQU"),
    (0.92, "mwMW%@"),
)
_EM = {letter: em for em, letters in _LETTERS for letter in letters}
_OTHER, _BOLD = 0.65, 1.04

Value = str | float


def element(tag: str, *inside: str, **attributes: Value) -> str:
    """Return an element; `_` in a name stands for a hyphen, and what is inside is taken as it is."""
    told = "".join(
        f" {name.replace('_', '-')}={quoteattr(_told(value))}" for name, value in attributes.items()
    )
    return f"<{tag}{told}>{''.join(inside)}</{tag}>" if inside else f"<{tag}{told}/>"


def title(words: str) -> str:
    """Return what a pointer that rests on its parent is told."""
    return element("title", escape(words))


def text(x: float, y: float, words: str, **attributes: Value) -> str:
    """Return a line of text."""
    return element("text", escape(words), x=x, y=y, **attributes)


def _told(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def width(words: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a line will be, rather too wide than too narrow."""
    em = sum(_EM.get(letter, _OTHER) for letter in words)
    return em * size * (_BOLD if bold else 1)


def wrapped(words: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Break words into lines that fit; a single word may still stand out."""
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
