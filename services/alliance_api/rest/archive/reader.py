"""Whom the page of a case is written for, and what they call things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from .contents import Archive, CaseFile
from .phrases import Clock, person, plain
from .rows import Row


@dataclass(frozen=True)
class Reader:
    """The person of an archive, reading one of their cases."""

    archive: Archive
    case: CaseFile

    @property
    def me(self) -> str:
        """Their own id."""
        return str(self.archive.person["id"])

    @cached_property
    def clock(self) -> Clock:
        """The time where the case is."""
        return Clock(self.case.frame["timeZone"])

    @cached_property
    def forms(self) -> Mapping[tuple[str, int], Row]:
        """The forms that were answered, by code and version."""
        return {(row["code"], row["version"]): row for row in self.archive.instruments}

    def who(self, found: Row | None) -> str:
        """Return how somebody is called."""
        return person(found, self.me)

    def scale(self, code: str, scale: str | None) -> str:
        """Return a form by its name and, unless it stands for the whole, a scale of it."""
        names = (row["name"] for (known, _), row in self.forms.items() if known == code)
        name = str(next(names, code))
        return name if scale in {None, "total"} else f"{name}: {plain(scale)}"
