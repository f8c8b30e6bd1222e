"""Change: a score beside an earlier one, with the error of measurement."""

from __future__ import annotations

import strawberry

from alliance_api.domain.change import Direction
from alliance_api.domain.recovery import OutcomeStatus
from alliance_api.onesql.sources import Column, Inline

from ..declare import comes_from, field
from .common import Method

for _words in (Direction, OutcomeStatus):
    strawberry.enum(_words)


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
class OutcomeMethod:
    """Which rule judged an outcome: its name and its version."""

    id: str = field(Column("status_method_id"))
    version: str = field(Column("status_method_version"))


@comes_from(None)
class Outcome:
    """Whether a change of an outcome is clinically significant, and who says by what."""

    status: OutcomeStatus | None = field(
        Column("{name}_status"), "Null: no source says from where a change counts, so no claim."
    )
    reason: str | None = field(
        Column("status_reason"), "NO_NORM: no claim. NO_CUT: nobody can be told to have RECOVERED."
    )
    cut: float | None = field(Column("status_cut"), "A score at the cut is still a case.")
    points: float | None = field(
        Column("status_points"), "So many points, of the raw score, make a change reliable."
    )
    source: str | None = field(
        Column("status_source"), "Of the points, with whose they are; of the cut."
    )
    method: OutcomeMethod = field(Inline())


JUDGED = "{row}.status_method_id IS NOT NULL"


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
    outcome: Outcome | None = field(Inline(where=JUDGED), "Of outcome measures; never of alliance.")
    method: Method = field(Inline())
