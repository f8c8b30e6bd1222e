"""JSON as SQL text: constants and expressions joined by `||`, constants merged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

# A value that must not be null but is: a control character where JSON allows none, so that the
# edge finds it with one look at the bytes (`nulls`) and no hot path pays for it.
HOLE = "\x01"


def hole(levels: int) -> str:
    """Return the SQL constant of a missing value whose null travels `levels` up its path.

    How far is known when the statement is made, so that mending needs no types.
    """
    return rf"E'\x01{levels}\x01'"


def unreadable(levels: int) -> str:
    """Return the hole of a value that is there and cannot be read."""
    return f"{HOLE}{levels}u{HOLE}"


def quote(text: str) -> str:
    """Return an SQL string constant."""
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return an SQL identifier; names come from declarations, never from a request."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(slots=True)
class Text:
    """A text expression under construction."""

    _parts: list[tuple[bool, str]] = field(default_factory=list)

    def constant(self, text: str) -> Text:
        """Append a constant."""
        if self._parts and self._parts[-1][0]:
            text = self._parts.pop()[1] + text
        self._parts.append((True, text))
        return self

    def expression(self, sql: str) -> Text:
        """Append an SQL expression of type text that is never null."""
        self._parts.append((False, sql))
        return self

    def extend(self, other: Text) -> Text:
        """Append another text."""
        for is_constant, part in other._parts:
            if is_constant:
                self.constant(part)
            else:
                self.expression(part)
        return self

    def key(self, name: str, *, first: bool) -> Text:
        """Append an object key with its punctuation."""
        return self.constant(("" if first else ",") + json.dumps(name) + ":")

    def sql(self) -> str:
        """Return the SQL of the whole, in parentheses."""
        if not self._parts:
            return "''"
        parts = [quote(part) if constant else part for constant, part in self._parts]
        return "(" + " || ".join(parts) + ")" if len(parts) > 1 else parts[0]
