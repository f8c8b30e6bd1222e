"""Reading TOML strictly: every key is known, of its type, and blamed by its name."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from .errors import KindError

T = TypeVar("T")
_DURATION = re.compile(r"([+-]?)(\d{1,4})(m|h|d)", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(slots=True)
class Table:
    """A table of a TOML file; `done` refuses the keys that nobody asked for."""

    file: str
    values: Mapping[str, Any]
    within: str = ""
    _asked: set[str] = field(default_factory=set)

    def fault(self, key: str, message: str) -> KindError:
        """Return the error that blames a key of this table."""
        return KindError(self.file, f"{self.within}{key}", message)

    def has(self, key: str) -> bool:
        """Tell whether a key is there."""
        return key in self.values

    def get(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Return a value of a type, or the default where there is one and no value."""
        self._asked.add(key)
        if key not in self.values:
            if default is None:
                raise self.fault(key, "is missing")
            return default
        value = self.values[key]
        # A boolean is a whole number to Python, and to nobody else.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fault(key, f"must be {_SPOKEN.get(kind, kind.__name__)}")
        return value

    def text(self, key: str) -> str:
        """Return a text with something in it."""
        value = self.get(key, str).strip()
        if not value:
            raise self.fault(key, "must say something")
        return value

    def maybe(self, key: str) -> str | None:
        """Return a text, or None where it is left out."""
        return self.text(key) if self.has(key) else None

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """Return a list of different texts."""
        values = self.get(key, list, default)
        if not all(isinstance(value, str) and value for value in values):
            raise self.fault(key, "must be a list of texts")
        if len(set(values)) < len(values):
            raise self.fault(key, "must name each only once")
        return tuple(values)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return yes or no."""
        self._asked.add(key)
        return self.get(key, bool) if self.has(key) else default

    def duration(self, key: str) -> timedelta:
        """Return a length of time such as `-48h`, `15m` or `3d` (a day is 24 hours)."""
        found = _DURATION.fullmatch(self.text(key))
        if found is None:
            raise self.fault(key, "must be a length of time such as -48h, 15m or 3d")
        sign, amount, unit = found.groups()
        length = timedelta(**{_UNITS[unit]: int(amount)})
        return -length if sign == "-" else length

    def clock(self, key: str) -> time:
        """Return a local time such as `09:00`."""
        try:
            return time.fromisoformat(self.text(key))
        except ValueError:
            raise self.fault(key, "must be a local time such as 09:00") from None

    def choice(self, key: str, read: Callable[[str], T], allowed: str) -> T:
        """Return one of a set of named things."""
        try:
            return read(self.text(key))
        except ValueError:
            raise self.fault(key, f"must be one of {allowed}") from None

    def table(self, key: str) -> "Table":
        """Return a table within this one; empty where it is left out."""
        self._asked.add(key)
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            raise self.fault(key, "must be a table")
        return Table(self.file, values, f"{self.within}{key}.")

    def tables(self, key: str) -> "list[Table]":
        """Return a list of tables, at least one."""
        values = self.get(key, list)
        if not values or not all(isinstance(value, dict) for value in values):
            raise self.fault(key, "must be one table or more")
        return [
            Table(self.file, value, f"{self.within}{key}[{at}].") for at, value in enumerate(values)
        ]

    def done(self) -> None:
        """Refuse keys that nobody asked for: a misspelled one would be silently without effect."""
        for key in sorted(self.values.keys() - self._asked):
            raise self.fault(key, "is not known here")


_SPOKEN: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
}


def read(file: Traversable, name: str) -> Table:
    """Return the table of a file; `name` is what errors call it."""
    if not file.is_file():
        raise KindError(name, "file", "is missing")
    try:
        return Table(name, tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KindError(name, "file", f"is no TOML: {error}") from None
