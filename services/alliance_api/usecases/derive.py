"""Deriving what a case shows each audience, whenever something it rests on has changed.

A view holds only what its audience may see, so nothing else can reach a figure made of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import UUID

from alliance_api.store import derived
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .figures import (
    Key,
    Rows,
    Series,
    basis,
    changes_of,
    chart_of,
    concordances_of,
    norm_of,
    ruptures_of,
)

AUDIENCES = ("CLIENT", "CARE_TEAM")


async def derive_alliance(
    tx: Transaction, case: UUID, found: Sequence[Found], *, anew: bool = False
) -> Counter[str]:
    """Derive every figure about a case's scores, for both audiences; return how many rows changed.

    A series whose inputs are those of the last time is left alone, and of one that has only grown
    the changes of its earlier scores are; `anew` trusts nothing of the last time.
    """
    work = _Work(case, await derived.marks(tx, case), anew)
    for key, scores in _series(found).items():
        told: Series = ()
        marks = ("", "")
        for audience in AUDIENCES:
            if seen := [row for row in scores if may_see(row, audience)]:
                # What both audiences see alike is hashed, and then computed, once.
                marks = marks if seen == told else _marks(seen)
                told = seen
                work.look_at((audience, *key), seen, marks)
    return await work.keep(tx)


@dataclass
class _Work:
    """What is to be written of a case: of the series that are not as their marks say."""

    case: UUID
    marks: dict[derived.Part, str]
    anew: bool
    groups: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    stale: set[derived.Part] = field(default_factory=set)
    grown: set[derived.Part] = field(default_factory=set)
    seen: dict[str, dict[Key, Series]] = field(default_factory=lambda: defaultdict(dict))
    figures: dict[str, _Figures] = field(default_factory=dict)

    def look_at(self, part: derived.Part, scores: Series, marks: tuple[str, str]) -> None:
        """Compute a series as an audience sees it, unless it is what it was."""
        audience, *key = part
        self.seen[audience][tuple(key)] = scores
        mark, shorter = marks
        before = self.marks.pop(part, None)
        if self.anew:
            before = None
        if before == mark:
            return
        self.stale.add(part)
        since = 0
        if before == shorter:
            self.grown.add(part)
            since = len(scores) - 1
        figures = self.figures.get(mark)
        if figures is None or figures.since > since:
            self.figures[mark] = figures = _Figures.of(scores, since)
        self._add("series", part, mark, [{**figures.chart, "inputs_hash": mark}])
        self._add("changes", part, (mark, since), figures.changes[since - figures.since :])
        self._add("ruptures", part, mark, figures.ruptures)

    def _add(self, table: str, part: derived.Part, alike: Any, rows: Rows) -> None:
        """Add what an audience is to be told of a series, to what others are told if it is `alike`."""
        audience, *key = part
        group = self.groups[table].setdefault((alike, *key), {"audiences": [], "rows": rows})
        group["audiences"].append(audience)
        group.update(zip(derived.SERIES_KEY[1:], key, strict=True))

    async def keep(self, tx: Transaction) -> Counter[str]:
        """Write it; return how many rows changed, by table."""
        # What is left was made of a series that its audience sees no more.
        stale = self.stale | set(self.marks)
        if not stale:
            return Counter()
        parts = {"changes": stale - self.grown}
        changed: Counter[str] = Counter()
        for table in (derived.SERIES, derived.CHANGES, derived.RUPTURES):
            groups, part = self.groups[table.name].values(), parts.get(table.name, stale)
            changed[table.name] = await derived.sync_series(tx, table, self.case, groups, part)
        found = [
            row
            for audience, series in self.seen.items()
            for row in concordances_of(self.case, audience, series)
        ]
        changed["concordances"] = await derived.sync(tx, derived.CONCORDANCES, self.case, found)
        return changed


@dataclass(frozen=True, slots=True)
class _Figures:
    """What is to be said of a series, whoever sees it: the changes from one score on."""

    chart: dict[str, Any]
    ruptures: Rows
    changes: Rows
    since: int

    @classmethod
    def of(cls, scores: Series, since: int) -> _Figures:
        """Compute them."""
        norm = norm_of(scores[0]["instrument_code"], scores[0]["scale"])
        # Most of what can be said of a change is not said of most: nulls need not travel.
        changes = [
            {name: value for name, value in row.items() if value is not None}
            for row in changes_of(scores, norm, since)
        ]
        return cls(chart_of(scores), ruptures_of(scores, norm), changes, since)


def _marks(scores: Series) -> tuple[str, str]:
    """Return the hash of what a series is derived from, and what it was without its last score."""
    *earlier, last = [
        f"{row['measurement_id'].hex} {row['raw']!r} {row['pomp']!r} {row['maximum']!r} "
        f"{row['taken_at'].timestamp()!r} {row['session_id']}\n"
        for row in scores
    ]
    told = hashlib.sha256(basis(scores[0]["instrument_code"], scores[0]["scale"]).encode())
    told.update("".join(earlier).encode())
    shorter = told.hexdigest()
    told.update(last.encode())
    return told.hexdigest(), shorter


def may_see(row: Found, audience: str) -> bool:
    """Return whether an audience may see a score; nothing else may reach what it is told."""
    role = row["informant_role"]
    if audience == "CLIENT":
        return bool(role == "CLIENT" or row["open"])
    # What a therapist keeps to themselves is not the team's either.
    return bool(row["known"] if role == "THERAPIST" else row["open"] and not row["sealed"])


_key = itemgetter(*derived.SERIES_KEY[1:])


def _series(rows: Sequence[Found]) -> dict[Key, Series]:
    found: dict[Key, list[Found]] = defaultdict(list)
    for row in rows:
        found[_key(row)].append(row)
    return dict(found)
