"""Our forms as FHIR R4 Questionnaires: structure for everybody, words where we may show them."""

import json
import re
from typing import Any

from alliance_api.domain.instruments import Anchor, Instrument, Item
from alliance_api.instruments.forms import translated
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.pack_questionnaire import INSTRUCTIONS, NOT_APPLICABLE, ORDINAL
from alliance_api.instruments.packs import Pack

__all__ = ["BASE", "questionnaire", "questionnaires"]

BASE = "https://alliance.invalid/fhir"
"""A placeholder that never resolves; a site passes its own address."""

_FOLDER = "docs/reference/questionnaires"
_EXTENSION = "http://hl7.org/fhir/StructureDefinition"
_LOINC = "http://loinc.org"

Json = dict[str, Any]


def questionnaires(base: str = BASE) -> dict[str, str]:
    """Return every shipped form as a file: its path in the repository and its text."""
    return {
        f"{_FOLDER}/{code}.json": _text(questionnaire(instrument, base))
        for code, instrument in sorted(load_all().items())
    }


def questionnaire(instrument: Instrument, base: str = BASE, pack: Pack | None = None) -> Json:
    """Return a form as a Questionnaire, in the words of a clinic's pack if there is one.

    Equal forms give equal Questionnaires: there is no date and no random id in them. Where no
    words may be shown, items have neither text nor display, and their linkId is our key.

    Raises:
        ValueError: if the pack is for another form.
    """
    if pack is not None and (pack.code, pack.version) != (instrument.code, instrument.version):
        raise ValueError("the pack is for another form")
    code = pack.form(instrument) if pack else instrument.code
    # What studies found of the original says nothing of a translation.
    form = translated(instrument, pack.language) if pack else instrument
    system = f"{base}/CodeSystem/{instrument.code}"
    return _without_nothing(
        {
            "resourceType": "Questionnaire",
            "id": code,
            "language": pack.language if pack else instrument.language,
            "url": f"{base}/Questionnaire/{code}",
            "version": str(instrument.version),
            "name": "".join(part.capitalize() for part in re.split(r"\W", code)),
            "title": instrument.name,
            "status": "active" if form.verified else "draft",
            "subjectType": ["Patient"],
            "description": _description(form),
            "copyright": pack.statement if pack else _copyright(instrument),
            "code": _codes(instrument, base),
            "item": [
                *_instructions(pack.instructions if pack else instrument.instructions),
                *(_item(item, system, pack) for item in instrument.items),
            ],
        }
    )


def _description(instrument: Instrument) -> str:
    said = [f"Answered by the {instrument.informant.lower()}.", f"{instrument.source}."]
    if not instrument.verified:
        said.append("No source confirms the key yet.")
    if not instrument.validated:
        said.append("We cite no study of how this form measures.")
    return " ".join(said)


def _copyright(instrument: Instrument) -> str:
    return f"{instrument.licence.holder.rstrip('.')}. {instrument.licence.statement}"


def _codes(instrument: Instrument, base: str) -> list[Json]:
    own = {"system": f"{base}/CodeSystem/instruments", "code": instrument.code}
    return [own, *([{"system": _LOINC, "code": instrument.loinc}] if instrument.loinc else [])]


def _instructions(text: str | None) -> list[Json]:
    return [{"linkId": INSTRUCTIONS, "text": text, "type": "display"}] if text else []


def _item(item: Item, system: str, pack: Pack | None) -> Json:
    words = pack.wordings.get(item.number) if pack else item.wording
    anchors = pack.anchors.get(item.number, ()) if pack else item.anchors
    line = item.step != int(item.step)
    return _without_nothing(
        {
            "extension": _limits(item) if line else [],
            "linkId": item.key,
            "code": [{"system": system, "code": item.key}],
            "prefix": str(item.number),
            "text": words,
            "type": "decimal" if line else "choice",
            "required": False,
            "answerOption": [] if line else _options(item, anchors, system),
        }
    )


def _limits(item: Item) -> list[Json]:
    return [
        {"url": f"{_EXTENSION}/minValue", "valueDecimal": _plain(item.minimum)},
        {"url": f"{_EXTENSION}/maxValue", "valueDecimal": _plain(item.maximum)},
        {"url": f"{_EXTENSION}/maxDecimalPlaces", "valueInteger": 1},
    ]


def _options(item: Item, anchors: tuple[Anchor, ...], system: str) -> list[Json]:
    words = {anchor.value: anchor.text for anchor in anchors}
    options: list[Json] = []
    value = item.minimum
    while value <= item.maximum:
        coding = {"system": f"{system}-answers", "code": f"{value:g}", "display": words.get(value)}
        options.append(
            {
                "extension": [{"url": ORDINAL, "valueDecimal": _plain(value)}],
                "valueCoding": _without_nothing(coding),
            }
        )
        value += item.step
    if item.not_applicable:
        options.append({"valueCoding": {"system": f"{system}-answers", "code": NOT_APPLICABLE}})
    return options


def _plain(value: float) -> float:
    """Return a whole number as an int, so that 4 and 4.0 are written alike."""
    return int(value) if value == int(value) else value


def _without_nothing(entries: Json) -> Json:
    # FHIR has neither null nor empty lists.
    return {key: value for key, value in entries.items() if value is not None and value != []}


def _text(resource: Json) -> str:
    return json.dumps(resource, indent=2, ensure_ascii=False) + "\n"
