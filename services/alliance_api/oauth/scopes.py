"""Which scopes a client gets: what it may ask for, what it asked for, and what exists here.

A scope that looks like SMART's and is malformed refuses the request, so that a typing error is not
found out in production. One that is well made and not known here, or that the client may not ask
for, is left out, and the answer says what was given (RFC 6749, 3.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from alliance_api.charter.scopes import SPECIAL, Scope, parse_scope

from .errors import OAuthError

OPENID: Final = ("openid", "fhirUser", "profile")
LAUNCH: Final = ("launch", "launch/patient", "launch/encounter")
REFRESH: Final = ("offline_access", "online_access")
WORDS: Final = frozenset((*OPENID, *LAUNCH, *REFRESH, *SPECIAL))

_LONGEST: Final = 4096
# RFC 6749, appendix A.4.
_TOKENS: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
_SMART: Final = re.compile(r"(?:patient|user|system)/")
_WELL_MADE: Final = re.compile(
    r"(?:patient|user|system)/(?:[A-Z][A-Za-z]{1,63}|\*)\.(?=[cruds])c?r?u?d?s?"
    r"(?:\?[A-Za-z_][\w.:-]*=[^\s&]+(?:&[A-Za-z_][\w.:-]*=[^\s&]+)*)?"
)
# What SMART's first version wrote, in the words of its second.
_FIRST: Final = {"read": "rs", "write": "cud", "*": "cruds"}
_FIRST_FORM: Final = re.compile(
    r"((?:patient|user|system)/(?:[A-Z][A-Za-z]{1,63}|\*))\.(read|write|\*)"
)


def asked_for(text: str | None) -> tuple[str, ...]:
    """Return the scopes of a request, each once, in the words of SMART 2. Raises `OAuthError`."""
    if text is None:
        return ()
    if len(text) > _LONGEST or not _TOKENS.fullmatch(text):
        raise OAuthError("invalid_scope", "The parameter `scope` is not a list of scopes.")
    found = tuple(dict.fromkeys(map(_second, text.split(" "))))
    if any(_SMART.match(scope) and not _WELL_MADE.fullmatch(scope) for scope in found):
        raise OAuthError("invalid_scope", "A scope is malformed: `user/Goal.rs` is a good one.")
    return found


def _second(scope: str) -> str:
    found = _FIRST_FORM.fullmatch(scope)
    return f"{found[1]}.{_FIRST[found[2]]}" if found else scope


def allowed(asked: Iterable[str], registered: Iterable[str]) -> tuple[str, ...]:
    """Return which of the scopes asked for a client may have."""
    words = set(registered)
    parsed = [scope for text in words if (scope := parse_scope(text))]
    return tuple(text for text in asked if _may(text, words, parsed))


def _may(text: str, words: set[str], registered: list[Scope]) -> bool:
    if text in WORDS:
        return text in words
    wanted = parse_scope(text)
    return wanted is not None and any(
        wanted.level == one.level and wanted.gates <= one.gates and wanted.verbs <= one.verbs
        for one in registered
    )


def known(text: str) -> bool:
    """Say whether a scope opens anything here."""
    return text in WORDS or parse_scope(text) is not None
