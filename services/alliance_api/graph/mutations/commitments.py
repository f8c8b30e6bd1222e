"""Commitments: making and settling them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from alliance_api.store.transaction import Transaction
from alliance_api.usecases import commitments

from ..types.commitments import Commitment
from ..types.common import CommitmentOutcome
from .core import TEXTS, ref, verb


@strawberry.input
class MakeCommitmentInput:
    """What one promises to do, and until when."""

    idempotency_key: strawberry.ID
    case: strawberry.ID
    wording: str
    due_at: datetime


@verb(
    reads=("EpisodeOfCare", "Task"),
    writes=("Task.c",),
    changes=("commitment", Commitment),
    codes=(*TEXTS, "CASE_CLOSED", "NOT_A_PARTY", "DUE_IN_THE_PAST"),
)
async def make_commitment(tx: Transaction, now: datetime, given: MakeCommitmentInput) -> UUID:
    """Promise to do something."""
    return await commitments.make(
        tx,
        now,
        case=ref("case", given.case, "case"),
        wording=given.wording,
        due_at=given.due_at,
    )


@strawberry.input
class SettleCommitmentInput:
    """What became of one's own promise."""

    idempotency_key: strawberry.ID
    commitment: strawberry.ID
    outcome: CommitmentOutcome


@verb(
    reads=("EpisodeOfCare", "Task"),
    writes=("Task.u",),
    changes=("commitment", Commitment),
    codes=("NOT_YOURS", "ALREADY_SETTLED", "OUTCOME_REQUIRED", "IN_THE_FUTURE", "NOT_YET_DUE"),
)
async def settle_commitment(tx: Transaction, now: datetime, given: SettleCommitmentInput) -> UUID:
    """Say what became of one's own promise."""
    return await commitments.settle(
        tx,
        now,
        commitment=ref("commitment", given.commitment, "commitment"),
        outcome=given.outcome,
    )
