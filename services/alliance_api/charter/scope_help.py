"""What a scope lets an application do, in the words of the person who is asked to allow it.

The words are data, in `scope_help.toml`: one entry for each gate and for each scope of a name of its
own, in each language. A gate without words would be consent to nothing in particular, so a test
fails where one is missing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .scopes import GATES, parse_scope

LANGUAGES = ("en", "es")


@dataclass(frozen=True, slots=True)
class Help:
    """One scope in plain words: what it is about, what may be read, and what may be changed.

    `about` is `one` client, `mine` (all that the person may see), `itself` (the application, without
    a person) or `session` (the sign-in as such). `whole` is true where it names everything there is.
    """

    scope: str
    about: str
    whole: bool
    reads: tuple[str, ...]
    writes: tuple[str, ...]


_ABOUT = {"patient": "one", "user": "mine", "system": "itself"}
_WRITES = frozenset("cud")
_READS = frozenset("rs")


@cache
def _shipped() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    text = files("alliance_api.charter").joinpath("scope_help.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def words(key: str, language: str) -> Mapping[str, str]:
    """Return the words for a gate or a named scope. Raises `KeyError` where there are none."""
    return _shipped()[key][language]


def named() -> frozenset[str]:
    """Return the scopes that have words of their own, beside the gates."""
    return frozenset(_shipped()) - frozenset(GATES)


def help_for(scope: str, language: str) -> Help | None:
    """Return a scope in plain words, or None for one that the charter does not know.

    Gates that say the same in this language are told once.
    """
    if scope in named():
        found = words(scope, language)
        reads, writes = _told([found], "read"), _told([found], "write")
        return Help(scope, "session", whole=False, reads=reads, writes=writes)
    parsed = parse_scope(scope)
    if parsed is None:
        return None
    texts = [words(gate, language) for gate in sorted(parsed.gates)]
    return Help(
        scope,
        _ABOUT[parsed.level],
        whole=parsed.gates == frozenset(GATES),
        reads=_told(texts, "read") if parsed.verbs & _READS else (),
        writes=_told(texts, "write") if parsed.verbs & _WRITES else (),
    )


def _told(texts: list[Mapping[str, str]], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[kind] for text in texts if text.get(kind)))
