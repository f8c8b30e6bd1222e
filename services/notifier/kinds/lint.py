"""What wording must not say, found by looking: clinical words, names, blame, counts.

Parts of words are looked for without accents and anywhere in a word, because a compound hides
what its parts say. It errs on the side of refusing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .languages import Language, languages, plain
from .loader import Folder
from .wording import Form

LONGEST_SUBJECT, LONGEST_SHORT = 60, 120
"""Characters, with room for the longest day: a short form fits into two texts in any alphabet."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VARIABLE = re.compile(r"\{\w+\}")
_LINK = re.compile(r"https?:|www\.|\S@\S|\w\.(com|org|net|de|es|eu)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?:¿¡])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: `place` is file and key, `what` says what is wrong and repeats the word."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def lint(name: str, folder: Folder) -> list[Finding]:
    """Return everything that a kind must not say, in all languages and forms."""
    return [
        Finding(f"{name}/{code}/wording.toml: {form}.{part}", what)
        for code, wording in folder.wordings.items()
        for form, texts in wording.forms.items()
        for part, what in _form(texts, languages()[code], discreet=form == "discreet")
    ]


def clinical_words(text: str, language: Language) -> list[str]:
    """Return the words of a text that say something clinical, or where somebody is treated."""
    stems = (*language.clinical, *language.places)
    return [word for word in _words(text) if any(stem in plain(word) for stem in stems)]


def _form(form: Form, language: Language, *, discreet: bool) -> Iterator[tuple[str, str]]:
    for part, text in form.parts.items():
        if discreet:
            yield from ((part, f"clinical: {word}") for word in clinical_words(text, language))
        yield from ((part, what) for what in _never(text, language))
    yield from _lengths(form, language)


def _never(text: str, language: Language) -> Iterator[str]:
    """Yield what neither form may say."""
    bare = _VARIABLE.sub(" ", text)
    words = [plain(word) for word in _words(bare)]
    yield from (f"a place: {word}" for word in words if _any(language.places, word))
    yield from (f"blame or a count: {word}" for word in words if word in language.blame)
    yield from (f"a form of address: {word}" for word in words if word in language.honorifics)
    yield from (f"a name: {word}" for word in _names(bare, language))
    if re.search(r"\d", bare):
        yield "a number, and no number of a person's doings belongs here"
    if _LINK.search(bare):
        yield "a link or an address: channels add their own"


def _lengths(form: Form, language: Language) -> Iterator[tuple[str, str]]:
    longest = _longest(language)
    for part, most in (("subject", LONGEST_SUBJECT), ("short", LONGEST_SHORT)):
        text = form.parts[part].format(**longest)
        if "\n" in text:
            yield part, "more than one line"
        if len(text) > most:
            yield part, f"longer than {most} characters"


def _longest(language: Language) -> Mapping[str, str]:
    weekday, month = (max(each, key=len) for each in (language.weekdays, language.months))
    return {"day": language.day.format(weekday=weekday, number=30, month=month), "time": "00:00"}


def _names(text: str, language: Language) -> Iterator[str]:
    """Yield capitals within a sentence, where the language has none but for names."""
    if language.nouns_are_capitals:
        return
    for sentence in _SENTENCE.split(text.strip()):
        for word in _words(sentence)[1:]:
            if word[0].isupper() and word not in language.capitals:
                yield word


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _any(stems: tuple[str, ...], word: str) -> bool:
    return any(stem in word for stem in stems)
