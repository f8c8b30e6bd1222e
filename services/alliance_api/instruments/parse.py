"""From one TOML text to one instrument with its examples."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from alliance_api.domain.instruments import (
    Ages,
    Anchor,
    InformantRole,
    Instrument,
    Item,
    Licence,
    LicenceStatus,
    TimeFrame,
)
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.instruments.checks import faults
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.examples import Example, differences
from alliance_api.instruments.scales import read_scale
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
    return Instrument(
        code=table.text("code"),
        version=table.whole("version"),
        name=table.text("name"),
        informant=table.choice("informant", InformantRole),
        language=table.text("language"),
        licence=_licence(table.table("licence")),
        validated=table.flag("validated"),
        items=tuple(_items(table)),
        scales=tuple(read_scale(each) for each in table.tables("scale")),
        source=table.text("source"),
        instructions=table.optional_text("instructions"),
        loinc=table.optional_text("loinc"),
        time_frame=table.optional_choice("time_frame", TimeFrame),
        ages=_ages(table.table("ages")),
    )


def _licence(table: Table) -> Licence:
    licence = Licence(
        id=table.text("id"),
        holder=table.text("holder"),
        statement=table.text("statement"),
        status=table.choice("status", LicenceStatus),
        evidence=table.text("evidence"),
        verified=table.flag("verified"),
        wording_may_be_shipped=table.flag("wording_may_be_shipped"),
    )
    table.close()
    return licence


def _ages(table: Table) -> Ages:
    ages = Ages(
        minimum=table.optional_whole("minimum"),
        maximum=table.optional_whole("maximum"),
        signals_from=table.optional_whole("signals_from"),
    )
    table.close()
    return ages


def _items(table: Table) -> Iterator[Item]:
    """Read the items: `count` alike in [response], or one [[item]] each."""
    response = table.table("response")
    usual = Item(
        number=0,
        key="",
        minimum=response.number("minimum"),
        maximum=response.number("maximum"),
        step=response.number("step", 1),
        not_applicable=response.flag("not_applicable", default=False),
        anchors=read_anchors(response),
    )
    count = response.optional_whole("count")
    response.close()
    each = table.tables("item")
    if count is None:
        yield from (_item(one, usual) for one in each)
    elif each:
        raise table.error("has [[item]]s or a count of items that are all alike, not both")
    for number in range(1, (count or 0) + 1):
        yield replace(usual, number=number, key=f"item-{number}")


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
        anchors=read_anchors(table) or usual.anchors,
        construct=table.optional_text("construct"),
        safety=table.flag("safety", default=False),
    )
    table.close()
    return item


def read_anchors(table: Table) -> tuple[Anchor, ...]:
    """Read the words at points of a response scale; none if there are none."""
    anchors = []
    for each in table.tables("anchors"):
        anchors.append(Anchor(value=each.number("value"), text=each.text("text")))
        each.close()
    return tuple(anchors)


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
