"""Publishing the figures of a closed period, once and for good."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from alliance_api.domain.aggregates import (
    METHOD,
    Figure,
    Level,
    Measure,
    figures,
    released,
)
from alliance_api.domain.agreement import STEP, agreement
from alliance_api.domain.coarse_means import Known, Means, added, means
from alliance_api.domain.grids import Grid
from alliance_api.domain.icc import METHOD as ICC
from alliance_api.domain.periods import Period
from alliance_api.domain.suppression import Cell, Readers, Reason, Release, release
from alliance_api.store import aggregates
from alliance_api.store.transaction import Transaction

from .aggregate_series import Dyads, Ground, Series, all_series, ground_of
from .common import refuse

Rows = list[dict[str, Any]]
PER_CENT = 0.01


async def publish(tx: Transaction, now: datetime, period: Period) -> int:
    """Publish a period of the bound organisation; return how many cells. Once: then nothing."""
    if not period.is_closed(now):
        refuse(
            "PERIOD_OPEN", f"{period.name} is not over. Publish it from the day after.", "period"
        )
    organisation = tx.principal.organisation
    await tx.lock(f"publish:{organisation}")
    async with tx.as_engine():
        if await aggregates.is_published(tx, period.name):
            return 0
        ground = await ground_of(tx, period)
        earlier = await aggregates.earlier(tx)
        cells: Rows = []
        sets: Rows = []
        for series in all_series(ground):
            known, before = ground.known(series.hidden), earlier.get(series.name, ())
            found = _release(series, ground, organisation, Readers(known, before))
            cells += _cells(series, ground, found, now)
            sets += _sets(series, ground, found)
        await aggregates.keep(tx, cells, sets)
    return len(cells)


def _release(series: Series, ground: Ground, organisation: UUID, readers: Readers) -> Release:
    if series.measure is Measure.AGREEMENT_ICC:
        whole = Cell((Level.ORGANISATION, organisation), frozenset(series.clients))
        return release([whole], readers)
    return released(ground.places(series), organisation, readers)


def _cells(series: Series, ground: Ground, found: Release, now: datetime) -> Rows:
    told = _told(series, ground, found)
    method = ICC if isinstance(series, Dyads) else METHOD
    return [
        {
            **_name(series, ground.period),
            **_unit(key, ground),
            **_range(series, scale),
            **_columns(figure),
            "starts_on": ground.period.starts_on,
            "ends_on": ground.period.ends_on,
            "published_at": now,
            "method_id": method.id,
            "method_version": method.version,
        }
        for scale in series.scales
        for key, figure in _figures(series, scale, found, told).items()
    ]


def _told(series: Series, ground: Ground, found: Release) -> dict[str, Means]:
    """Return what is told of every scale: first of the simple ones, then of what they add up to."""
    point = 1.0 if series.measure is Measure.SCORE else PER_CENT
    known = Known(ground.places(series), ground.known(series.hidden))
    simple = {
        key: means(scale.values, Grid(scale.minimum, scale.maximum, point), found, known)
        for key, scale in series.scales.items()
        if not scale.parts and series.measure is not Measure.AGREEMENT_ICC
    }
    composed = {
        key: added([simple[part] for part in scale.parts])
        for key, scale in series.scales.items()
        if scale.parts
    }
    return {**simple, **composed}


def _figures(
    series: Series, scale: str, found: Release, told: Mapping[str, Means]
) -> dict[Hashable, Figure]:
    if not isinstance(series, Dyads):
        return figures(found, told[scale])
    figure = {key: Figure(reason=why) for key, why in found.withheld.items()}
    agreed = agreement(list(series.pairs[scale].values()), absolute=series.absolute)
    too_few = Figure(reason=Reason.TOO_FEW_GROUPS)
    made = Figure(agreed.n, agreed.value, STEP, agreed.interval) if agreed else too_few
    return {**figure, **dict.fromkeys(found.shown, made)}


def _name(series: Series, period: Period) -> dict[str, Any]:
    measure, code, role = series.name
    return {
        "period": period.name,
        "measure": measure,
        "instrument_code": code,
        "informant_role": role,
    }


def _unit(key: Hashable, ground: Ground) -> dict[str, Any]:
    assert isinstance(key, tuple)  # noqa: S101  (cells are named by their level and unit)
    level, unit = key
    team = {Level.TEAM: unit, Level.THERAPIST: ground.teams.get(unit)}.get(level)
    return {"level": level.value, "unit_id": unit, "team_id": team}


def _range(series: Series, scale: str) -> dict[str, Any]:
    found = series.scales[scale]
    return {
        "scale": scale,
        "constructs": sorted(found.constructs),
        "minimum": found.minimum,
        "maximum": found.maximum,
    }


def _columns(figure: Figure) -> dict[str, Any]:
    components, pooled = figure.components, figure.pooled
    return {
        "n": figure.n,
        "value": figure.value,
        "step": figure.step,
        **_ends("value", figure.interval),
        "pooled_value": pooled.value if pooled else None,
        **_ends("pooled", pooled.interval if pooled else None),
        "weight": figure.weight,
        **_ends("funnel", figure.funnel),
        "unusual": figure.unusual,
        "grand_mean": components.mean if components else None,
        "between_variance": components.between if components else None,
        "within_variance": components.within if components else None,
        "groups": components.groups if components else None,
        "reason": figure.reason.value if figure.reason else None,
    }


def _ends(name: str, interval: tuple[float, float] | None) -> dict[str, Any]:
    lower, upper = interval or (None, None)
    return {f"{name}_lower": lower, f"{name}_upper": upper}


def _sets(series: Series, ground: Ground, found: Release) -> Rows:
    # In the order of ids, which tells nothing of which part somebody was in.
    return [
        {**_name(series, ground.period), "number": number, "clients": sorted(map(_id, clients))}
        for number, clients in enumerate(found.parts)
    ]


def _id(client: Hashable) -> UUID:
    assert isinstance(client, UUID)  # noqa: S101  (clients are named by their ids)
    return client
