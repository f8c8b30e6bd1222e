"""What was answered, one table a form: items beside sessions, then scores, then what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from .markup import Html, Inside, el, end, said, start
from .phrases import DISCLOSURE, ROLE, WITHHELD, Clock, number, person, plain, worded
from .rows import Row, Rows
from .tables import note

# So many fit a page beside the words of an item, or beside its number only.
COLUMNS, COLUMNS_WITHOUT_WORDS = 7, 10
# So few that there is room for the words of an answer.
FEW: Final = 3
# Code, version, role and id of whoever answered.
Key = tuple[str, int, str, str]
_FIRST: Final = {"CLIENT": 0, "THERAPIST": 1, "CAREGIVER": 2}
_NOTICED: Final = {
    "STRAIGHT_LINING": "every answer is the same",
    "AT_CEILING": "every answer is the highest",
    "AT_FLOOR": "every answer is the lowest",
    "ANY_YES": "one answer is worth asking about",
}
_TURN: Final = {
    "UP": ("↑", "higher than the one before, beyond the error of measurement"),
    "DOWN": ("↓", "lower than the one before, beyond the error of measurement"),
}
_NO_WORDS: Final = (
    "The words of this form belong to {holder} and are not kept here; items go by their numbers."
)


def by_form(measurements: Iterable[Row]) -> dict[Key, Rows]:
    """Return measurements by form and informant: the client's first, and what was used most."""
    found: dict[Key, Rows] = {}
    for row in measurements:
        form, who = row["instrument"], row["informant"]["id"]
        key = (form["code"], form["version"], row["role"], who)
        found.setdefault(key, Rows()).extend([row])

    def place(item: tuple[Key, Rows]) -> tuple[int, int, Key]:
        return _FIRST[item[0][2]], -len(item[1]), item[0]

    return dict(sorted(found.items(), key=place))


