"""Reliability of each party: punctuality, kept rate, cadence and follow-through."""

from __future__ import annotations

from alliance_api.charter.facets import Facet
from alliance_api.onesql.sources import Column, Inline, Table

from ..declare import comes_from, field
from .common import Instant, Method, PartyRole, Rate, rate
from .labels import Labels, labels


@comes_from(None)
class Period:
    """The first and the last planned start that were counted."""

    start: Instant = field(Column("period_start"))
    end: Instant = field(Column("period_end"))


@comes_from(Table("reliability", subject="case_id", label="RELIABILITY"), "RELIABILITY")
class Reliability:
    """How far one party can be relied upon. The other's lapses never count against them."""

    party: PartyRole = field(Column("party"))
    sessions: int = field(Column("sessions"), "How many sessions the kept rate counts.")
    kept: Rate = rate("kept", "Sessions kept, of those that this party could keep.")
    punctual: Rate = rate("punctual", "On time within the grace of five minutes.")
    median_delay: float | None = field(Column("median_delay"), "In minutes.")
    cadence: Rate = rate("cadence", "Intervals within two days of the plan.")
    cadence_variation: float | None = field(
        Column("cadence_variation"), "Coefficient of variation of the intervals."
    )
    follow_through: Rate = rate("follow_through", "Commitments kept, of those that fell due.")
    late_cancellations: int = field(Column("late_cancellations"))
    period: Period | None = field(Inline(where="{row}.period_start IS NOT NULL"))
    computed_at: Instant = field(Column("computed_at"))
    method: Method = field(Inline())
    labels: Labels = labels(Facet.RELIABILITY)
