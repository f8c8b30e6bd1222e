"""Deriving the reliability of both parties, whenever something it counts has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from alliance_api.domain.attendance import SessionOutcome
from alliance_api.domain.commitments import CommitmentOutcome, CommitmentRecord
from alliance_api.domain.methods import inputs_hash
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.reliability import Policy, Reliability, SessionRecord, reliability
from alliance_api.store import commitments, sessions
from alliance_api.store import reliability as kept
from alliance_api.store.transaction import Transaction

from .common import rate_columns


async def derive(tx: Transaction, case: Mapping[str, Any], now: datetime) -> int:
    """Compute the figures of client and therapist; return how many changed (as the engine)."""
    # Whoever else derives them waits, and then sees what was done here.
    await tx.lock(f"reliability:{case['id']}")
    present = await kept.present(tx, case["id"])
    changed = []
    policy = Policy(interval_days=case["interval_days"])
    zone = ZoneInfo(case["time_zone"])
    held = [session_record(row) for row in await sessions.history(tx, case["id"])]
    promised = [promise_record(row, zone) for row in await commitments.history(tx, case["id"])]
    inputs = {"sessions": _plain(held), "promised": _plain(promised)}
    for party in PartyRole:
        found = reliability(party, held, promised, now, policy)
        columns = _columns(found, now, inputs_hash({"party": party, **inputs}))
        if _differs(present.get(party.value), columns):
            changed.append({"party": party.value, **columns})
    await kept.keep(tx, case["id"], changed)
    return len(changed)


def _plain(records: Sequence[SessionRecord | CommitmentRecord]) -> list[dict[str, Any]]:
    # `asdict` would copy every instant; nobody changes what is hashed at once.
    return [{each.name: getattr(found, each.name) for each in fields(found)} for found in records]


def _differs(present: Mapping[str, Any] | None, columns: Mapping[str, Any]) -> bool:
    """Return whether there is anything new but the time at which it was found."""
    return present is None or any(
        present[name] != value for name, value in columns.items() if name != "computed_at"
    )


def session_record(row: Mapping[str, Any]) -> SessionRecord:
    """Return a session as far as reliability is concerned."""
    outcome = "MOVED" if row["state"] == "MOVED" else row["outcome"]
    by = row["cancelled_by"]
    if outcome == SessionOutcome.CANCELLED and by is None:
        outcome = None  # by neither party, since the case was closed: it counts for nobody
    return SessionRecord(
        planned_start=row["planned_start"],
        outcome=SessionOutcome(outcome) if outcome else None,
        cancelled_by=PartyRole(by) if by else None,
        excused=bool(row["excused"]),
        client_delay=row["client_delay"],
        therapist_delay=row["therapist_delay"],
        held_start=row["started_at"],
    )


def promise_record(row: Mapping[str, Any], zone: ZoneInfo) -> CommitmentRecord:
    """Return a promise with its days in the zone of the case."""
    settled = row["settled_at"]
    return CommitmentRecord(
        owner=PartyRole(row["owner_role"]),
        due=row["due_at"].astimezone(zone).date(),
        outcome=CommitmentOutcome(row["outcome"]),
        settled_on=settled.astimezone(zone).date() if settled else None,
    )


def _columns(found: Reliability, now: datetime, inputs: str) -> dict[str, Any]:
    return {
        "sessions": found.sessions,
        **rate_columns("kept", found.kept),
        **rate_columns("punctual", found.punctual),
        "median_delay": found.median_delay_minutes,
        **rate_columns("cadence", found.cadence),
        "cadence_variation": found.cadence_variation,
        **rate_columns("follow_through", found.follow_through),
        "late_cancellations": found.late_cancellations,
        "period_start": found.period_start,
        "period_end": found.period_end,
        "computed_at": now,
        "method_id": found.method.id,
        "method_version": found.method.version,
        "inputs_hash": inputs,
    }
