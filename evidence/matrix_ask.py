"""One document, asked by one person: what must come back, what does, and how the two differ."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from psycopg.rows import dict_row

from alliance_api.charter import notices
from alliance_api.store import words
from evidence.broken_query import Asker, Oracle, _all, everything
from evidence.matrix_documents import Document
from evidence.matrix_links import Asked, Row, Thing, View
from evidence.matrix_says import withheld
from evidence.matrix_truth import NODES, Missing, answer, leaves
from evidence.matrix_world import Matrix, moment
from tests.house import House
from tests.people import body

T = TypeVar("T")

AT_ONCE = 6
# A busy machine may not answer in time; it is asked again, later and later.
BUSY, PATIENCE = 503, 6


@dataclass
class Outcome:
    """What was asked, and what came back that should not, or did not."""

    askers: int = 0
    requests: int = 0
    cells: Counter[str] = field(default_factory=Counter)
    allowed: int = 0
    leaks: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def total(self) -> int:
        """How many cells were executed."""
        return sum(self.cells.values())

    def so_far(self) -> str:
        """Return what is known by now."""
        wrong = f"{len(self.leaks)} leaks, {len(self.refusals)} wrong refusals"
        return f"{self.total:,} cells by {self.requests:,} requests, {wrong}"


@dataclass(frozen=True)
class Job:
    """One document, asked by one person, about some ids."""

    asker: Asker
    document: Document
    ids: tuple[str, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """The document's variables."""
        return dict(zip(self.document.variables, self.ids, strict=True))


class Truth:
    """Everything there is, and what of it each asker may see."""

    def __init__(self, house: House, found: Matrix) -> None:
        """Read everything from above the law."""
        self.rows: Mapping[str, Sequence[Row]] = everything(house)
        self.words = _words(house, self.rows)
        world = found.world
        self.oracle = Oracle(world, self.rows["care_team"], self.rows["read_ledger"])
        self._withheld = withheld(world.said, self.oracle)
        part2 = notices.part2()
        self._notice = {
            name: getattr(part2, name) for name in ("id", "version", "text", "verified")
        }
        self._kept: tuple[str, View, View] | None = None
        self._cells: dict[object, int] = {}

    def with_ledger(self, house: House) -> Truth:
        """Return the truth with the ledger as it is now."""
        fresh = everything_of(house, ["read_ledger"])
        found = copy(self)
        found.rows = {**self.rows, **fresh}
        found._kept, found._cells = None, {}  # noqa: SLF001
        found.oracle = copy(self.oracle)
        found.oracle._readings = list(fresh["read_ledger"])  # noqa: SLF001
        return found

    def views(self, asker: Asker) -> tuple[View, View]:
        """Return what somebody may see, and all that their organisation has."""
        if self._kept is None or self._kept[0] != asker.label:
            ours = {table: _ours(asker, rows) for table, rows in self.rows.items()}
            mine = {
                table: [row for row in rows if self.oracle.allows(asker, table, row)]
                for table, rows in ours.items()
            }
            self._kept = asker.label, self._view(asker, mine), self._view(asker, self.rows)
        return self._kept[1], self._kept[2]

    def cells(self, whole: View, job: Job) -> int:
        """Return how many values a document would be told by whom nothing is kept from."""
        key = (job.document.text, job.ids, whole.asker.person if not job.ids else None)
        if key not in self._cells:
            told = leaves(expected(whole, job))
            self._cells[key] = sum(1 for each in told if each is not None)
        return self._cells[key]

    def _view(self, asker: Asker, rows: Mapping[str, Sequence[Row]]) -> View:
        whole = rows is self.rows
        return View(
            asker,
            rows,
            self.words,
            moment(),
            self._withheld,
            self.oracle.consented,
            self._notice,
            everything=whole,
        )


def everything_of(house: House, tables: Iterable[str]) -> dict[str, list[Row]]:
    """Return every row of some tables, from above the law."""
    with house.admin.cursor(row_factory=dict_row) as cursor:
        return {table: list(_all(cursor, table)) for table in tables}


def _ours(asker: Asker, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["organisation_id"] == asker.organisation]


def _words(house: House, rows: Mapping[str, Sequence[Row]]) -> dict[tuple[str, str], str | None]:
    """Return what people said in their own words, opened with their keys, by where it lies."""
    keys = {(row["organisation_id"], row["person_id"]): row for row in rows["person_keys"]}
    places, sealed = [], []
    for place in words.PLACES:
        for row in rows[place.table]:
            key = keys.get((row["organisation_id"], row[place.author]))
            if key is not None and row[place.column]:
                about = place.about(*(row[each] for each in place.keys))
                owner = words.owner(row["organisation_id"], row[place.author])
                wrapped = key["master"].encode(), key["wrapped"].encode()
                places.append((place.table, row["place"]))
                sealed.append((owner, *wrapped, about, row[place.column].encode()))
    return dict(zip(places, house.run(house.database.vault.open, sealed), strict=True))


