"""Who read what: the read ledger of a case, in plain words."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.charter.plain import in_words
from alliance_api.onesql.sources import Column, Computed, Table, ToOne

from ..declare import comes_from, field
from .common import Instant
from .people import Person


@strawberry.enum
class ReadingOutcome(StrEnum):
    """Whether anything was shown."""

    ALLOWED = "ALLOWED"
    REFUSED = "REFUSED"


@comes_from(Table("read_ledger"), "READ_LEDGER")
class Reading:
    """One reading: who, when, what, through which application, and why."""

    at: Instant = field(Computed("date_trunc('second', {row}.at)"))
    by: Person | None = field(ToOne({"person_id": "id"}))
    application: str = field(Column("application"))
    purpose: str = field(Column("purpose"), "HL7 purpose of use, for example TREAT.")
    operation: str | None = field(Column("operation"))
    facets: list[str] = field(Column("facets"))
    outcome: ReadingOutcome = field(
        Column("outcome"), "A refused attempt was shown nothing, and is told of all the same."
    )
    in_words: str = field(
        Computed(in_words("{row}")),
        "What was done, why and with which application, as a sentence: `by` did it, `at` that time.",
    )
