import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.instruments import LicenceStatus
from alliance_api.fhir.questionnaire import questionnaire
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import LONGEST_FILE, Pack, read_pack
from tests.ground.known import a_form

pytestmark = pytest.mark.ground

FORMS = load_all()
RISQ, CARE, SRS = FORMS["risq"], FORMS["care"], FORMS["srs-3"]

SOUND = """
instrument = "risq"
version = 1
language = "en"
instructions = "Made up for this test."
anchors = [{ value = 0, text = "No" }, { value = 1, text = "Yes" }]

[licence]
statement = "We wrote these four sentences ourselves."

[[item]]
number = 1
wording = "First made-up sentence."

[[item]]
number = 2
wording = " Second made-up sentence. "

[[item]]
number = 3
wording = "Third made-up sentence."
anchors = [{ value = 1, text = "Indeed" }]

[[item]]
number = 4
wording = "Fourth made-up sentence."
"""


def _filled(code: str, **frame: Any) -> dict[str, Any]:
    """Return the form's own Questionnaire with made-up words, as a clinic would fill it in."""
    made = questionnaire(FORMS[code])
    for item in made["item"]:
        item["text"] = f"Made-up words for {item['linkId']}"
        for option in item.get("answerOption", ()):
            coding = option["valueCoding"]
            coding["display"] = f"Answer {coding['code']}"
    return {**made, "copyright": "Permission of 1 May 2026.", **frame}


def _read(made: dict[str, Any]) -> Pack:
    return read_pack(json.dumps(made), "pack.json")


def test_a_pack_in_toml_has_words_for_every_item_and_says_by_what_right() -> None:
    pack = read_pack(SOUND, "pack.toml")

    assert (pack.code, pack.version, pack.language) == ("risq", 1, "en")
    assert pack.statement == "We wrote these four sentences ourselves."
    assert pack.instructions == "Made up for this test."
    assert list(pack.wordings) == [1, 2, 3, 4]
    assert pack.wordings[2] == "Second made-up sentence."
    assert [anchor.text for anchor in pack.anchors[1]] == ["No", "Yes"]
    assert [anchor.text for anchor in pack.anchors[3]] == ["Indeed"]


@pytest.mark.parametrize("code", FORMS)
def test_our_own_questionnaire_filled_in_comes_back_as_a_pack(code: str) -> None:
    form = FORMS[code]
    pack = _read(_filled(code))
    again = questionnaire(form, pack=pack)

    asked = [item["linkId"] for item in again["item"] if item["type"] != "display"]
    assert asked == [item.key for item in form.items]
    assert _read(again) == pack
    assert all(
        len(pack.anchors.get(item.number, ())) == (item.maximum - item.minimum + 1)
        for item in form.items
        if item.step == 1
    )


def test_a_translation_is_a_form_of_its_own_and_still_belongs_to_its_original() -> None:
    pack = _read(_filled("care", language="pt-BR"))
    made = questionnaire(CARE, "https://clinic.example/fhir", pack)

    assert (pack.form(CARE), pack.code) == ("care-pt-br", "care")
    assert made["url"] == "https://clinic.example/fhir/Questionnaire/care-pt-br"
    assert (made["language"], made["copyright"]) == ("pt-BR", "Permission of 1 May 2026.")
    assert _read(made) == pack
    assert "no study" in made["description"]
    assert "no study" not in questionnaire(CARE)["description"]
    assert _read(_filled("care")).form(CARE) == "care"


@pytest.mark.parametrize(("language", "allowed"), [("en", True), ("de", False)])
def test_where_derivatives_are_forbidden_there_is_no_translation(
    language: str, allowed: bool
) -> None:
    licence = replace(RISQ.licence, status=LicenceStatus.NO_DERIVATIVES)
    shipped = {"risq": replace(RISQ, licence=licence)}
    text = SOUND.replace('"en"', f'"{language}"')

    if allowed:
        assert read_pack(text, "pack", shipped).language == language
    else:
        with pytest.raises(InstrumentError, match="forbids translations"):
            read_pack(text, "pack", shipped)


def test_words_stand_at_the_steps_of_an_item_counted_from_its_minimum() -> None:
    shipped = {"risq": replace(a_form(4, 1, 5, step=4), code="risq")}
    text = SOUND.replace("value = 1", "value = 5").replace("value = 0", "value = 1")

    assert [anchor.value for anchor in read_pack(text, "pack", shipped).anchors[1]] == [1, 5]
    with pytest.raises(InstrumentError, match="does not have"):
        read_pack(text.replace("value = 1", "value = 3"), "pack", shipped)


def test_items_may_stand_in_groups_and_go_by_number() -> None:
    made = _filled("care")
    for item in made["item"]:
        item["linkId"] = item["prefix"]
    made["item"] = [
        {"linkId": "a", "type": "group", "item": made["item"][:4]},
        {"linkId": "b", "type": "group", "item": made["item"][4:]},
        {"linkId": "note", "type": "display", "text": "A note."},
    ]

    assert list(_read(made).wordings) == list(range(1, 11))


def test_answers_may_be_worth_a_whole_number_or_a_code_that_is_one() -> None:
    made = _filled("risq")
    made["item"][0]["answerOption"] = [{"valueInteger": 0}, {"valueInteger": 1}]
    made["item"][1]["answerOption"] = [
        {"valueCoding": {"code": "0", "display": "No"}},
        {"valueCoding": {"code": "1", "display": "Yes"}},
    ]
    pack = _read(made)

    assert 1 not in pack.anchors
    assert [(anchor.value, anchor.text) for anchor in pack.anchors[2]] == [(0, "No"), (1, "Yes")]


