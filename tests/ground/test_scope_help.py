"""Every scope can be told in plain words, in each language; and every text is there in each."""

from __future__ import annotations

import string

import pytest

from alliance_api.charter.scope_help import LANGUAGES, help_for, named, words
from alliance_api.charter.scopes import GATES, SPECIAL
from alliance_api.oauth.people import texts

pytestmark = pytest.mark.ground


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("gate", GATES)
def test_a_gate_has_words_for_reading_and_for_writing(gate: str, language: str) -> None:
    found = words(gate, language)
    assert set(found) == {"read", "write"}
    assert all(text.strip() and text[0].islower() for text in found.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_scopes_with_a_name_of_their_own_have_words(language: str) -> None:
    smart = {
        "openid",
        "profile",
        "fhirUser",
        "launch",
        "launch/patient",
        "launch/encounter",
        "online_access",
        "offline_access",
    }
    assert named() >= {*SPECIAL, *smart}
    for scope in named():
        found = help_for(scope, language)
        assert found is not None
        assert found.reads + found.writes


def test_a_scope_says_whom_it_is_about_and_what_it_lets() -> None:
    found = help_for("patient/Goal.rs", "en")
    assert found is not None
    assert (found.about, found.whole, found.writes) == ("one", False, ())
    assert found.reads == ("read goals and preferences, and how far goals are reached",)
    found = help_for("user/Task.c", "en")
    assert found is not None
    assert (found.about, found.reads) == ("mine", ())
    assert len(found.writes) == 1


def test_a_category_is_told_apart() -> None:
    survey = help_for("user/Observation.rs?category=survey", "en")
    both = help_for("user/Observation.rs", "en")
    assert survey is not None
    assert both is not None
    assert len(survey.reads) == 1
    assert set(survey.reads) < set(both.reads)


def test_everything_is_told_as_everything() -> None:
    found = help_for("user/*.cruds", "es")
    assert found is not None
    assert found.whole
    assert len(found.reads) == len(GATES)


@pytest.mark.parametrize("scope", ["", "user/Nothing.rs", "user/Goal.x", "root", "user/Goal."])
def test_what_the_charter_does_not_know_is_not_told(scope: str) -> None:
    assert help_for(scope, "en") is None


def test_every_language_has_the_same_texts_with_the_same_gaps() -> None:
    english = texts.words("en")
    for language in texts.LANGUAGES:
        other = texts.words(language)
        assert list(other) == list(english)
        for key, text in other.items():
            assert text.strip()
            assert gaps(text) == gaps(english[key]), key


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_texts_are_used_and_those_that_are_used_are_there() -> None:
    from alliance_api.oauth.people.pages import FOLDER

    source = "".join(
        path.read_text(encoding="utf-8")
        for pattern in ("*.py", "templates/*.html")
        for path in FOLDER.glob(pattern)
    )
    made = ("errors.", "device.", "consent.about.")
    unused = [
        key for key in texts.words("en") if f'"{key}"' not in source and not key.startswith(made)
    ]
    assert unused == []
