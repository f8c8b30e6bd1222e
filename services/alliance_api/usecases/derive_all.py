"""Everything that is derived from a case, in the order in which one thing rests on another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alliance_api.store import derived
from alliance_api.store.transaction import Transaction

from .derive import derive_alliance
from .derive_goals import derive_goals
from .derive_signals import derive_signals
from .reliability import derive


async def derive_all(
    tx: Transaction, now: datetime, case: Mapping[str, Any], *, anew: bool = False
) -> Counter[str]:
    """Derive everything of a case; return how many rows changed, by table (as the engine).

    `anew` compares every row with what it should be, and not with its inputs only.
    """
    scores = await derived.scored(tx, case["id"])
    changed = await derive_alliance(tx, case["id"], scores, anew=anew)
    changed["attainments"] += await derive_goals(tx, case)
    changed["reliability"] += await derive(tx, case, now)
    changed["signals"] += await derive_signals(tx, now, case["id"], scores=scores)
    return changed
