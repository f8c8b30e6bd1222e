"""Who read what: the read ledger of a case, in plain words."""

from __future__ import annotations

from alliance_api.onesql.sources import Column, Computed, Table, ToOne

from ..declare import comes_from, field
from .common import Instant
from .people import Person


@comes_from(Table("read_ledger"), "READ_LEDGER")
class Reading:
    """One reading: who, when, what, through which application, and why."""

    at: Instant = field(Computed("date_trunc('second', {row}.at)"))
    by: Person | None = field(ToOne({"person_id": "id"}))
    application: str = field(Column("application"))
    purpose: str = field(Column("purpose"), "HL7 purpose of use, for example TREAT.")
    operation: str | None = field(Column("operation"))
    facets: list[str] = field(Column("facets"))
