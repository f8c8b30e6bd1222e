"""Taking note of a signal, and saying whether one was heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.ids import Kind
from alliance_api.store import cases, outbox, signals
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from .common import not_found, refuse, text_id
from .derive_signals import is_the_teams, lock_name


async def acknowledge(tx: Transaction, now: datetime, *, signal: UUID) -> UUID:
    """Take note of a signal, as a therapist of the case. Who did so first stays."""
    found = await _find(tx, signal)
    if "THERAPIST" not in await cases.own_roles(tx, found["case_id"]):
        refuse("NOT_ALLOWED", "Only a therapist of the case takes note of a signal.", "signal")
    if found["acknowledged_at"] is None:
        async with tx.as_engine():
            rows = await signals.of_the_episode(tx, found)
            await signals.acknowledge(tx, rows, tx.principal.person, now)
            await _state(tx, facts.signal_acknowledged, rows, now)
    return signal


async def hear(tx: Transaction, now: datetime, *, signal: UUID, heard: bool) -> UUID:
    """Say whether one feels heard about a signal, as the client; the last answer counts."""
    found = await _find(tx, signal)
    if found["audience"] != "CLIENT":
        refuse("NOT_ALLOWED", "Only the client says whether they feel heard.", "signal")
    if found["heard"] is not heard:
        async with tx.as_engine():
            rows = await signals.of_the_episode(tx, found)
            await signals.hear(tx, rows, now, heard=heard)
            await _state(tx, facts.signal_heard, rows, now)
    return signal


async def _find(tx: Transaction, signal: UUID) -> Found:
    found = await signals.find(tx, signal)
    if found is None:
        not_found("signal", "signal")
    await tx.lock(lock_name(found["case_id"]))
    # Whoever held the lock may have said something to it, or taken it away.
    again = await signals.find(tx, signal)
    return again if again is not None else not_found("signal", "signal")


async def _state(
    tx: Transaction,
    make: Callable[[str, str, datetime], facts.Fact],
    rows: Sequence[Found],
    now: datetime,
) -> None:
    """State what was said to an episode that the whole team knows of; of another, nothing."""
    for row in rows:
        if is_the_teams(row):
            case, signal = text_id(Kind.CASE, row["case_id"]), text_id(Kind.SIGNAL, row["id"])
            await outbox.state(tx, make(case, signal, now))
