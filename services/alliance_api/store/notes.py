"""Process notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from . import words
from .rows import add, new_id
from .tables import notes
from .transaction import Transaction


async def write(tx: Transaction, body: str, **values: Any) -> UUID:
    """Insert a note of the principal."""
    made = new_id()
    sealed = await words.seal(tx, words.NOTE, (made,), body)
    await add(tx, notes, id=made, body=sealed, **values)
    return made
