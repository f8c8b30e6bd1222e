"""What clients give to research: figures under a name that means nothing, or nothing at all.

Scores of the client's own that were not kept private, of at least five clients, or of none. The
answers themselves never leave: the engine that makes records cannot read them.
"""

from __future__ import annotations

from uuid import UUID

from alliance_api.domain.statistics import MINIMUM_N
from alliance_api.store import research
from alliance_api.store.transaction import Transaction


async def begin(tx: Transaction, case: UUID) -> None:
    """Let a case take part (as the engine); its records appear with the next refreshing."""
    await research.take_part(tx, case)


async def end(tx: Transaction, case: UUID) -> None:
    """Take every record of a case away (as the engine), and all of them if too few are left."""
    await research.forget(tx, case)
    if await research.subjects(tx) < MINIMUM_N:
        await research.forget_all_records(tx)


async def refresh(tx: Transaction) -> int:
    """Make every record anew; return how many there are. None below five clients."""
    await tx.lock(f"research:{tx.principal.organisation}")
    async with tx.as_engine():
        await research.forget_all_records(tx)
        if await research.subjects(tx) < MINIMUM_N:
            return 0
        return await research.record(tx)
