"""Change: a score beside an earlier one, with the error of measurement."""

from __future__ import annotations

import strawberry

from alliance_api.domain.change import Direction
from alliance_api.onesql.sources import Column, Inline

from ..declare import comes_from, field
from .common import Method

strawberry.enum(Direction)


@comes_from(None)
class Norm:
    """By which spread and score reliability a change was judged, and whose they are."""

    sd: float = field(Column("norm_sd"))
    reliability: float = field(Column("norm_reliability"))
    kind: str = field(Column("norm_kind"), "RETEST or ALPHA.")
    population: str = field(Column("norm_population"))
    source: str = field(Column("norm_source"))
    verified: bool = field(Column("norm_verified"), "Whether we saw the source say so.")


@comes_from(None)
class Change:
    """How a score differs from an earlier one. Without a norm there is no claim, only points."""

    difference: float = field(Column("{name}_difference"), "In points of the raw score.")
    index: float | None = field(Column("{name}_index"), "Reliable change index.")
    direction: Direction | None = field(
        Column("{name}_direction"), "UP or DOWN only beyond measurement error: |index| > 1.96."
    )
    reason: str | None = field(Column("{name}_reason"), "Why there is no index.")
    norm: Norm | None = field(Inline(where="{row}.norm_sd IS NOT NULL"))
    method: Method = field(Inline())
