"""Deriving what a case shows each audience, whenever something it rests on has changed.

A view holds only what its audience may see, so nothing else can reach a figure made of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any
from uuid import UUID

from alliance_api.domain.change import METHOD as CHANGE_METHOD
from alliance_api.domain.change import change, preferred, score_interval
from alliance_api.domain.charts import METHOD as CHART
from alliance_api.domain.charts import chart
from alliance_api.domain.concordance import METHOD as CONCORDANCE
from alliance_api.domain.concordance import PREDICTION_METHOD, Rating, concordance, prediction
from alliance_api.domain.episodes import Episode, either, episodes
from alliance_api.domain.intervals import Estimate
from alliance_api.domain.norms import Norm
from alliance_api.domain.psychometrics import ceiling
from alliance_api.domain.ruptures import CHART as RUPTURE_CHART
from alliance_api.domain.ruptures import (
    DROP_1SD,
    DROP_2SD,
    FALL_FROM_USUAL,
    chart_rule,
    drops,
    fall_rule,
)
from alliance_api.domain.shapes import METHOD as SHAPE
from alliance_api.domain.shapes import trajectory
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.pairs import Pair, pairs
from alliance_api.store import derived
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from . import derive_outcomes as outcomes

AUDIENCES = ("CLIENT", "CARE_TEAM")
BASELINE_FORMS = 3
# A new version of any of these derives every series anew.
METHODS = (
    CHART,
    CHANGE_METHOD,
    SHAPE,
    DROP_1SD,
    DROP_2SD,
    FALL_FROM_USUAL,
    RUPTURE_CHART,
    CONCORDANCE,
    PREDICTION_METHOD,
    *outcomes.METHODS,
)

Rows = list[dict[str, Any]]
Series = Sequence[Found]
Key = tuple[Any, ...]


async def derive_alliance(tx: Transaction, case: UUID) -> Counter[str]:
    """Derive every figure about scores, for both audiences; return how many rows changed.

    A series whose inputs are those of the last time is left alone, and of one that has only grown
    the changes of its earlier scores are.
    """
    found = await derived.scored(tx, case)
    work = _Work(case, await derived.marks(tx, case))
    for key, scores in _series(found).items():
        for audience in AUDIENCES:
            if seen := [row for row in scores if may_see(row, audience)]:
                work.look_at(audience, key, seen)
    return await work.keep(tx)


@dataclass
class _Work:
    """What is to be written of a case: of the series that are not as their marks say."""

    case: UUID
    marks: dict[derived.Part, str]
    rows: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    stale: set[derived.Part] = field(default_factory=set)
    grown: set[derived.Part] = field(default_factory=set)
    seen: dict[str, dict[Key, Series]] = field(default_factory=lambda: defaultdict(dict))
    figures: dict[str, _Figures] = field(default_factory=dict)

    def look_at(self, audience: str, key: Key, scores: Series) -> None:
        """Compute a series as an audience sees it, unless it is what it was."""
        self.seen[audience][key] = scores
        mark, shorter = _marks(scores)
        before = self.marks.pop((audience, *key), None)
        if before == mark:
            return
        self.stale.add((audience, *key))
        since = 0
        if before == shorter:
            self.grown.add((audience, *key))
            since = len(scores) - 1
        # What both audiences see alike is computed once.
        figures = self.figures.get(mark)
        if figures is None or figures.since > since:
            self.figures[mark] = figures = _Figures.of(scores, since)
        head = {"case_id": self.case, "audience": audience}
        name = head | {key: scores[0][key] for key in derived.SERIES_KEY[1:]}
        self.rows["series"].append({**name, **figures.chart, "inputs_hash": mark})
        self.rows["changes"] += [name | row for row in figures.changes[since - figures.since :]]
        self.rows["ruptures"] += [name | row for row in figures.ruptures]

    async def keep(self, tx: Transaction) -> Counter[str]:
        """Write it; return how many rows changed, by table."""
        # What is left was made of a series that its audience sees no more.
        stale = self.stale | set(self.marks)
        if not stale:
            return Counter()
        for audience, series in self.seen.items():
            self.rows["concordances"] += _concordances(self.case, audience, series)
        parts = {"changes": stale - self.grown, "concordances": None}
        return Counter(
            {
                table.name: await derived.sync(
                    tx, table, self.case, self.rows[table.name], parts.get(table.name, stale)
                )
                for table in (
                    derived.SERIES,
                    derived.CHANGES,
                    derived.RUPTURES,
                    derived.CONCORDANCES,
                )
            }
        )


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
        norm = _norm(scores[0])
        return cls(_chart(scores), _ruptures(scores, norm), _changes(scores, norm, since), since)


def _marks(scores: Series) -> tuple[str, str]:
    """Return the hash of what a series is derived from, and what it was without its last score."""
    *earlier, last = [
        f"{row['measurement_id'].hex} {row['raw']!r} {row['pomp']!r} {row['maximum']!r} "
        f"{row['taken_at'].timestamp()!r} {row['session_id']}\n"
        for row in scores
    ]
    methods = [f"{method.id}@{method.version}" for method in METHODS]
    code, norm = scores[0]["instrument_code"], _norm(scores[0])
    judge = outcomes.judge_of(code, scores[0]["scale"], norm)
    told = hashlib.sha256(f"{methods} {norm!r} {pairs(code)!r} {judge!r}\n".encode())
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


def _series(rows: Sequence[Found]) -> dict[tuple[Any, ...], Series]:
    found: dict[tuple[Any, ...], list[Found]] = defaultdict(list)
    for row in rows:
        key = ("instrument_code", "informant_role", "scale", "informant_id")
        found[tuple(row[name] for name in key)].append(row)
    return dict(found)


def _norm(first: Found) -> Norm | None:
    instrument = load_all().get(first["instrument_code"])
    scales = instrument.scales if instrument else ()
    norms = next((scale.norms for scale in scales if scale.key == first["scale"]), ())
    return preferred(norms)


def _values(scores: Series) -> list[float]:
    return [row["raw"] for row in scores]


def _chart(scores: Series) -> dict[str, Any]:
    values, at = _values(scores), [row["taken_at"] for row in scores]
    maximum = scores[0]["maximum"]
    found, shape, top = (
        chart(values, at, maximum=maximum),
        trajectory(values),
        ceiling(values, maximum),
    )
    limits = found.limits
    return {
        "n": len(values),
        "baseline_n": limits.n if limits else None,
        "provisional": found.standing.value == "PROVISIONAL" if found.standing else None,
        "centre": limits.mean if limits else None,
        "lower": limits.lower if limits else None,
        "upper": limits.upper if limits else None,
        "false_alarm_rate": found.false_alarm_rate,
        "reason": found.reason.value if found.reason else None,
        "ceiling_share": top.share if top else None,
        "at_ceiling": top.flagged if top else None,
        "shape": shape.shape.value if shape.shape else None,
        **_estimate("slope", shape.slope),
        "method_id": found.method.id,
        "method_version": found.method.version,
    }


def _estimate(name: str, found: Estimate | None) -> dict[str, Any]:
    lower, upper = (found.interval if found else None) or (None, None)
    return {
        f"{name}_value": found.value if found else None,
        f"{name}_n": found.n if found else None,
        f"{name}_lower": lower,
        f"{name}_upper": upper,
    }


def _changes(scores: Series, norm: Norm | None, since: int = 0) -> Rows:
    """Return the changes from one score on: what is said of each rests on it and earlier ones."""
    values = _values(scores)
    judge = outcomes.judge_of(scores[0]["instrument_code"], scores[0]["scale"], norm)
    first = outcomes.BASELINE_FORMS if judge else BASELINE_FORMS
    rows = []
    for index, row in enumerate(scores[since:], since):
        before = values[index - 1] if index else None
        # The first forms are the baseline, so that they are not compared with themselves.
        base = fmean(values[:first]) if index >= first else None
        interval = score_interval(row["raw"], norm).interval or (None, None)
        rows.append(
            {
                "measurement_id": row["measurement_id"],
                "interval_lower": interval[0],
                "interval_upper": interval[1],
                **_change("previous", before, row["raw"], norm, "FIRST"),
                **_change("baseline", base, row["raw"], norm, "BASELINE"),
                **_norm_columns(norm),
                **outcomes.columns(judge, before, base, row["raw"]),
                "method_id": CHANGE_METHOD.id,
                "method_version": CHANGE_METHOD.version,
            }
        )
    return rows


def _change(
    name: str, before: float | None, after: float, norm: Norm | None, reason: str
) -> dict[str, Any]:
    found = change(before, after, norm) if before is not None else None
    return {
        f"{name}_difference": found.difference if found else None,
        f"{name}_index": found.rci if found else None,
        f"{name}_direction": found.direction.value if found and found.direction else None,
        f"{name}_reason": found.reason if found else reason,
    }


def _norm_columns(norm: Norm | None) -> dict[str, Any]:
    return {
        "norm_sd": norm.sd if norm else None,
        "norm_reliability": norm.reliability if norm else None,
        "norm_kind": norm.reliability_kind.value if norm else None,
        "norm_population": norm.population if norm else None,
        "norm_source": norm.source if norm else None,
        "norm_verified": norm.verified if norm else None,
    }


def _ruptures(scores: Series, norm: Norm | None) -> Rows:
    values, at = _values(scores), [row["taken_at"] for row in scores]
    between = norm.sd if norm else None
    live = either(
        chart_rule(values, at),
        fall_rule(values, k=1 if between is not None else 2, between_sd=between),
    )
    found = [
        *episodes(values, live),
        *drops(values, k=1, between_sd=between),
        *drops(values, k=2, between_sd=between),
    ]
    return [_rupture(scores, episode) for episode in found]


def _rupture(scores: Series, episode: Episode) -> dict[str, Any]:
    def at(index: int | None) -> UUID | None:
        return None if index is None else scores[index]["measurement_id"]

    return {
        "start_id": at(episode.start),
        "nadir_id": at(episode.nadir),
        "repair_id": at(episode.repair),
        "depth": episode.depth,
        "pattern": episode.pattern.value if episode.pattern else None,
        "over": episode.over,
        "method_id": episode.method.id,
        "method_version": episode.method.version,
    }


def _concordances(case: UUID, audience: str, series: Mapping[tuple[Any, ...], Series]) -> Rows:
    """Compare each therapist with the client, by the forms that belong together."""
    return [
        {"case_id": case, "audience": audience, **_concordance(mine, theirs, pair)}
        for (code, role, scale, _), mine in series.items()
        if role == "CLIENT"
        for pair in pairs(code)
        for key, theirs in series.items()
        if key[:3] == (pair.form, "THERAPIST", scale)
    ]


def _concordance(client: Series, therapist: Series, pair: Pair) -> dict[str, Any]:
    truth, judgment, parallel = _by_session(client), _by_session(therapist), pair.item_parallel
    found = (
        prediction(judgment, truth, item_parallel=parallel)
        if pair.foresees
        else concordance(truth, judgment, item_parallel=parallel)
    )
    return {
        **{name: therapist[0][name] for name in derived.SERIES_KEY[1:]},
        "client_code": client[0]["instrument_code"],
        "n": found.n,
        "unit": found.unit.value,
        **_estimate("bias", found.bias),
        **_estimate("tracking", found.tracking),
        **_estimate("correlation", found.correlation),
        **_estimate("gap", found.absolute_gap),
        "reason": found.reason,
        "method_id": found.method.id,
        "method_version": found.method.version,
    }


def _by_session(scores: Series) -> dict[str, Rating]:
    return {
        str(row["session_id"]): Rating(row["raw"], row["pomp"])
        for row in scores
        if row["session_id"] is not None and row["pomp"] is not None
    }