# --- What must come back --------------------------------------------------------------------


def expected(view: View, job: Job) -> dict[str, Any] | None:
    """Return the data that an answer must have."""
    found: dict[str, Any] = {}
    for root in job.document.roots:
        try:
            found[root.key] = _root(view, root, job.variables)
        except Missing:
            found[root.key] = None
    return found


def _root(view: View, root: Asked, variables: Mapping[str, str]) -> Any:
    if root.name in {"case", "node"}:
        prefix, _, uuid = variables[str(root.arguments["id"]).removeprefix("$")].partition("-")
        kind, table = NODES[prefix]
        row = view.one(table, id=UUID(uuid))
        return answer(view, Thing(kind, row), root.below) if row else None
    if root.name == "viewer":
        return answer(view, Thing("Viewer", {}), root.below)
    if root.name == "organisation":
        row = view.one("organisations", organisation_id=view.asker.organisation)
        return answer(view, Thing("Organisation", row), root.below) if row else None
    return _caseload(view, root)


def _caseload(view: View, root: Asked) -> dict[str, Any]:
    mine = [
        row
        for row in view.rows["cases"]
        if view.everything or view.standing.get(row["id"]) in {"therapist", "supervisor"}
    ]
    rows = sorted(mine, key=lambda row: (row["opened_on"], str(row["id"])))
    found: dict[str, Any] = {}
    for each in root.below:
        if each.name == "totalCount":
            found[each.key] = len(rows)
        else:
            found[each.key] = [answer(view, Thing("Case", row), each.below) for row in rows]
    return found


def judge(outcome: Outcome, truth: Truth, job: Job, status: int, data: Any) -> None:
    """Compare an answer with what it must be, leaf by leaf where they differ."""
    view, whole = truth.views(job.asker)
    view.told, view.now = set(), moment()
    outcome.cells[job.document.surface] += truth.cells(whole, job)
    outcome.requests += 1
    if job.asker.principal is None:
        if status != 401 or data is not None:
            outcome.leaks.append(f"nobody was told {data}")
        return
    must = expected(view, job)
    outcome.told |= view.told
    outcome.allowed += sum(1 for each in leaves(must) if each is not None)
    if must != data:
        _differences(outcome, job, must, data)


def _differences(outcome: Outcome, job: Job, must: Any, found: Any) -> None:
    for path, wanted, given in _apart(must, found, ()):
        text = f"{job.asker.label}: {job.document.surface} {job.ids} {'.'.join(path)}: "
        if given is None or given == []:
            outcome.refusals.append(f"{text}nothing instead of {str(wanted)[:200]}")
        else:
            outcome.leaks.append(f"{text}{str(given)[:200]} instead of {str(wanted)[:200]}")


def _apart(
    must: Any, found: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(must, dict) and isinstance(found, dict):
        for key in must.keys() | found.keys():
            yield from _apart(must.get(key), found.get(key), (*path, key))
    elif isinstance(must, list) and isinstance(found, list) and len(must) == len(found):
        for number, (one, other) in enumerate(zip(must, found, strict=True)):
            yield from _apart(one, other, (*path, str(number)))
    elif must != found:
        yield path, must, found


# --- Asking ---------------------------------------------------------------------------------


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Yield items in tuples of a size; the last may be shorter."""
    rest = iter(items)
    while found := tuple(islice(rest, size)):
        yield found


def ask(house: House, outcome: Outcome, truth: Truth, work: Iterable[Job]) -> None:
    """Ask, some at a time, and judge."""
    for some in batched(work, AT_ONCE):
        replies = house.together(
            (body(job.document.text, job.variables), headers_of(job.asker)) for job in some
        )
        for job, first in zip(some, replies, strict=True):
            reply = first
            for turn in range(PATIENCE):
                if reply.status != BUSY:
                    break
                time.sleep(2**turn)
                reply = house.post(body(job.document.text, job.variables), headers_of(job.asker))
            data = reply.body.get("data") if reply.status == 200 else None
            judge(outcome, truth, job, reply.status, data)


def headers_of(asker: Asker) -> dict[str, str]:
    """Return the headers of somebody's requests."""
    if asker.speaker is None:
        return {"content-type": "application/json"}
    return asker.speaker.headers
