"""Computing everything of a case again from what was said in it: whatever differs is put right.

An operator's work, one transaction a case, while the service goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from alliance_api.domain.errors import Refused
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.instruments.forms import definition
from alliance_api.store import cases, rescoring
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .common import opening
from .derive_all import derive_all
from .scoring import Scored, scored


@dataclass(slots=True)
class Recomputed:
    """How much was gone through, and how many rows changed, by table.

    `unknown` are forms whose key is not here, or whose answers do not fit it: left as they are.
    """

    cases: int = 0
    measurements: int = 0
    unknown: int = 0
    changed: Counter[str] = field(default_factory=Counter)

    def add(self, other: Recomputed) -> None:
        """Add what was found elsewhere."""
        self.cases += other.cases
        self.measurements += other.measurements
        self.unknown += other.unknown
        self.changed.update(other.changed)


async def recompute(tx: Transaction, now: datetime, case: UUID) -> Recomputed:
    """Score every form of a case anew by its key, then derive all that rests on the scores."""
    await tx.lock(opening(case))
    async with tx.as_recompute():
        found = await _rescore(tx, case)
    async with tx.as_engine():
        row = await cases.find(tx, case)
        if row is not None:
            found.changed.update(await derive_all(tx, now, row, anew=True))
    found.cases = 1
    return found


@dataclass(slots=True)
class _Differences:
    """What is not as its answers say."""

    scores: list[tuple[Found, dict[str, Any]]] = field(default_factory=list)
    findings: list[tuple[Found, dict[str, Any]]] = field(default_factory=list)
    inputs: list[tuple[Found, str]] = field(default_factory=list)
    no_scores: list[dict[str, Any]] = field(default_factory=list)
    no_findings: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, form: Found, wanted: Scored, present: Mapping[str, Found]) -> None:
        """Add how one form's rows differ from those that its answers make."""
        name = {"measurement_id": form["measurement_id"]}
        if form["inputs_hash"] != wanted.inputs_hash:
            self.inputs.append((form, wanted.inputs_hash))
        for row in wanted.scores:
            here = present.get(row["scale"])
            if here is None or any(here[key] != row[key] for key in rescoring.SCORE):
                self.scores.append((form, row))
        scales = {row["scale"] for row in wanted.scores}
        self.no_scores += [{**name, "scale": scale} for scale in present if scale not in scales]
        noticed = {(code, scale): tuple(rest) for code, scale, *rest in form["findings"] or ()}
        for row in wanted.findings:
            here_too = noticed.pop((row["code"], row["scale"]), None)
            if here_too != tuple(row[key] for key in rescoring.FINDING):
                self.findings.append((form, row))
        self.no_findings += [{**name, "code": code, "scale": scale} for code, scale in noticed]

    async def write(self, tx: Transaction) -> Counter[str]:
        """Put it right; return how many rows changed, by table."""
        await rescoring.drop(tx, rescoring.SCORES, self.no_scores)
        await rescoring.drop(tx, rescoring.FINDINGS, self.no_findings)
        await rescoring.keep_scores(tx, self.scores)
        await rescoring.keep_findings(tx, self.findings)
        await rescoring.keep_inputs(tx, self.inputs)
        return Counter(
            scores=len(self.scores) + len(self.no_scores),
            findings=len(self.findings) + len(self.no_findings),
            score_inputs=len(self.inputs),
        )


async def _rescore(tx: Transaction, case: UUID) -> Recomputed:
    """Score the forms of a case anew (as whoever recomputes)."""
    found, differences = Recomputed(), _Differences()
    present = await rescoring.present(tx, case)
    for form in await rescoring.answered(tx, case):
        wanted = _wanted(form)
        if wanted is None:
            found.unknown += 1
            continue
        found.measurements += 1
        differences.compare(form, wanted, present.get(form["measurement_id"], {}))
    found.changed.update(await differences.write(tx))
    return found


def _wanted(form: Found) -> Scored | None:
    """Return what a form's answers make, by the key of its version; None if that is not here."""
    key = definition(form["instrument_code"])
    if key is None or key.version != form["version"]:
        return None
    try:
        return scored(key, _given(form["items"], form["answers"], form["away"]))
    except Refused:
        return None


def _given(
    items: Sequence[int], values: Sequence[float | None], away: Sequence[bool]
) -> list[GivenAnswer]:
    return [GivenAnswer(*each) for each in zip(items, values, away, strict=True)]
