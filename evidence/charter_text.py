"""Faults in the text of a condition: a part left out, or AND and OR changed for each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(r" (AND|OR) ")


def flipped(condition: str) -> Iterator[tuple[str, str]]:
    """Yield the condition with one AND an OR, or one OR an AND."""
    for number, found in enumerate(WORD.finditer(condition)):
        other = "OR" if found[1] == "AND" else "AND"
        changed = f"{condition[: found.start(1)]}{other}{condition[found.end(1) :]}"
        yield f"{found[1]} {number} is {other}", changed


def dropped(condition: str) -> Iterator[tuple[str, str]]:
    """Yield the condition with one part of an AND or an OR left out, at any depth."""
    for start, end in _groups(condition):
        inside = condition[start:end]
        parts = _parts(inside)
        if len(parts) < 2:
            continue
        for number, (one, other) in enumerate(parts):
            # With the word before it, or of the first part the word behind it.
            begin = parts[number - 1][1] if number else one
            stop = other if number else parts[1][0]
            left = inside[:begin] + inside[stop:]
            text = inside[one:other].strip()
            # One way less, where there were several; or one demand less.
            less = (
                "without the way" if " OR " in inside[begin:one] + inside[other:stop] else "without"
            )
            if WORD.sub("", text):
                yield f"{less} {text[:80]}", condition[:start] + left + condition[end:]


def _groups(condition: str) -> Iterator[tuple[int, int]]:
    """Yield where each pair of parentheses begins and ends inside; the whole first."""
    yield 0, len(condition)
    open_at: list[int] = []
    for place, sign in enumerate(condition):
        if sign == "(":
            open_at.append(place + 1)
        elif sign == ")":
            start = open_at.pop()
            where = condition.rfind(" WHERE ", start, place)
            yield (where + 7 if where >= 0 and _flat(condition[start:where]) else start), place


def _flat(text: str) -> bool:
    return text.count("(") == text.count(")")


def _parts(inside: str) -> list[tuple[int, int]]:
    """Return where the parts begin and end that stand between words of this depth."""
    depth, cuts = 0, [0]
    for place, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if not depth and (found := WORD.match(inside, place)):
            cuts += [found.start(), found.end()]
    return list(zip(cuts[::2], [*cuts[1::2], len(inside)], strict=True))
