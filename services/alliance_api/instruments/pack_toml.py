"""A pack in our own TOML."""

import tomllib

from alliance_api.instruments.drafts import Draft, DraftItem
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.parse import read_anchors
from alliance_api.instruments.table import Table


def draft_from_toml(text: str, name: str) -> Draft:
    """Read a pack: instrument, version, language, [licence] statement, [[item]] number, wording.

    `anchors` beside `instrument` hold for every item that has none of its own.

    Raises:
        InstrumentError: for anything missing, misspelled or of the wrong type.
    """
    try:
        table = Table(name, tomllib.loads(text.lstrip("\ufeff")))
    except (ValueError, RecursionError) as error:
        raise InstrumentError(f"{name}: is no TOML ({error})") from error
    licence = table.table("licence")
    usual = read_anchors(table)
    items = []
    for number, each in enumerate(table.tables("item"), 1):
        anchors = read_anchors(each) or usual
        item = str(each.whole("number"))
        items.append(DraftItem(item, f"item {number}", each.text("wording"), anchors))
        each.close()
    draft = Draft(
        code=table.text("instrument"),
        version=table.whole("version"),
        language=table.text("language"),
        statement=licence.text("statement"),
        instructions=table.optional_text("instructions"),
        items=tuple(items),
    )
    licence.close()
    table.close()
    return draft
