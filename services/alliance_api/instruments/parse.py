"""From one TOML text to one instrument with its examples."""

import tomllib
from dataclasses import dataclass

from alliance_api.domain.instruments import (
    Anchor,
    InformantRole,
    Instrument,
    Item,
    Licence,
    Scale,
)
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.instruments.checks import faults
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.examples import Example, differences
from alliance_api.instruments.table import Table


@dataclass(frozen=True, slots=True)
class Parsed:
    """An instrument that keeps its own examples, and those examples."""

    instrument: Instrument
    examples: tuple[Example, ...]


def parse(text: str, name: str) -> Parsed:
    """Read one instrument; `name` is its code and the file's name without `.toml`.

    Raises:
        InstrumentError: for anything missing, misspelled or contradictory, for wording the
            licence does not let us ship, and when scoring does not reproduce the examples.
    """
    try:
        table = Table(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InstrumentError(f"{name}: {error}") from error
    instrument = _instrument(table)
    examples = tuple(_example(each) for each in table.tables("example"))
    table.close()
    found = [
        *([] if instrument.code == name else [f"the file is not named after {instrument.code}"]),
        *([] if examples else ["needs at least one [[example]]"]),
        *faults(instrument),
    ]
    # Only a sound form can be scored.
    found = found or [each for example in examples for each in differences(instrument, example)]
    if found:
        raise InstrumentError(f"{name}: " + "; ".join(found))
    return Parsed(instrument, examples)


def _instrument(table: Table) -> Instrument:
    response = table.table("response")
    usual = Item(
        number=0,
        key="",
        minimum=response.number("minimum"),
        maximum=response.number("maximum"),
        step=response.number("step", 1),
        not_applicable=response.flag("not_applicable", default=False),
        anchors=_anchors(response),
    )
    response.close()
    return Instrument(
        code=table.text("code"),
        version=table.whole("version"),
        name=table.text("name"),
        informant=_informant(table),
        language=table.text("language"),
        licence=_licence(table.table("licence")),
        validated=table.flag("validated"),
        items=tuple(_item(each, usual) for each in table.tables("item")),
        scales=tuple(_scale(each) for each in table.tables("scale")),
        source=table.text("source"),
        instructions=table.optional_text("instructions"),
        loinc=table.optional_text("loinc"),
    )


def _informant(table: Table) -> InformantRole:
    role = table.text("informant")
    if role not in frozenset(InformantRole):
        raise table.error(f"informant must be one of {', '.join(InformantRole)}")
    return InformantRole(role)


def _licence(table: Table) -> Licence:
    licence = Licence(
        id=table.text("id"),
        holder=table.text("holder"),
        statement=table.text("statement"),
        wording_may_be_shipped=table.flag("wording_may_be_shipped"),
        permission_required=table.flag("permission_required"),
    )
    table.close()
    return licence


def _item(table: Table, usual: Item) -> Item:
    """Read one item; what it does not say is as usual on this form."""
    item = Item(
        number=table.whole("number"),
        key=table.text("key"),
        minimum=table.number("minimum", usual.minimum),
        maximum=table.number("maximum", usual.maximum),
        step=table.number("step", usual.step),
        not_applicable=table.flag("not_applicable", default=usual.not_applicable),
        wording=table.optional_text("wording"),
        anchors=_anchors(table) or usual.anchors,
        construct=table.optional_text("construct"),
        safety=table.flag("safety", default=False),
    )
    table.close()
    return item


def _anchors(table: Table) -> tuple[Anchor, ...]:
    anchors = []
    for each in table.tables("anchors"):
        anchors.append(Anchor(value=each.number("value"), text=each.text("text")))
        each.close()
    return tuple(anchors)


def _scale(table: Table) -> Scale:
    scale = Scale(
        key=table.text("key"),
        items=table.wholes("items"),
        reversed=table.wholes("reversed"),
        constructs=table.texts("constructs"),
        all_required=table.flag("all_required", default=False),
        max_missing=table.optional_whole("max_missing"),
        min_share=table.number("min_share", 0.75),
        verified=table.flag("verified"),
        missing_verified=table.flag("missing_verified", default=False),
        loinc=table.optional_text("loinc"),
    )
    table.close()
    return scale


def _example(table: Table) -> Example:
    given = table.numbers("answers")
    answers = [GivenAnswer(_number(table, item), value) for item, value in given.items()]
    away = [GivenAnswer(item, None, not_applicable=True) for item in table.wholes("not_applicable")]
    raw: dict[str, float | None] = dict(table.numbers("raw"))
    raw.update(dict.fromkeys(table.texts("not_scored")))
    example = Example(table.text("name"), (*answers, *away), raw)
    table.close()
    return example


def _number(table: Table, key: str) -> int:
    if not key.isdecimal():
        raise table.error("answers go by item number")
    return int(key)
