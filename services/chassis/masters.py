"""Master keys: they wrap the keys of people, and lie in no database.

`MasterKeys` is all that a vault asks of whoever keeps them, so that a key service can stand there.
`LocalMasters` are keys of the operator's: given as text, or in a file that is read again whenever it
changes. The first one wraps; every one unwraps.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BYTES = 32
NONCE = 12
# What was read from the database before a master was taken away may still be on its way.
GRACE = 60.0
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")

_log = logging.getLogger("chassis.masters")


class BadMasters(ValueError):  # noqa: N818  (it says what was wrong)
    """Master keys that are none. The message never holds any of them."""


class UnknownMaster(Exception):  # noqa: N818  (it says what happened)
    """A key was wrapped by a master that is not here."""


class DoesNotOpen(Exception):  # noqa: N818  (it says what happened)
    """What was sealed was changed, moved, or sealed with another key."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key that only its master can give back."""

    master: str
    text: str


class MasterKeys(Protocol):
    """Whoever wraps keys. `about` says whose key it is: moved to another it does not unwrap."""

    async def wrap(self, key: bytes, about: bytes) -> Wrapped:
        """Wrap a key with the current master."""

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        """Return a key. Raises `UnknownMaster` or `DoesNotOpen`."""


class Ring:
    """Master keys by name; the first is the current one. What it prints tells no key."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Keep them."""
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"Ring({', '.join(self._keys)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names, the current one first."""
        return tuple(self._keys)

    @property
    def current(self) -> str:
        """The name of the one that wraps."""
        return next(iter(self._keys))

    def cipher(self, name: str) -> AESGCM:
        """Return the cipher of a master."""
        return AESGCM(self._keys[name])

    def mac(self, name: str, text: bytes) -> str:
        """Return a code for a text that only holders of this master can make."""
        return hmac.new(self._keys[name], b"mac|" + text, "sha256").hexdigest()

    def with_new(self, name: str, key: bytes) -> Ring:
        """Return the same with another one first."""
        return Ring({name: key, **self._keys})

    def without(self, name: str) -> Ring:
        """Return the same without one."""
        return Ring({other: key for other, key in self._keys.items() if other != name})

    def text(self) -> str:
        """Spell them as `parse` reads them."""
        spelt = {name: base64.b64encode(key).decode() for name, key in self._keys.items()}
        return json.dumps(spelt, indent=2)

    def write(self, path: Path) -> None:
        """Replace a file at once, readable by its owner only."""
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(self.text() + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)


def parse(text: str) -> Ring:
    """Read `{"name": "base64 of 32 bytes", ...}`. Raises `BadMasters`."""
    try:
        pairs: Any = json.loads(text, object_pairs_hook=list)
    except ValueError:
        raise BadMasters("master keys are JSON: an object of names and keys") from None
    if not isinstance(pairs, list) or not pairs or not all(isinstance(p, tuple) for p in pairs):
        raise BadMasters("master keys are a JSON object with at least one name and key")
    keys = {name: _key(name, value) for name, value in pairs}
    if len(keys) != len(pairs) or len(set(keys.values())) != len(pairs):
        raise BadMasters("a master key has one name, and a name one key")
    return Ring(keys)


def _key(name: str, value: object) -> bytes:
    if not _NAME.fullmatch(name):
        raise BadMasters("a master key's name is made of letters, digits, dots and hyphens")
    try:
        found = base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != BYTES:
        raise BadMasters(f"the master key {name} is not the base64 of {BYTES} bytes")
    return found


class LocalMasters:
    """Masters of the operator's own. Those in a file may be changed while this is at work."""

    def __init__(
        self,
        load: Callable[[], str],
        mark: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load them; `mark` differs once they have changed. Raises `BadMasters` or `OSError`."""
        self._load, self._look, self._clock = load, mark, clock
        self._mark = mark()
        self._ring = parse(load())
        # Those that were taken away a moment ago, and until when they still unwrap.
        self._leaving: dict[str, tuple[AESGCM, float]] = {}

    def ring(self) -> Ring:
        """Return the keys as they are now."""
        self._refresh()
        return self._ring

    async def wrap(self, key: bytes, about: bytes) -> Wrapped:
        """Wrap a key with the current master."""
        name = self.ring().current
        nonce = os.urandom(NONCE)
        sealed = nonce + self._ring.cipher(name).encrypt(nonce, key, _bound(name, about))
        return Wrapped(name, encoded(sealed))

    async def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        """Return a key. Raises `UnknownMaster` or `DoesNotOpen`."""
        sealed = decoded(wrapped.text)
        try:
            return self._cipher(wrapped.master).decrypt(
                sealed[:NONCE], sealed[NONCE:], _bound(wrapped.master, about)
            )
        except (InvalidTag, ValueError):
            raise DoesNotOpen from None

    def _cipher(self, name: str) -> AESGCM:
        if name not in self._ring.names:
            self._refresh()
        if name in self._ring.names:
            return self._ring.cipher(name)
        cipher, until = self._leaving.get(name, (None, 0.0))
        if cipher is None or until < self._clock():
            self._leaving.pop(name, None)
            raise UnknownMaster
        return cipher

    def _refresh(self) -> None:
        try:
            mark = self._look()
            if mark == self._mark:
                return
            ring = parse(self._load())
        except (OSError, BadMasters) as error:
            # Somebody may be writing it this moment. What is known goes on being good.
            _log.warning("masters.unreadable", extra={"exception.type": type(error).__name__})
            return
        until = self._clock() + GRACE
        gone = {
            name: (self._ring.cipher(name), until)
            for name in self._ring.names
            if name not in ring.names
        }
        self._leaving = {**self._leaving, **gone}
        self._ring, self._mark = ring, mark


def local_masters(text: str | None, file: Path | None) -> LocalMasters:
    """Return the masters of a text, or else of a file. Raises `BadMasters` or `OSError`."""
    if file is None:
        return LocalMasters(lambda: text or "")

    def mark() -> tuple[int, int, int]:
        found = file.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size

    return LocalMasters(lambda: file.read_text(encoding="utf-8"), mark)


def encoded(data: bytes) -> str:
    """Spell bytes as text that JSON and SQL need not escape."""
    return binascii.b2a_base64(data, newline=False).decode()


def decoded(text: str | bytes) -> bytes:
    """Read what `encoded` spelled. Raises `DoesNotOpen` for anything else."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise DoesNotOpen from None


def _bound(name: str, about: bytes) -> bytes:
    return b"master|" + name.encode() + b"|" + about
