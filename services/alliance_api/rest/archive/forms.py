"""What was answered, one table a form: items beside sessions, then scores, then what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from .markup import Html, Inside, el, end, said, start
from .phrases import DISCLOSURE, ROLE, WITHHELD, Clock, number, person, plain, worded
from .rows import Row, Rows
from .tables import note

COLUMNS: Final = 6
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
    """Return measurements by form and informant, the client's first."""
    found: dict[Key, Rows] = {}
    for row in measurements:
        form, who = row["instrument"], row["informant"]["id"]
        key = (form["code"], form["version"], row["role"], who)
        found.setdefault(key, Rows()).extend([row])
    return dict(sorted(found.items(), key=lambda item: (_FIRST[item[0][2]], item[0])))


def form(rows: Rows, instrument: Row | None, clock: Clock, me: str) -> Iterator[Html]:
    """Yield one form with everything that one person answered in it."""
    first = next(iter(rows))
    who = "you" if first["informant"]["id"] == me else person(first["informant"])
    role = ROLE[first["role"]]
    yield start("article", class_=f"form {role}")
    yield el("h4", first["instrument"]["name"])
    count = f"{len(rows)} {'time' if len(rows) == 1 else 'times'}"
    yield el("p", f"Answered {count} by {who} ({role})", class_="by")
    items = list(instrument["items"]) if instrument else []
    if instrument and not any(item["wording"] for item in items):
        yield note(_NO_WORDS.format(holder=instrument["licence"]["holder"]))
    shared = _shared_anchors(items)
    if shared:
        yield note(shared)
    remaining = iter(rows)
    while block := list(islice(remaining, COLUMNS)):
        yield from _block(block, items, clock, first["instrument"]["name"], own_anchors=not shared)
    yield from _comments(rows, clock)
    yield end("article")


def _block(
    block: Sequence[Row], items: Sequence[Row], clock: Clock, name: str, *, own_anchors: bool
) -> Iterator[Html]:
    caption = f"{name}, {clock.day(block[0]['takenAt'])} to {clock.day(block[-1]['takenAt'])}"
    yield start("div", class_="scroll", tabindex=0, role="region", aria_label=caption)
    yield start("table", class_="answers")
    yield el("caption", caption)
    yield el("colgroup", el("col", class_="question"), [el("col") for _ in range(COLUMNS)])
    heads = [el("th", _head(row, clock), scope="col") for row in block]
    yield el("thead", el("tr", el("td"), heads, _filler(block)))
    yield from _answered(block, items, own_anchors=own_anchors)
    yield from _scored(block)
    yield from _told(block)
    yield end("table")
    yield end("div")


def _filler(block: Sequence[Row]) -> Html | None:
    # Columns stay as wide as those of the blocks above.
    left = COLUMNS - len(block)
    return el("td", colspan=left, class_="filler") if left else None


def _head(row: Row, clock: Clock) -> list[Inside]:
    at = clock.day(row["takenAt"])
    later = el("span", "replaced later", class_="small") if row["supersededBy"] else None
    if row["session"] is None:
        return [at, later]
    return [f"Session {row['session']['number']}", el("span", at, class_="small"), later]


def _row(head: Inside, cells: Iterable[Inside], block: Sequence[Row], kind: str = "") -> Html:
    told = [el("td", cell) for cell in cells]
    return el("tr", el("th", head, scope="row"), told, _filler(block), class_=kind or None)


def _answered(block: Sequence[Row], items: Sequence[Row], *, own_anchors: bool) -> Iterator[Html]:
    given = [{each["item"]: each for each in row["answers"] or ()} for row in block]
    numbers = sorted({number for answers in given for number in answers})
    if not numbers:
        return
    known = {item["number"]: item for item in items}
    yield start("tbody")
    for at in numbers:
        cells = [_value(answers.get(at)) for answers in given]
        yield _row(_question(at, known.get(at), own_anchors=own_anchors), cells, block)
    yield end("tbody")


def _question(at: int, item: Row | None, *, own_anchors: bool) -> list[Inside]:
    words = item["wording"] if item else None
    if item is None or words is None:
        return [f"Item {at}"]
    anchors = _anchors(item) if own_anchors else None
    return [
        el("span", f"{at}", class_="at"),
        words,
        el("span", anchors, class_="small") if anchors else None,
    ]


def _anchors(item: Row) -> str:
    return " · ".join(f"{number(each['value'])} {each['wording']}" for each in item["anchors"])


def _shared_anchors(items: Sequence[Row]) -> str:
    """Return what the values mean, where they mean the same for every item."""
    found = {_anchors(item) for item in items}
    return found.pop() if len(found) == 1 else ""


def _value(answer: Mapping[str, Any] | None) -> Inside:
    if answer is None:
        return "–"
    return "does not apply" if answer["notApplicable"] else number(answer["value"])


def _scored(block: Sequence[Row]) -> Iterator[Html]:
    given = [{each["scale"]: each for each in row["scores"] or ()} for row in block]
    scales = {scale: score for scores in given for scale, score in scores.items()}
    if not scales:
        return
    yield start("tbody", class_="scores")
    for scale, one in sorted(scales.items()):
        ends = f"{number(one['minimum'])} to {number(one['maximum'])}"
        head: list[Inside] = [
            f"Score: {plain(scale)}",
            el("span", ends, class_="small"),
        ]
        yield _row(head, [_score(scores.get(scale)) for scores in given], block)
    yield end("tbody")


def _score(score: Row | None) -> Inside:
    if score is None or score["raw"] is None:
        return plain(score["reason"]) if score else "–"
    turn = _TURN.get((score["change"] or {}).get("direction") or "")
    if turn is None:
        return number(score["raw"])
    sign, words = turn
    return [number(score["raw"]), el("span", f" {sign}", role="img", aria_label=words)]


def _told(block: Sequence[Row]) -> Iterator[Html]:
    yield start("tbody", class_="told")
    yield _row("Open to others", [worded(DISCLOSURE, row["disclosure"]) for row in block], block)
    hidden = [{each["facet"]: each["reason"] for each in row["withheld"]} for row in block]
    for facet in sorted({facet for reasons in hidden for facet in reasons}):
        cells = [worded(WITHHELD, why) if (why := found.get(facet)) else "" for found in hidden]
        yield _row(f"Not shown: {plain(facet)}", cells, block)
    noticed = [
        ", ".join(worded(_NOTICED, each["code"]) for each in row["findings"] or ()) for row in block
    ]
    if any(noticed):
        yield _row("Noticed", noticed, block)
    yield end("tbody")


def _comments(rows: Iterable[Row], clock: Clock) -> Iterator[Html]:
    first = True
    for row in rows:
        if row["comment"] is None:
            continue
        if first:
            yield el("h5", "Written beside it")
            first = False
        at = clock.day(row["takenAt"])
        where = f"Session {row['session']['number']}, {at}" if row["session"] else at
        yield el(
            "figure",
            el("blockquote", said(row["comment"])),
            el("figcaption", where),
            class_="comment",
        )
