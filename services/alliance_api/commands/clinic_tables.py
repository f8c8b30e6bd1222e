"""Forms and packs as tables for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from alliance_api.domain.instruments import Anchor, Instrument
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import Pack
from alliance_api.store.rows import Found


def form_table(forms: Iterable[Found]) -> Table:
    """Return the forms of an organisation: whose words they have, and by what right they are used."""
    table = _table("form", "in", "answered by", "words", "licence", "may be planned")
    for form in forms:
        table.add_row(
            Text(form["code"]),
            Text(form["language"]),
            Text(form["informant"].lower()),
            Text(_words(form)),
            Text(form["licence_status"].lower().replace("_", " ")),
            _right(form),
        )
    return table


def _words(form: Found) -> str:
    if form["worded_at"]:
        return "yours"
    shipped = load_all().get(form["code"])
    return "shipped" if shipped and shipped.licence.wording_may_be_shipped else "none yet"


def _right(form: Found) -> Text:
    if form["permitted_at"]:
        return Text(f"yes, permitted {form['permitted_at']:%Y-%m-%d}", style="green")
    if form["permission_required"]:
        return Text("no: needs a permission", style="yellow")
    return Text("yes", style="green")


def pack_table(form: Instrument | None, pack: Pack, changed: Collection[int]) -> Table:
    """Return the items of a pack; `changed` ones are marked. Equal answers are told once, below."""
    items = form.items if form else ()
    answers = {item.number: _answers(pack.anchors.get(item.number, ())) for item in items}
    alike = len(set(answers.values())) == 1
    table = _table("", "item", "words", *([] if alike else ["answers"]))
    for item in items:
        table.add_row(
            Text("✎" if item.number in changed else "", style="green"),
            Text(f"{item.number} {item.key}"),
            Text(pack.wordings[item.number]),
            *([] if alike else [Text(answers[item.number])]),
        )
    if alike:
        table.caption = Text("answers: " + (answers[items[0].number] or "without words"))
        table.caption_justify = "left"
    return table


def _answers(anchors: Iterable[Anchor]) -> str:
    return " · ".join(f"{anchor.value:g} {anchor.text}" for anchor in anchors)


def _table(*heads: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        # A code is copied from here: it stays in one piece.
        table.add_column(head, overflow="fold", no_wrap=head == "form")
    return table
