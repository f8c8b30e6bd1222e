"""Forms by their code: the shipped ones, and translations that a clinic made of them."""

import re
from dataclasses import replace
from functools import lru_cache

from alliance_api.domain.instruments import Instrument, Scale
from alliance_api.instruments.loader import load_all

__all__ = ["definition", "headline_scale", "origin", "translated"]

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def translated(form: Instrument, language: str) -> Instrument:
    """Return the form in another language, without its words: a form of its own, with the same key.

    What sources report was found with the original's words, so no figure is carried over and no
    claim made; limits of bands stay as defaults that nobody confirmed.
    """
    if language == form.language:
        return form
    return replace(
        form,
        code=f"{form.code}-{language.lower()}",
        language=language,
        validated=False,
        items=tuple(replace(item, wording=None, anchors=()) for item in form.items),
        scales=tuple(map(_without_figures, form.scales)),
        instructions=None,
    )


def _without_figures(scale: Scale) -> Scale:
    bands = tuple(replace(band, verified=False) for band in scale.bands)
    return replace(scale, norms=(), reports=(), bands=bands)


def origin(code: str) -> tuple[str, str | None]:
    """Return the code of the shipped form and, for a translation, its language in lower case.

    Unambiguous, since no code of ours ends with the code of another one and a language.
    """
    shipped = load_all()
    if code not in shipped:
        # The longest first: `alliance-check-in-t-de` is no translation of `alliance-check-in`.
        for base in sorted(shipped, key=len, reverse=True):
            if code.startswith(f"{base}-") and _LANGUAGE.fullmatch(code, len(base) + 1):
                return base, code[len(base) + 1 :]
    return code, None


@lru_cache(maxsize=512)
def definition(code: str) -> Instrument | None:
    """Return what a form consists of, shipped or translated; None for a code of no such form.

    Whether a clinic has the translation is known by its database only.
    """
    base, language = origin(code)
    found = load_all().get(base)
    if found is None or language is None:
        return found
    made = translated(found, language)
    return made if made.code == code else None


def headline_scale(code: str) -> str | None:
    """Return the key of the scale that stands for a whole form, if one does."""
    found = definition(code)
    return found.headline.key if found and found.headline else None
