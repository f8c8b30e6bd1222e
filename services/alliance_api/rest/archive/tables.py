"""Tables that can be read aloud and printed: a caption, headed columns and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from .markup import Html, Inside, el, end, start

Cells = Sequence[Inside]


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Cells], kind: str = ""
) -> Iterator[Html]:
    """Yield a table whose first column heads its rows; nothing without rows."""
    found = iter(rows)
    first = next(found, None)
    if first is None:
        return
    yield start("div", class_="scroll", tabindex=0, role="region", aria_label=caption)
    yield start("table", class_=kind or None)
    yield el("caption", caption)
    yield el("thead", el("tr", [el("th", head, scope="col") for head in heads]))
    yield start("tbody")
    for row in chain([first], found):
        yield el("tr", el("th", row[0], scope="row"), [el("td", cell) for cell in row[1:]])
    for tag in ("tbody", "table", "div"):
        yield end(tag)


def pairs(rows: Iterable[tuple[str, Inside]]) -> Html:
    """Return names and their values; those without a value are left out."""
    return el(
        "dl",
        [el("div", el("dt", name), el("dd", value)) for name, value in rows if value is not None],
    )


def note(words: Inside) -> Html:
    """Return a line of explanation."""
    return el("p", words, class_="note")
