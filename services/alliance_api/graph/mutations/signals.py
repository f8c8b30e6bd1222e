"""Signals: taking note of them, and whether the client feels heard. And preferences."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.domain.preferences import Dimension
from alliance_api.store.transaction import Transaction
from alliance_api.usecases import preferences, signals

from ..types.cases import Case
from ..types.signals import Signal
from .core import ref, verb


@strawberry.input
class AcknowledgeSignalInput:
    """Which signal a therapist has taken note of."""

    idempotency_key: strawberry.ID
    signal: strawberry.ID


@verb(reads=("Flag",), writes=("Flag.u",), changes=("signal", Signal))
async def acknowledge_signal(tx: Transaction, now: datetime, given: AcknowledgeSignalInput) -> UUID:
    """Take note of a signal, as a therapist of the case."""
    return await signals.acknowledge(tx, now, signal=ref("signal", given.signal, "signal"))


@strawberry.input
class ConfirmHeardInput:
    """Whether the client feels heard about what a signal is about."""

    idempotency_key: strawberry.ID
    signal: strawberry.ID
    heard: bool


@verb(reads=("Flag",), writes=("Flag.u",), changes=("signal", Signal))
async def confirm_heard(tx: Transaction, now: datetime, given: ConfirmHeardInput) -> UUID:
    """Say whether one feels heard about a signal, as the client."""
    return await signals.hear(
        tx, now, signal=ref("signal", given.signal, "signal"), heard=given.heard
    )


@strawberry.input
class PreferenceInput:
    """One dimension, from -3 to 3."""

    dimension: Dimension
    value: float


@strawberry.input
class SetPreferencesInput:
    """What the client would like, or what the therapist says therapy is like."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    preferences: list[PreferenceInput] = strawberry.field(
        description="Dimensions that are left out stay as they are."
    )


@verb(
    reads=("EpisodeOfCare", "Goal"),
    writes=("Goal.u",),
    changes=("case", Case),
    codes=("NOT_A_PARTY", "VALUE_OUT_OF_RANGE", "DUPLICATE_DIMENSION", "NOTHING_SAID"),
)
async def set_preferences(tx: Transaction, now: datetime, given: SetPreferencesInput) -> UUID:
    """Say how therapy should be, as the client; how it is, as a therapist."""
    values = [(each.dimension, each.value) for each in given.preferences]
    return await preferences.state(tx, now, case=ref("case", given.case, "case"), values=values)
