"""What a pack's file says, before it is held against the form."""

from dataclasses import dataclass

from alliance_api.domain.instruments import Anchor


@dataclass(frozen=True, slots=True)
class DraftItem:
    """One item of a pack's file: `item` is its key or its number, `place` where it stands.

    `options` is the number of answers offered, or None where the file need not list them all.
    """

    item: str
    place: str
    wording: str
    anchors: tuple[Anchor, ...]
    options: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A pack's file, of the right types, and nothing else known about it."""

    code: str
    version: int
    language: str
    statement: str
    instructions: str | None
    items: tuple[DraftItem, ...]
