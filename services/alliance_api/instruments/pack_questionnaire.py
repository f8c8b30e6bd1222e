"""A pack in a FHIR R4 Questionnaire, such as our own with the clinic's words filled in."""

import json
import re
from collections.abc import Iterator

from alliance_api.domain.instruments import Anchor
from alliance_api.instruments.drafts import Draft, DraftItem
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.table import Table

__all__ = ["INSTRUCTIONS", "NOT_APPLICABLE", "ORDINAL", "draft_from_questionnaire"]

INSTRUCTIONS = "instructions"
NOT_APPLICABLE = "not-applicable"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"

_WHOLE = re.compile(r"[0-9]{1,9}")
_ASKING = frozenset({"choice", "decimal", "integer"})


def draft_from_questionnaire(text: str, name: str) -> Draft:
    """Read a pack: `url` ends with the form's code, `copyright` is the licence statement.

    Items go by `linkId`, which is the item's key or number; groups are looked into, and a display
    item called "instructions" tells the instructions. Entries we have no use for are left alone.

    Raises:
        InstrumentError: for anything missing or of the wrong type, and for questions of a kind
            our forms do not have.
    """
    try:
        read = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise InstrumentError(f"{name}: is no JSON ({error})") from error
    table = Table(name, read)
    if table.text("resourceType") != "Questionnaire":
        raise table.error("resourceType must be Questionnaire")
    version = table.text("version")
    if not _WHOLE.fullmatch(version):
        raise table.error("version must be the number of the form's version")
    language = table.text("language")
    items = list(_flat(table))
    told = [each.text("text") for _, link, kind, each in items if (link, kind) == _INSTRUCTIONS]
    return Draft(
        code=_code(table.text("url"), language),
        version=int(version),
        language=language,
        statement=table.text("copyright"),
        instructions=told[0] if told else None,
        items=tuple(_item(*each) for each in items if each[2] != "display"),
    )


def _code(url: str, language: str) -> str:
    """Return the code of the form; the url of a translation ends with its language."""
    last = url.partition("|")[0].rstrip("/").rpartition("/")[2]
    return last.removesuffix(f"-{language.lower()}")


_INSTRUCTIONS = (INSTRUCTIONS, "display")


def _flat(table: Table) -> Iterator[tuple[str, str, str, Table]]:
    """Yield every item that is no group: its place, linkId, type and the rest."""
    for each in table.tables("item"):
        link, kind = each.text("linkId"), each.text("type")
        if kind == "group":
            yield from _flat(each)
        else:
            yield f"item {link}", link, kind, each


def _item(place: str, link: str, kind: str, table: Table) -> DraftItem:
    if kind not in _ASKING:
        raise table.error(f"{link} must be a choice, an integer or a decimal, not {kind}")
    if kind == "choice":
        values = [option for option in _options(table) if option is not None]
        anchors = tuple(Anchor(at, words) for at, words in values if words is not None)
        return DraftItem(link, place, table.text("text"), anchors, options=len(values))
    return DraftItem(link, place, table.text("text"), ())


def _options(table: Table) -> Iterator[tuple[float, str | None] | None]:
    """Yield value and words of each answer; None for "does not apply", which has no value."""
    for option in table.tables("answerOption"):
        if "valueInteger" in option.names():
            yield option.number("valueInteger"), None
            continue
        coding = option.table("valueCoding")
        code = coding.optional_text("code")
        if code == NOT_APPLICABLE:
            yield None
            continue
        value = _ordinal(option, _ordinal(coding, _number(code)))
        if value is None:
            raise option.error("has no value: give an ordinalValue, or a number as its code")
        yield value, coding.optional_text("display")


def _ordinal(table: Table, otherwise: float | None) -> float | None:
    for extension in table.tables("extension"):
        if extension.optional_text("url") == ORDINAL:
            return extension.number("valueDecimal")
    return otherwise


def _number(code: str | None) -> float | None:
    try:
        return None if code is None else int(code)
    except ValueError:
        return None
