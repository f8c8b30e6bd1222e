"""HTML from plain values: whatever is not markup already is escaped, so that nobody can forget it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"meta", "br", "col", "hr"})


class Html(str):
    """Markup of our own making."""

    __slots__ = ()


# Markup is text, too; texts that are none are escaped.
Inside: TypeAlias = "str | int | float | Iterable[Inside] | None"


def el(tag: str, *inside: Inside, **attributes: str | int | None) -> Html:
    """Return an element; `class_` and `for_` lose their underscore, others a hyphen for it."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{told}>")
    return Html(f"<{tag}{told}>{''.join(map(_told, inside))}</{tag}>")


def start(tag: str, **attributes: str | int | None) -> Html:
    """Return an opening tag, for what is too long to be held."""
    return Html(el(tag, **attributes).removesuffix(f"</{tag}>"))


def end(tag: str) -> Html:
    """Return a closing tag."""
    return Html(f"</{tag}>")


def raw(markup: str) -> Html:
    """Take text as markup: a style sheet or a picture of our own."""
    return Html(markup)


def said(words: str | None, nothing: str = "–") -> Html:
    """Return somebody's own words, kept apart from the text around whichever way they are written."""
    if words is None:
        return el("span", nothing, class_="none")
    return el("bdi", words, class_="said")


def _told(inside: Inside) -> str:
    if inside is None:
        return ""
    if isinstance(inside, Html):
        return inside
    if isinstance(inside, str | int | float):
        return escape(str(inside))
    return "".join(map(_told, inside))
