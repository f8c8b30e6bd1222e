"""Saying how therapy should be, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from alliance_api.domain.errors import refuse_if
from alliance_api.domain.preferences import Dimension, check_preferences
from alliance_api.store import preferences
from alliance_api.store.transaction import Transaction

from .common import case_of, own_party
from .derive_signals import Part, derive_signals


async def state(
    tx: Transaction, now: datetime, *, case: UUID, values: Sequence[tuple[Dimension, float]]
) -> UUID:
    """Say what one would like, as the client; what therapy is like, as a therapist."""
    refuse_if(check_preferences(values))
    found = await case_of(tx, case)
    role = await own_party(tx, case)
    by_dimension = {dimension.value: value for dimension, value in values}
    await preferences.state(tx, found["id"], role, by_dimension, now)
    async with tx.as_engine():
        await derive_signals(tx, now, case, Part.PREFERENCES)
    return case