@pytest.mark.parametrize(
    ("sound", "broken", "complaint"),
    [
        ("instrument =", "instrument ", "is no TOML"),
        ('instrument = "risq"', 'instrument = "rift"', "there is no form rift"),
        ('instrument = "risq"', "", "instrument is missing"),
        ("version = 1", "version = 2", "is for version 2"),
        ('language = "en"', 'language = "English"', "language must be a tag"),
        ("[licence]", "[license]", "licence: statement is missing"),
        ('statement = "We wrote these four sentences ourselves."', "", "statement is missing"),
        ("We wrote these four sentences ourselves.", " ", "statement is blank"),
        ("We wrote these four sentences ourselves.", RISQ.licence.statement, "only repeats ours"),
        ("[[item]]\nnumber = 1", "[[item]]\nnumber = 5", "item 1: risq has no item 5"),
        ("[[item]]\nnumber = 1", "[[item]]\nnumber = 2", "item-1 is missing"),
        ("[[item]]\nnumber = 1", "[[item]]\nnumber = 2", "item-2 is there 2 times"),
        ("[[item]]\nnumber = 4\n", "", "item item-4 is missing"),
        ('"First made-up sentence."', '" "', "item 1: wording is blank"),
        ('"First made-up sentence."', '"First\\u0000"', "item 1: Remove the characters"),
        ('"Indeed"', '"Indeed\\u0007"', "item 3, anchor 1: Remove the characters"),
        ("Made up for this test.", "Made up\\u0000", "instructions: Remove the characters"),
        ('wording = "First', 'translation = "x"\nwording = "First', "does not know translation"),
        ('value = 1, text = "Indeed"', 'value = 2, text = "Indeed"', "does not have"),
        ('value = 1, text = "Indeed"', 'value = 0.5, text = "Indeed"', "does not have"),
        ("value = 0", "value = 1", "item 1 puts words to one answer twice"),
    ],
)
def test_a_broken_pack_is_refused_with_its_place(sound: str, broken: str, complaint: str) -> None:
    assert sound in SOUND
    text = SOUND.replace(sound, broken, 1)
    if "item-4" in complaint:
        text = text.replace('wording = "Fourth made-up sentence."', "")
    with pytest.raises(InstrumentError) as refused:
        read_pack(text, "pack.toml")
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("pack.toml")


@pytest.mark.parametrize(
    ("entry", "value", "complaint"),
    [
        ("resourceType", "Patient", "must be Questionnaire"),
        ("copyright", None, "copyright is missing"),
        ("copyright", questionnaire(RISQ)["copyright"], "only repeats ours"),
        ("url", "https://alliance.invalid/fhir/Questionnaire/rift", "there is no form rift"),
        ("url", 7, "url must be str"),
        ("version", "1.0", "the number of the form's version"),
        ("version", "9" * 5000, "the number of the form's version"),
        ("version", "2", "is for version 2"),
        ("language", None, "language is missing"),
        ("item", [], "item-1 is missing; item item-2 is missing"),
        ("item", [7], "item must hold dict only"),
        ("item", [{"linkId": "x", "type": "string", "text": "?"}], "x must be a choice"),
        ("item", [{"linkId": "x", "type": "decimal", "text": "?"}], "risq has no item x"),
        ("item", [{"linkId": "item-1", "type": "decimal"}], "text is missing"),
    ],
)
def test_a_broken_questionnaire_is_refused(entry: str, value: object, complaint: str) -> None:
    made = _filled("risq", **{entry: value})
    with pytest.raises(InstrumentError) as refused:
        _read({key: each for key, each in made.items() if each is not None})
    assert complaint in str(refused.value)
    assert str(refused.value).startswith("pack.json")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "has 0 answers, and the item 2"),
        ([{"valueInteger": 0}], "has 1 answers, and the item 2"),
        ([{"valueInteger": 0}, {"valueString": "x"}], "has no value"),
        ([{"valueInteger": 0}, {"valueCoding": {"code": "yes"}}], "has no value"),
        (
            [
                {"valueCoding": {"code": "3", "display": "a"}},
                {"valueCoding": {"code": "4", "display": "b"}},
            ],
            "an answer the item does not have",
        ),
    ],
)
def test_a_question_must_offer_the_answers_of_its_item(
    options: list[dict[str, Any]], complaint: str
) -> None:
    made = _filled("risq")
    made["item"][0]["answerOption"] = options
    with pytest.raises(InstrumentError) as refused:
        _read(made)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("text", ["{", "{}", "", "[1]", "{" * 100_000, '{"a":' * 100_000, "a = ["])
def test_what_is_no_pack_at_all_is_refused(text: str) -> None:
    with pytest.raises(InstrumentError):
        read_pack(text, "pack")


def test_a_file_of_any_size_is_not_read() -> None:
    with pytest.raises(InstrumentError, match="characters"):
        read_pack(" " * (LONGEST_FILE + 1), "pack")
    with pytest.raises(InstrumentError, match="missing"):
        read_pack(" " * LONGEST_FILE, "pack")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(path=st.sampled_from(["url", "version", "language", "copyright", "item"]), value=json_values)
def test_whatever_stands_in_a_questionnaire_it_is_read_or_refused(path: str, value: object) -> None:
    made = _filled("risq", **{path: value})
    with suppress(InstrumentError):
        assert _read(made).code == "risq"


@given(where=st.integers(0, 3), value=st.lists(json_values, max_size=3) | json_values)
def test_whatever_answers_a_questionnaire_offers_it_is_read_or_refused(
    where: int, value: object
) -> None:
    made = _filled("risq")
    made["item"][where]["answerOption"] = value
    with suppress(InstrumentError):
        assert len(_read(made).wordings) == 4
