"""Packs of made-up words, and those that the how-to page shows."""

from __future__ import annotations

import re
from pathlib import Path

from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import Pack, read_pack

PAGE = Path(__file__).parents[1] / "docs/how-to/load-licensed-wording.md"


def shown(language: str) -> str:
    """Return the page's example in TOML or JSON."""
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert isinstance(found, str)
    return found


CHECK_IN_DE = read_pack(shown("toml"), "page")
CHECK_IN_T_DE = read_pack(shown("json"), "page")


def pack_of(code: str, language: str, words: str) -> Pack:
    """Return a pack that has the same words and a number for every item of a form."""
    form = load_all()[code]
    return Pack(
        code=code,
        version=form.version,
        language=language,
        statement="We may use these words.",
        instructions=None,
        wordings={item.number: f"{words} {item.number}" for item in form.items},
        anchors={},
    )
