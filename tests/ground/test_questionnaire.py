import json
import re
from typing import Any

import pytest

from alliance_api.domain.instruments import Instrument
from alliance_api.fhir.questionnaire import questionnaire, questionnaires
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import Pack

pytestmark = pytest.mark.ground

FORMS = load_all()
ALL = pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.code)


def _everything(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(each for inner in value.values() for each in _everything(inner))]
    if isinstance(value, list):
        return [value, *(each for inner in value for each in _everything(inner))]
    return [value]


def test_every_form_has_a_file_and_the_files_are_always_the_same() -> None:
    made = questionnaires()

    assert made == questionnaires()
    assert set(made) == {f"docs/reference/questionnaires/{code}.json" for code in FORMS}
    for text in made.values():
        assert text.endswith("}\n")
        assert json.loads(text)["resourceType"] == "Questionnaire"


@ALL
def test_a_questionnaire_is_shaped_as_fhir_r4_wants_it(form: Instrument) -> None:
    made = questionnaire(form)

    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", made["name"])
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", made["id"])
    assert made["status"] == ("active" if form.verified else "draft")
    links = [item["linkId"] for item in made["item"]]
    assert len(set(links)) == len(links)
    for each in _everything(made):
        assert each is not None
        assert each not in ({}, [], "")
    for item in made["item"]:
        assert ("answerOption" in item) is (item["type"] == "choice")
        assert item["type"] != "display" or item.keys() == {"linkId", "text", "type"}


@ALL
def test_items_keep_their_keys_their_order_and_their_answers(form: Instrument) -> None:
    asked = [item for item in questionnaire(form)["item"] if item["type"] != "display"]

    assert [item["linkId"] for item in asked] == [item.key for item in form.items]
    assert [int(item["prefix"]) for item in asked] == [item.number for item in form.items]
    for item, made in zip(form.items, asked, strict=True):
        if made["type"] == "choice":
            values = [
                option["extension"][0]["valueDecimal"]
                for option in made["answerOption"]
                if "extension" in option
            ]
            assert values == list(range(int(item.minimum), int(item.maximum) + 1))
            assert len(made["answerOption"]) - len(values) == item.not_applicable
        else:
            limits = [next(v for k, v in e.items() if k != "url") for e in made["extension"]]
            assert limits == [item.minimum, item.maximum, 1]


@ALL
def test_no_words_leave_the_house_without_a_licence(form: Instrument) -> None:
    made = questionnaire(form)
    worded = [
        each
        for each in _everything(made["item"])
        if isinstance(each, dict)
        if "text" in each or "display" in each
    ]

    assert bool(worded) is form.licence.wording_may_be_shipped
    assert form.licence.statement in made["copyright"]


def test_loinc_only_where_it_has_a_code() -> None:
    coded = {
        code: [each["code"] for each in questionnaire(form)["code"] if "loinc" in each["system"]]
        for code, form in FORMS.items()
    }

    assert {code: found for code, found in coded.items() if found} == {
        "phq-9": ["44249-1"],
        "gad-7": ["69737-5"],
    }


def test_a_site_gives_its_own_address() -> None:
    made = json.dumps(questionnaire(FORMS["care"], "https://clinic.example/fhir"))

    assert "alliance.invalid" not in made
    assert "https://clinic.example/fhir/Questionnaire/care" in made


def test_the_words_of_a_pack_are_those_of_its_own_form() -> None:
    pack = Pack("care", 1, "en", "ours", None, {}, {})

    assert questionnaire(FORMS["care"], pack=pack)["copyright"] == "ours"
    with pytest.raises(ValueError, match="another form"):
        questionnaire(FORMS["risq"], pack=pack)
