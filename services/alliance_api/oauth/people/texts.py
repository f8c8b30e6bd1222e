"""What the pages say, in each language: data files with the same keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("en", "es")
_MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_DATES: Final = {
    "en": "{day} {month} {year}, {hour:02}:{minute:02} UTC",
    "es": "{day} de {month} de {year}, {hour:02}:{minute:02} UTC",
}
_RANGE: Final = re.compile(
    r"\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{1,3})?))?\s*"
)


@cache
def words(language: str) -> Mapping[str, str]:
    """Return every text of a language."""
    source = files("alliance_api.oauth.people").joinpath("words", f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


class Texts:
    """One language, as templates use it: `t("sign_in.title")`."""

    def __init__(self, language: str) -> None:
        """Take one of `LANGUAGES`."""
        self.language = language
        self._words = words(language)

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with its values filled in. Raises `KeyError` for one that is missing."""
        return self._words[key].format(**values)

    def date(self, moment: datetime) -> str:
        """Spell an instant, in UTC."""
        return _DATES[self.language].format(
            day=moment.day,
            month=_MONTHS[self.language].split()[moment.month - 1],
            year=moment.year,
            hour=moment.hour,
            minute=moment.minute,
        )


def preferred(header: str) -> str:
    """Return the language that an Accept-Language header likes best, of those there are."""
    ranked = [found for part in header[:500].split(",") if (found := _RANGE.fullmatch(part))]
    liked = sorted(ranked, key=lambda one: -float(one[2] or 1))
    known = (one[1].lower() for one in liked if float(one[2] or 1) > 0)
    return next((language for language in known if language in LANGUAGES), LANGUAGES[0])
