"""A clinic's licensed wording of a shipped form, checked item by item before anybody sees it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alliance_api.domain.exact import exact
from alliance_api.domain.instruments import Anchor, Instrument, Item, LicenceStatus
from alliance_api.domain.texts import check_text
from alliance_api.instruments.drafts import Draft, DraftItem
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.pack_questionnaire import draft_from_questionnaire
from alliance_api.instruments.pack_toml import draft_from_toml

__all__ = ["LONGEST_FILE", "Pack", "read_pack", "statement_faults"]

LONGEST_FILE = 1_000_000
"""Characters; a questionnaire is a thousandth of that."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Pack:
    """The words of one form in one language, and by what right they are used.

    `wordings` and `anchors` go by item number; `wordings` has every item of the form, `anchors`
    those that have any. `statement` says by whose permission this clinic uses the words.
    """

    code: str
    version: int
    language: str
    statement: str
    instructions: str | None
    wordings: Mapping[int, str]
    anchors: Mapping[int, tuple[Anchor, ...]]

    def form(self, instrument: Instrument) -> str:
        """Return the code of the form: a translation is a form of its own."""
        if self.language == instrument.language:
            return self.code
        return f"{self.code}-{self.language.lower()}"


def read_pack(text: str, name: str, shipped: Mapping[str, Instrument] | None = None) -> Pack:
    """Read a pack from TOML or, if it begins with a brace, from a FHIR R4 Questionnaire.

    `name` is what messages call the file. `shipped` are the forms it may be for, by code.

    Raises:
        InstrumentError: naming the place, for a pack without a licence statement, for an unknown
            form or version, for items or answers the form does not have, and for missing ones.
    """
    if len(text) > LONGEST_FILE:
        raise InstrumentError(f"{name}: has more than {LONGEST_FILE} characters")
    read = (
        draft_from_questionnaire
        if text.lstrip("\ufeff \t\r\n").startswith("{")
        else draft_from_toml
    )
    draft = read(text, name)
    instrument = (load_all() if shipped is None else shipped).get(draft.code)
    if instrument is None:
        raise InstrumentError(
            f"{name}: there is no form {draft.code} to put words to; "
            "`alliance instruments list` shows the forms"
        )
    matched = [(_match(instrument, each, name), each) for each in draft.items]
    found = [*_frame(instrument, draft), *_items(instrument, matched)]
    if found:
        raise InstrumentError(f"{name}: " + "; ".join(found))
    return Pack(
        code=draft.code,
        version=draft.version,
        language=draft.language,
        statement=draft.statement.strip(),
        instructions=draft.instructions,
        wordings={item.number: each.wording.strip() for item, each in matched},
        anchors={item.number: each.anchors for item, each in matched if each.anchors},
    )


def _match(instrument: Instrument, draft: DraftItem, name: str) -> Item:
    """Return the item a draft speaks of, by its key or its number."""
    for item in instrument.items:
        if draft.item in {item.key, str(item.number)}:
            return item
    raise InstrumentError(f"{name}, {draft.place}: {instrument.code} has no item {draft.item}")


def _frame(instrument: Instrument, draft: Draft) -> Iterator[str]:
    licence = instrument.licence
    if draft.version != instrument.version:
        yield f"is for version {draft.version}, and the form here is version {instrument.version}"
    if not _LANGUAGE.fullmatch(draft.language):
        yield "language must be a tag such as en or pt-BR"
    elif licence.status is LicenceStatus.NO_DERIVATIVES and draft.language != instrument.language:
        yield "the licence forbids translations"
    yield from statement_faults(instrument, draft.statement)
    if draft.instructions is not None:
        yield from _faulty(draft.instructions, "instructions")


def statement_faults(instrument: Instrument, statement: str) -> Iterator[str]:
    """Yield why a text cannot stand as a clinic's statement of its right to use a form."""
    yield from _faulty(statement, "the licence statement")
    # Our file says that a permission is needed; only the clinic can say that it has one.
    licence = instrument.licence
    if licence.permission_required and licence.statement in statement:
        yield "the licence statement only repeats ours: state the permission you hold"


def _items(instrument: Instrument, matched: list[tuple[Item, DraftItem]]) -> Iterator[str]:
    numbers = [item.number for item, _ in matched]
    for item in instrument.items:
        if (times := numbers.count(item.number)) != 1:
            what = "is missing" if not times else f"is there {times} times"
            yield f"item {item.key} {what}"
    for item, draft in matched:
        yield from _faulty(draft.wording, draft.place)
        yield from _anchors(item, draft)


def _anchors(item: Item, draft: DraftItem) -> Iterator[str]:
    low, step = exact(item.minimum), exact(item.step)
    told = [exact(anchor.value) for anchor in draft.anchors]
    if not all(low <= at <= item.maximum and (at - low) % step == 0 for at in told):
        yield f"{draft.place} puts words to an answer the item does not have"
    if len(set(told)) != len(told):
        yield f"{draft.place} puts words to one answer twice"
    steps = (exact(item.maximum) - low) / step + 1
    if draft.options is not None and draft.options != steps:
        yield f"{draft.place} has {draft.options} answers, and the item {steps}"
    for number, anchor in enumerate(draft.anchors, 1):
        yield from _faulty(anchor.text, f"{draft.place}, anchor {number}")


def _faulty(text: str, place: str) -> Iterator[str]:
    for problem in check_text(text, place):
        yield f"{place}: {problem.message}"
