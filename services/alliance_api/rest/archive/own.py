"""What somebody wrote in cases in which they are not the client: their own words and answers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .contents import Archive, OwnWork
from .forms import Form, by_form
from .markup import Html, el, end, said, start
from .phrases import Clock, when
from .tables import note, table
from .work import promises

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
    for case, work in _by_case(found).items():
        yield el("h3", f"Case {case[-12:]}")
        yield from _of_case(archive, work, clock)
    yield end("section")


def _of_case(archive: Archive, work: OwnWork, clock: Clock) -> Iterator[Html]:
    known = {(row["code"], row["version"]): row for row in archive.instruments}
    me = str(archive.person["id"])
    for (code, version, _, _), rows in by_form(work.measurements).items():
        yield from Form(rows, known.get((code, version)), clock, me).parts()
    if len(work.commitments):
        yield el("h4", "Your promises")
        yield from promises(work.commitments, clock, me)
    if len(work.notes):
        yield el("h4", "Your process notes")
        cells = (
            (clock.at(row["writtenAt"]), when(row["session"], "–"), said(row["body"], "(erased)"))
            for row in work.notes
        )
        yield from table("In the order in which they were written", ("When", "On", "Note"), cells)


def _by_case(found: OwnWork) -> dict[str, OwnWork]:
    """Return the same by case: sessions of different clients must not stand in one table."""
    apart: dict[str, OwnWork] = {}
    for kind in ("measurements", "commitments", "notes"):
        for row in getattr(found, kind):
            work = apart.setdefault(row["caseId"], OwnWork())
            getattr(work, kind).extend([row])
    return dict(sorted(apart.items()))
