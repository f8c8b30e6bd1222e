"""One e-mail address, one telephone number, one https address: strict readers of what people type.

The standard library's e-mail policy takes `a@b.example,c@d.example` for one address, and NUL, and
leading spaces. Ours takes what mail in practice looks like, and nothing else.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST_LOCAL, LONGEST = 64, 254
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_TELEPHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_TOKEN = re.compile(r"[A-Za-z0-9:_.~+/=-]{8,4096}")


class BadAddress(ValueError):  # noqa: N818  (it says what was wrong)
    """Not an address of its kind. The message never repeats it."""


def email(text: str) -> str:
    """Return an address, its domain in lower case and as A-labels. Raises `BadAddress`."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        raise BadAddress("an e-mail address is name@domain, one only, without quotes or comments")
    found = f"{local}@{_domain(domain)}"
    if len(found) > LONGEST:
        raise BadAddress(f"an e-mail address has at most {LONGEST} characters")
    return found


def _domain(text: str) -> str:
    try:
        found = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise BadAddress("the domain of an e-mail address must be a host's name") from None
    labels = found.split(".")
    # A last label of digits would be an IP address.
    if len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):  # noqa: PLR2004
        raise BadAddress("the domain of an e-mail address must be a host's name")
    return found


def telephone(text: str) -> str:
    """Return a number as E.164 spells it. Raises `BadAddress`."""
    found = re.sub(r"[ ()./-]", "", text)
    if not _TELEPHONE.fullmatch(found):
        raise BadAddress("a telephone number begins with + and the country's code")
    return found


def token(text: str) -> str:
    """Return a push provider's token for a device. Raises `BadAddress`."""
    if not _TOKEN.fullmatch(text):
        raise BadAddress("a device's token is 8 to 4096 letters, digits and punctuation")
    return text


def https(text: str, *, loopback: bool = False) -> str:
    """Return an https address without user or fragment; `loopback`: or http to this machine.

    Raises `BadAddress`. Where the name leads is looked at when it is connected to.
    """
    try:
        split = urlsplit(text)
        port, host = split.port, split.hostname or ""
    except ValueError:
        raise BadAddress("not an address") from None
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise BadAddress("an address is made of printable ASCII without spaces")
    if split.username is not None or split.password is not None or split.fragment:
        raise BadAddress("an address has neither user nor fragment")
    local = loopback and host in {"127.0.0.1", "localhost"}
    if not local and (split.scheme != "https" or port not in {None, 443}):
        raise BadAddress("an address begins with https:// and has no other port than 443")
    labels = host.split(".")
    if not local and (len(labels) < 2 or not re.fullmatch(r"[a-z][a-z0-9-]*", labels[-1])):  # noqa: PLR2004
        raise BadAddress("an address names its host, not a number")
    if not all(map(_LABEL.fullmatch, labels)):
        raise BadAddress("an address names its host")
    return text
