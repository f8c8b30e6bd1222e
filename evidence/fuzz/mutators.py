"""Making malformed things out of good ones. Every one is wrong: none may be let through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from joserfc import jwk
from joserfc.jws import JWSRegistry

from tests.applications import spelt

# What is none of the texts, numbers and lists that a claim should be.
ODD: tuple[Any, ...] = (
    None, True, False, "", " ", "x" * 300, "\N{SNOWMAN}", [], {}, [[]], [None], {"a": 1}, [1, "a"],
    "0", "1e9", "null", "../..", "' OR 1=1 --", "%00", "\u202e", {"$gt": ""}, [{}] * 5,
)  # fmt: skip
# Beside those, numbers that are no instant to be good until.
NUMBERS: tuple[Any, ...] = (0, -1, 1, 0.5, -1e308, -(2**53))
CHARACTERS = ".-_=+/ \t\r\n\0\x7f\"'\\{}[]:,%&?#<>*~^|;AZaz09\u0430\u200b\ufeff\ud800\U0001f512"
# JSON that two readers could understand differently, or that is none.
BAD_JSON: tuple[bytes, ...] = (
    b"", b"{", b"[]", b"7", b'"a"', b"null", b'{"a":1}{', b'{"a":1,"a":2}', b'{"a":"\\u0000"}',
    b'{"a":"\\ud800"}', b'{"a":99999999999999999999}', b'{"a":1e999}', b"{'a':1}", b'{"a":NaN}',
    b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", b"{" * 5000,
)  # fmt: skip


def odd(chance: Random, *, numbers: bool = True) -> Any:
    """Return something a claim should not be."""
    return chance.choice(ODD + NUMBERS if numbers else ODD)


def garbled(chance: Random, text: str) -> str:
    """Change a text in one to three places: characters, order, length."""
    found = text
    while found == text:
        for _ in range(chance.randint(1, 3)):
            found = chance.choice(_EDITS)(chance, found)
    return found


def _insert(chance: Random, text: str) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(CHARACTERS) * chance.choice((1, 1, 2, 9)) + text[place:]


def _replace(chance: Random, text: str) -> str:
    place = chance.randrange(max(len(text), 1))
    return text[:place] + chance.choice(CHARACTERS) + text[place + 1 :]


def _flip(chance: Random, text: str) -> str:
    if not text:
        return text
    place = chance.randrange(len(text))
    changed = chr(ord(text[place]) ^ (1 << chance.randrange(7)))
    return text[:place] + changed + text[place + 1 :]


def _cut(chance: Random, text: str) -> str:
    start, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
    return text[:start] + text[end:]


def _double(chance: Random, text: str) -> str:
    start = chance.randint(0, len(text))
    return text[:start] + text[start : start + 20] * 2 + text[start + 20 :]


def _swap(chance: Random, text: str) -> str:
    parts = text.split(chance.choice(". /&="))
    chance.shuffle(parts)
    return chance.choice((".", " ", "")).join(parts)


def _long(chance: Random, text: str) -> str:
    return text + chance.choice("A.= ") * chance.choice((100, 5000, 9000))


_EDITS: tuple[Callable[[Random, str], str], ...] = (
    _insert, _insert, _replace, _flip, _flip, _cut, _double, _swap, _long,
)  # fmt: skip


class Forger:
    """Makes wrong tokens of a good one's header and claims.

    Args:
        key: signs the good one; the forger has it too, so that what is wrong is not the signature
            alone.
        header: of the good one.
        needed: the claims without which, or with anything odd in place of which, a token is wrong.
        instants: claims which must be numbers.
    """

    def __init__(
        self,
        key: jwk.Key,
        header: Mapping[str, Any],
        needed: tuple[str, ...],
        instants: tuple[str, ...],
    ) -> None:
        self._key, self._header = key, dict(header)
        self._needed, self._instants = needed, instants
        self._stranger = jwk.ECKey.generate_key("P-256")
        self._ways: tuple[Callable[[Random, dict[str, Any]], str], ...] = (
            self._garbled, self._garbled, self._odd_claim, self._odd_claim, self._odd_instant,
            self._odd_header, self._unsigned, self._by_another, self._not_json, self._garbage,
        )  # fmt: skip

    def good(self, claims: Mapping[str, Any]) -> str:
        """Return the good one."""
        return self._signed(self._header, json.dumps(claims).encode())

    def wrong(self, chance: Random, claims: Mapping[str, Any]) -> str:
        """Return a wrong one."""
        return chance.choice(self._ways)(chance, dict(claims))

    def _signed(self, header: Any, body: bytes, key: jwk.Key | None = None) -> str:
        head = header if isinstance(header, bytes) else json.dumps(header).encode()
        signed = f"{spelt(head)}.{spelt(body)}"
        model = JWSRegistry.algorithms[self._header["alg"]]
        return f"{signed}.{spelt(model.sign(signed.encode(), key or self._key))}"

    def _garbled(self, chance: Random, claims: dict[str, Any]) -> str:
        return garbled(chance, self.good(claims))

    def _odd_claim(self, chance: Random, claims: dict[str, Any]) -> str:
        name = chance.choice(self._needed)
        if chance.random() < 0.2:
            del claims[name]
        else:
            claims[name] = odd(chance)
            if name == "jti" and isinstance(claims[name], str):
                # Any text is a name, but none at all and one too long.
                claims[name] = chance.choice(("", "x" * 300))
        return self.good(claims)

    def _odd_instant(self, chance: Random, claims: dict[str, Any]) -> str:
        claims[chance.choice(self._instants)] = odd(chance, numbers=False)
        return self.good(claims)

    def _odd_header(self, chance: Random, claims: dict[str, Any]) -> str:
        header = dict(self._header)
        name = chance.choice(("alg", "kid", "crit", "x5u", "x5c", "b64", "typ"))
        # A key that comes along needs no name, and any text may be a type or such a name.
        texts = name == "typ" or (name == "kid" and "jwk" in header)
        values = [one for one in ODD + NUMBERS if not texts or not isinstance(one, str)]
        # Without a name, a key of a client may be any of its keys.
        header[name] = chance.choice([one for one in values if one is not None or name == "alg"])
        return self._signed(header, json.dumps(claims).encode())

    def _unsigned(self, chance: Random, claims: dict[str, Any]) -> str:
        algorithm = chance.choice(("none", "None", "HS256", "", "RS256", "ES384", "EdDSA"))
        head = spelt(json.dumps({**self._header, "alg": algorithm}).encode())
        signature = spelt(chance.randbytes(chance.choice((0, 1, 32, 64, 96, 256))))
        return f"{head}.{spelt(json.dumps(claims).encode())}.{signature}"

    def _by_another(self, chance: Random, claims: dict[str, Any]) -> str:
        header = dict(self._header)
        if chance.random() < 0.5 and "jwk" not in header:
            header["jwk"] = self._stranger.as_dict(private=False)
        return self._signed(header, json.dumps(claims).encode(), self._stranger)

    def _not_json(self, chance: Random, claims: dict[str, Any]) -> str:
        bad = chance.choice(BAD_JSON)
        if chance.random() < 0.5:
            return self._signed(bad, json.dumps(claims).encode())
        return self._signed(self._header, bad)

    def _garbage(self, chance: Random, _: dict[str, Any]) -> str:
        size = chance.choice((0, 1, 3, 20, 200, 9000))
        if chance.random() < 0.5:
            return ".".join(spelt(chance.randbytes(size)) for _ in range(chance.randint(1, 5)))
        return "".join(chance.choices(CHARACTERS, k=min(size, 300)))


def scopes(chance: Random, good: tuple[str, ...]) -> str:
    """Return a list of scopes with something wrong in it."""
    words = [chance.choice(good) for _ in range(chance.randint(1, 4))]
    place = chance.randrange(len(words))
    words[place] = chance.choice((garbled, _built))(chance, words[place])
    return chance.choice((" ", " ", " ", "  ", "\t", ",", "+")).join(words)


def _built(chance: Random, _: str) -> str:
    """Return what looks like a scope and is built of wrong parts."""
    level = chance.choice(("user", "User", "system", "patient", "*", "", "users", "user/user"))
    resource = chance.choice(("Goal", "goal", "*", "**", "Goals", "", "G", "Goal.Goal", "Patient"))
    verbs = chance.choice(("rs", "sr", "r.s", "cruds", "write", "read", "*", "", "x", "rsrs", "RS"))
    query = chance.choice(("", "", "?", "?category=", "?category=survey", "?a=b&c=d", "#", "?x"))
    return f"{level}/{resource}.{verbs}{query}"