@dataclass(frozen=True)
class Form:
    """One form with everything that one person answered in it; `me` is who reads it."""

    rows: Rows
    instrument: Row | None
    clock: Clock
    me: str

    @cached_property
    def _items(self) -> dict[int, Row]:
        return {item["number"]: item for item in (self.instrument or {}).get("items", ())}

    @cached_property
    def _worded(self) -> bool:
        return any(item["wording"] for item in self._items.values())

    @cached_property
    def _shared_anchors(self) -> str:
        """What the values mean, where they mean the same for every item."""
        found = {_anchors(item) for item in self._items.values()}
        return found.pop() if len(found) == 1 else ""

    @cached_property
    def _columns(self) -> int:
        if len(self.rows) <= FEW:
            return FEW
        return COLUMNS if self._worded else COLUMNS_WITHOUT_WORDS

    def parts(self) -> Iterator[Html]:
        """Yield the form."""
        first = next(iter(self.rows))
        role = ROLE[first["role"]]
        yield start("article", class_=f"form {role}")
        yield el("h4", first["instrument"]["name"])
        times = "once" if len(self.rows) == 1 else f"{len(self.rows)} times"
        yield el("p", f"Answered {times} by {self._who(first, role)}", class_="by")
        if self.instrument and not self._worded:
            yield note(_NO_WORDS.format(holder=self.instrument["licence"]["holder"]))
        if self._shared_anchors:
            yield note(self._shared_anchors)
        remaining = iter(self.rows)
        while block := list(islice(remaining, self._columns)):
            yield from self._block(block)
        yield from self._comments()
        yield end("article")

    def _who(self, first: Row, role: str) -> str:
        if first["informant"]["id"] == self.me:
            return "you"
        return f"{person(first['informant'])}, {role}"

    def _block(self, block: Sequence[Row]) -> Iterator[Html]:
        one, other = (self.clock.spelt(row["takenAt"]) for row in (block[0], block[-1]))
        caption = one if one == other else f"{one} to {other}"
        name = f"{block[0]['instrument']['name']}, {caption}"
        yield start("div", class_="scroll", tabindex=0, role="region", aria_label=name)
        width = "words" if self._worded else "numbers"
        yield start("table", class_=f"answers {width} {'few' if self._columns == FEW else ''}")
        yield el("caption", caption)
        columns = [el("col") for _ in range(self._columns)]
        yield el("colgroup", el("col", class_="question"), columns)
        heads = [el("th", self._head(row), scope="col") for row in block]
        corner = el("th", "Session", scope="col")
        yield el("thead", el("tr", corner, heads, self._filler(block)))
        yield from self._answered(block)
        yield from self._scored(block)
        yield from self._told(block)
        yield end("table")
        yield end("div")

    def _filler(self, block: Sequence[Row]) -> Html | None:
        # Columns stay as wide as those of the blocks above.
        left = self._columns - len(block)
        return el("td", colspan=left) if left else None

    def _head(self, row: Row) -> Inside:
        at = el("span", self.clock.spelt(row["takenAt"]), class_="small")
        number_ = str(row["session"]["number"]) if row["session"] else "–"
        later = el("span", "replaced later", class_="small") if row["supersededBy"] else None
        return [number_, at, later]

    def _row(self, head: Inside, cells: Iterable[Inside], block: Sequence[Row]) -> Html:
        told = [el("td", cell) for cell in cells]
        return el("tr", el("th", head, scope="row"), told, self._filler(block))

    def _answered(self, block: Sequence[Row]) -> Iterator[Html]:
        given = [{each["item"]: each for each in row["answers"] or ()} for row in block]
        numbers = sorted({number for answers in given for number in answers})
        if not numbers:
            return
        yield start("tbody")
        for at in numbers:
            cells = [self._value(at, answers.get(at)) for answers in given]
            yield self._row(self._question(at), cells, block)
        yield end("tbody")

    def _question(self, at: int) -> Inside:
        item = self._items.get(at)
        if item is None or item["wording"] is None:
            return f"Item {at}"
        own = _anchors(item) if not self._shared_anchors and len(self.rows) > FEW else ""
        words = [el("span", f"{at}", class_="at"), item["wording"]]
        return [
            el("span", words, class_="words"),
            el("span", own, class_="small") if own else None,
        ]

    def _value(self, at: int, answer: Mapping[str, Any] | None) -> Inside:
        if answer is None or (answer["value"] is None and not answer["notApplicable"]):
            return "–"
        if answer["notApplicable"]:
            return "does not apply"
        value, item = answer["value"], self._items.get(at)
        if self._columns != FEW or item is None:
            return number(value)
        words = [each["wording"] for each in item["anchors"] if each["value"] == value]
        return [number(value), el("span", words[0], class_="small") if words else None]

    def _scored(self, block: Sequence[Row]) -> Iterator[Html]:
        given = [{each["scale"]: each for each in row["scores"] or ()} for row in block]
        scales = {scale: score for scores in given for scale, score in scores.items()}
        if not scales:
            return
        yield start("tbody", class_="scores")
        for scale, one in sorted(scales.items()):
            ends = f" {number(one['minimum'])} to {number(one['maximum'])}"
            head = [plain(scale).capitalize(), el("span", ends, class_="range")]
            yield self._row(head, [_score(scores.get(scale)) for scores in given], block)
        yield end("tbody")

    def _told(self, block: Sequence[Row]) -> Iterator[Html]:
        yield start("tbody", class_="told")
        opened = [worded(DISCLOSURE, row["disclosure"]) for row in block]
        yield self._row("Open to others", opened, block)
        hidden = [{each["facet"]: each["reason"] for each in row["withheld"]} for row in block]
        for facet in sorted({facet for reasons in hidden for facet in reasons}):
            whys = [found.get(facet) for found in hidden]
            cells = [worded(WITHHELD, why) if why else "" for why in whys]
            yield self._row(f"Not shown: {plain(facet)}", cells, block)
        noticed = [
            ", ".join(worded(_NOTICED, each["code"]) for each in row["findings"] or ())
            for row in block
        ]
        if any(noticed):
            yield self._row("Noticed", noticed, block)
        yield end("tbody")

    def _comments(self) -> Iterator[Html]:
        written = (row for row in self.rows if row["comment"] is not None)
        for index, row in enumerate(written):
            if not index:
                yield el("h5", "Written beside it")
            where = f"Session {row['session']['number']}, " if row["session"] else ""
            yield el(
                "figure",
                el("blockquote", said(row["comment"])),
                el("figcaption", where, self.clock.day(row["takenAt"])),
                class_="comment",
            )


def _anchors(item: Row) -> str:
    return " · ".join(f"{number(each['value'])} {each['wording']}" for each in item["anchors"])


def _score(score: Row | None) -> Inside:
    if score is None or score["raw"] is None:
        return plain(score["reason"]) if score else "–"
    turn = _TURN.get((score["change"] or {}).get("direction") or "")
    if turn is None:
        return number(score["raw"])
    sign, words = turn
    return [number(score["raw"]), el("span", f" {sign}", role="img", aria_label=words)]
