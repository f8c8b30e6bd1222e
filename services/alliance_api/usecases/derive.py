"""Deriving what a case shows each audience, whenever something it rests on has changed.

A view holds only what its audience may see, so nothing else can reach a figure made of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any
from uuid import UUID

from alliance_api.domain.change import METHOD as CHANGE_METHOD
from alliance_api.domain.change import change, preferred, score_interval
from alliance_api.domain.charts import METHOD as CHART
from alliance_api.domain.charts import chart
from alliance_api.domain.concordance import Rating, concordance
from alliance_api.domain.episodes import Episode, either, episodes
from alliance_api.domain.intervals import Estimate
from alliance_api.domain.methods import inputs_hash
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
from alliance_api.instruments.pairs import PARALLEL
from alliance_api.store import derived
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

AUDIENCES = ("CLIENT", "CARE_TEAM")
BASELINE_FORMS = 3
# A new version of any of these derives every series anew.
METHODS = (CHART, CHANGE_METHOD, SHAPE, DROP_1SD, DROP_2SD, FALL_FROM_USUAL, RUPTURE_CHART)

Rows = list[dict[str, Any]]
Series = Sequence[Found]


async def derive_alliance(tx: Transaction, case: UUID) -> int:
    """Derive every figure about scores, for both audiences; return how many rows changed.

    A series whose inputs are those of the last time is left alone.
    """
    found = await derived.scored(tx, case)
    known = await derived.marks(tx, case)
    rows: dict[str, Rows] = {"series": [], "changes": [], "ruptures": [], "concordances": []}
    stale: set[tuple[Any, ...]] = set()
    for audience in AUDIENCES:
        series = _series([row for row in found if _may_see(row, audience)])
        for key, scores in series.items():
            mark = _mark(scores)
            if known.pop((audience, *key), None) != mark:
                stale.add((audience, *key))
                _about({"case_id": case, "audience": audience}, scores, mark, rows)
        rows["concordances"] += _concordances(case, audience, series)
    # What is left was made of a series that this audience sees no more.
    return await _keep(tx, case, rows, stale | set(known))


async def _keep(
    tx: Transaction, case: UUID, rows: Mapping[str, Rows], stale: set[tuple[Any, ...]]
) -> int:
    """Replace what was derived of some series, and of pairs of them."""
    changed = await derived.sync(tx, derived.CONCORDANCES, case, rows["concordances"])
    tables = {
        "series": derived.SERIES,
        "changes": derived.CHANGES,
        "ruptures": derived.RUPTURES,
    }
    for name, table in tables.items():
        if stale:
            changed += await derived.sync(tx, table, case, rows[name], stale)
    return changed


def _about(head: Mapping[str, Any], scores: Series, mark: str, rows: Mapping[str, Rows]) -> None:
    """Add what is to be said of one series for one audience."""
    name = {**head, **{key: scores[0][key] for key in derived.SERIES_KEY[1:]}}
    norm = _norm(scores[0])
    rows["series"].append({**name, **_chart(scores), "inputs_hash": mark})
    rows["changes"] += [name | row for row in _changes(scores, norm)]
    rows["ruptures"] += [name | row for row in _ruptures(scores, norm)]


def _mark(scores: Series) -> str:
    rows = [[str(row["measurement_id"]), row["raw"], row["taken_at"]] for row in scores]
    methods = [f"{method.id}@{method.version}" for method in METHODS]
    return inputs_hash({"scores": rows, "methods": methods, "norm": repr(_norm(scores[0]))})


def _may_see(row: Found, audience: str) -> bool:
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


def _changes(scores: Series, norm: Norm | None) -> Rows:
    if not scores:  # the last one was closed to this audience
        return []
    befores: list[float | None] = [None, *(here["raw"] for here, _ in pairwise(scores))]
    values = _values(scores)
    rows = []
    for index, (row, before) in enumerate(zip(scores, befores, strict=True)):
        # The first forms are the baseline, so that they are not compared with themselves.
        base = fmean(values[:BASELINE_FORMS]) if index >= BASELINE_FORMS else None
        interval = score_interval(row["raw"], norm).interval or (None, None)
        rows.append(
            {
                "measurement_id": row["measurement_id"],
                "interval_lower": interval[0],
                "interval_upper": interval[1],
                **_change("previous", before, row["raw"], norm, "FIRST"),
                **_change("baseline", base, row["raw"], norm, "BASELINE"),
                **_norm_columns(norm),
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
        {"case_id": case, "audience": audience, **_concordance(mine, theirs, parallel=parallel)}
        for (code, role, scale, _), mine in series.items()
        if role == "CLIENT" and code in PARALLEL
        for other, parallel in [PARALLEL[code]]
        for key, theirs in series.items()
        if key[:3] == (other, "THERAPIST", scale)
    ]


def _concordance(client: Series, therapist: Series, *, parallel: bool) -> dict[str, Any]:
    found = concordance(_by_session(client), _by_session(therapist), item_parallel=parallel)
    return {
        **{name: therapist[0][name] for name in derived.SERIES_KEY[1:]},
        "client_code": client[0]["instrument_code"],
        "n": found.n,
        "unit": found.unit.value,
        **_estimate("bias", found.bias),
        **_estimate("tracking", found.tracking),
        **_estimate("correlation", found.correlation),
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
