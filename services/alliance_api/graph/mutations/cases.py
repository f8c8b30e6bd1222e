"""Opening cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import cases

from ..types.cases import Case
from .core import ref, verb


@strawberry.input
class OpenCaseInput:
    """A client, a therapist, and the zone in which they live."""

    idempotency_key: strawberry.ID
    client: strawberry.ID
    therapist: strawberry.ID
    time_zone: str = strawberry.field(description="IANA name, for example Europe/Berlin.")
    interval_days: int | None = strawberry.field(
        default=None, description="Days between sessions as planned; null for no fixed rhythm."
    )


@verb(
    reads=("EpisodeOfCare", "CareTeam"),
    writes=("EpisodeOfCare.c", "CareTeam.c"),
    changes=("case", Case),
    codes=("UNKNOWN_TIME_ZONE", "INTERVAL_OUT_OF_RANGE"),
)
async def open_case(tx: Transaction, now: datetime, given: OpenCaseInput) -> UUID:
    """Open a case."""
    return await cases.open_case(
        tx,
        now,
        client=ref("person", given.client, "client"),
        therapist=ref("person", given.therapist, "therapist"),
        time_zone=given.time_zone,
        interval_days=given.interval_days,
    )
