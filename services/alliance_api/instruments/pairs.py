"""Forms of one instrument that client and therapist answer about the same sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from alliance_api.instruments.forms import origin

__all__ = ["PARALLEL", "Pair", "counterpart", "pairs"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A therapist's form beside the client's: whether they are the same item for item, and
    whether it foresees what the client will answer instead of saying what the therapist thinks.
    """  # noqa: D205 - one sentence, two lines

    form: str
    item_parallel: bool
    foresees: bool = False


PARALLEL: Final[Mapping[str, tuple[Pair, ...]]] = {
    "wai-sr-c": (Pair("wai-sr-t", item_parallel=False),),
    "alliance-check-in": (
        Pair("alliance-check-in-t", item_parallel=True),
        Pair("alliance-check-in-prediction", item_parallel=True, foresees=True),
    ),
}
"""The client's form -> the therapist's, the one that says what they think themselves first."""


def pairs(code: str) -> tuple[Pair, ...]:
    """Return the therapist's forms that belong to a client's, in the same language."""
    base, language = origin(code)
    return tuple(replace(pair, form=_in(language, pair.form)) for pair in PARALLEL.get(base, ()))


def counterpart(code: str) -> str | None:
    """Return the other party's form of the same instrument, if there is one."""
    if found := pairs(code):
        return found[0].form
    base, language = origin(code)
    for mine, theirs in PARALLEL.items():
        if any(pair.form == base for pair in theirs):
            return _in(language, mine)
    return None


def _in(language: str | None, code: str) -> str:
    return f"{code}-{language}" if language else code
