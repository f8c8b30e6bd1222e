"""Every instrument this package ships, read once."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from alliance_api.domain.instruments import Instrument
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.examples import Example
from alliance_api.instruments.parse import Parsed, parse

__all__ = ["InstrumentError", "load_all", "load_examples"]

_SUFFIX = ".toml"


@cache
def load_all() -> Mapping[str, Instrument]:
    """Return every shipped instrument by its code.

    Raises:
        InstrumentError: if one of the files is unsound or misses its own examples.
    """
    return MappingProxyType({code: each.instrument for code, each in _parsed().items()})


@cache
def load_examples() -> Mapping[str, tuple[Example, ...]]:
    """Return the worked examples of every shipped instrument by its code."""
    return MappingProxyType({code: each.examples for code, each in _parsed().items()})


@cache
def _parsed() -> Mapping[str, Parsed]:
    folder = files("alliance_api.instruments")
    texts = {
        entry.name.removesuffix(_SUFFIX): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(_SUFFIX)
    }
    return {code: parse(text, code) for code, text in texts.items()}
