"""Reading TOML strictly: the right type or an error, and no entry left unread."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from alliance_api.instruments.errors import InstrumentError

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Table:
    """One TOML table under a name for messages. `close` refuses entries nobody asked for."""

    def __init__(self, name: str, entries: Mapping[str, object]) -> None:
        self._name = name
        self._unread = dict(entries)

    def text(self, key: str) -> str:
        """Return a text that must be there and not be blank."""
        value = self._take(key, str, None)
        if not value.strip():
            raise self.error(f"{key} is blank")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None if the entry is missing."""
        return self.text(key) if key in self._unread else None

    def whole(self, key: str) -> int:
        """Return a whole number that must be there."""
        return self._take(key, int, None)

    def optional_whole(self, key: str) -> int | None:
        """Return a whole number, or None if the entry is missing."""
        return self.whole(key) if key in self._unread else None

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number, whole or not."""
        value = self._unread.pop(key, default)
        if type(value) is int or (type(value) is float and math.isfinite(value)):
            return value
        raise self.error(f"{key} must be a finite number")

    def optional_number(self, key: str) -> float | None:
        """Return a finite number, or None if the entry is missing."""
        return self.number(key) if key in self._unread else None

    def choice(self, key: str, kind: type[E]) -> E:
        """Return one of the words an enumeration has."""
        value = self.text(key)
        if value not in frozenset(kind):
            raise self.error(f"{key} must be one of {', '.join(kind)}")
        return kind(value)

    def optional_choice(self, key: str, kind: type[E]) -> E | None:
        """Return one of the words of an enumeration, or None if the entry is missing."""
        return self.choice(key, kind) if key in self._unread else None

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Return a truth value."""
        return self._take(key, bool, default)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty if the entry is missing."""
        return self._each(key, str)

    def wholes(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers, empty if the entry is missing."""
        return self._each(key, int)

    def numbers(self, key: str) -> dict[str, float]:
        """Return a table of numbers, empty if the entry is missing."""
        inner = self.table(key)
        return {name: inner.number(name) for name in inner.names()}

    def names(self) -> tuple[str, ...]:
        """Return the names of the entries not read yet."""
        return tuple(self._unread)

    def table(self, key: str) -> "Table":
        """Return an inner table, empty if the entry is missing."""
        return Table(f"{self._name}, {key}", self._take(key, dict, {}))

    def tables(self, key: str) -> tuple["Table", ...]:
        """Return a list of inner tables, empty if the entry is missing."""
        each = self._each(key, dict)
        return tuple(Table(f"{self._name}, {key} {n}", entry) for n, entry in enumerate(each, 1))

    def close(self) -> None:
        """Refuse what was not read: a misspelled entry would otherwise be ignored in silence."""
        if self._unread:
            raise self.error(f"does not know {', '.join(sorted(self._unread))}")

    def error(self, message: str) -> InstrumentError:
        """Return an error that names this table."""
        return InstrumentError(f"{self._name}: {message}")

    def _each(self, key: str, kind: type[T]) -> tuple[T, ...]:
        values: list[object] = self._take(key, list, [])
        if not all(type(value) is kind for value in values):
            raise self.error(f"{key} must hold {kind.__name__} only")
        return tuple(value for value in values if isinstance(value, kind))

    def _take(self, key: str, kind: type[T], default: T | None) -> T:
        value = self._unread.pop(key, default)
        if value is None:
            raise self.error(f"{key} is missing")
        # Exactly this type: to isinstance, true would be a whole number.
        if type(value) is kind:
            return value
        raise self.error(f"{key} must be {kind.__name__}")
