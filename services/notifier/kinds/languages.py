"""The languages that reminders speak, and what must not be said in them: `languages/*.toml`."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from .tables import Table, read

FALLBACK = "en"
_WEEK, _YEAR = 7, 12


@dataclass(frozen=True, slots=True)
class Language:
    """One language: how it spells a day, and its lists for the linter.

    `clinical` and `places` are parts of words, without accents and in lower case, that discreet
    wording must not have anywhere in a word; `blame` and `honorifics` are whole words that no
    wording may have. `nouns_are_capitals`: capitals within a sentence say nothing about names.
    """

    code: str
    name: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    clinical: tuple[str, ...]
    places: tuple[str, ...]
    blame: tuple[str, ...]
    honorifics: tuple[str, ...]
    nouns_are_capitals: bool
    capitals: frozenset[str]

    def spell_day(self, day: date) -> str:
        """Return a day in words, without its year: a reminder is never about a far one."""
        return self.day.format(
            weekday=self.weekdays[day.weekday()], number=day.day, month=self.months[day.month - 1]
        )


def spell_time(at: datetime) -> str:
    """Return a local time in the 24 hours that need no translation."""
    return f"{at:%H:%M}"


def plain(text: str) -> str:
    """Return a text in lower case and without accents, so that `Sesión` is found as `sesion`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


@cache
def languages() -> Mapping[str, Language]:
    """Return every language, by its code.

    Raises:
        KindError: naming file and key of what is wrong.
    """
    folder = resources.files(__package__).joinpath("languages")
    files = [each for each in folder.iterdir() if each.name.endswith(".toml")]
    return {found.code: found for found in map(_language, sorted(files, key=lambda f: f.name))}


def chosen(wished: str) -> Language:
    """Return the language for a wish such as `de-AT`: that, else its family, else English."""
    known = languages()
    return known.get(wished) or known.get(wished.partition("-")[0].lower()) or known[FALLBACK]


def _language(file: Traversable) -> Language:
    table = read(file, f"languages/{file.name}")
    found = Language(
        code=file.name.removesuffix(".toml"),
        name=table.text("name"),
        weekdays=_of_length(table, "weekdays", _WEEK),
        months=_of_length(table, "months", _YEAR),
        day=table.text("day"),
        clinical=_plain(table, "clinical"),
        places=_plain(table, "places"),
        blame=_plain(table, "blame"),
        honorifics=_plain(table, "honorifics"),
        nouns_are_capitals=table.flag("nouns_are_capitals", default=False),
        capitals=frozenset(table.texts("capitals", [])),
    )
    table.done()
    return found


def _of_length(table: Table, key: str, length: int) -> tuple[str, ...]:
    values = table.texts(key)
    if len(values) != length:
        raise table.fault(key, f"must have {length} entries")
    return values


def _plain(table: Table, key: str) -> tuple[str, ...]:
    values = table.texts(key)
    if not values or any(plain(value) != value for value in values):
        raise table.fault(key, "must list words in lower case and without accents")
    return values
