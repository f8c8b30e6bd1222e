"""What somebody wrote in cases in which they are not the client: their own words and answers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .contents import Archive
from .forms import by_form, form
from .markup import Html, el, end, said, start
from .phrases import Clock, when
from .sections import promises
from .tables import note, table

TITLE: Final = "What you wrote in other people's cases"
ID: Final = "own"
# These cases are in many places.
_ZONE: Final = "UTC"


def parts(archive: Archive) -> Iterator[Html]:
    """Yield the section, if there is anything in it."""
    found = archive.own
    if not len(found):
        return
    clock = Clock(_ZONE)
    yield start("section", id=ID, aria_labelledby=f"{ID}-title")
    yield el("h2", TITLE, id=f"{ID}-title")
    yield note(f"Times are in {_ZONE}. Nothing that others said is here.")
    known = {(row["code"], row["version"]): row for row in archive.instruments}
    for (code, version, _, _), rows in by_form(found.measurements).items():
        yield from form(rows, known.get((code, version)), clock, archive.person["id"])
    if len(found.commitments):
        yield el("h3", "Your promises")
        yield from promises(found.commitments, clock)
    if len(found.notes):
        yield el("h3", "Your process notes")
        cells = (
            (clock.at(row["writtenAt"]), when(row["session"], "–"), said(row["body"], "(erased)"))
            for row in found.notes
        )
        yield from table("In the order in which they were written", ("When", "On", "Note"), cells)
    yield end("section")
