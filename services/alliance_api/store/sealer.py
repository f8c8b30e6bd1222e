"""Sealing in the background: of each organisation that was read since the last time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import sqlalchemy.exc

from alliance_api.charter.principal import house_of

from .seals import Sign, seal
from .transaction import Database

_log = logging.getLogger(__name__)


class Sealer:
    """Seals the read ledger every so often, in batches; several processes may do so at once."""

    def __init__(self, database: Database, key_id: str, sign: Sign, seconds: float) -> None:
        """Keep what sealing needs."""
        self._database = database
        self._key = (key_id, sign)
        self._seconds = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Seal while the block runs, and once more when it ends."""
        task = asyncio.create_task(self._forever())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self.once()

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self.once()

    async def once(self) -> int:
        """Seal all there is of the organisations that asked for something; return how much."""
        total = 0
        for organisation in self._database.take_readers():
            try:
                total += await self._seal(organisation)
            except sqlalchemy.exc.SQLAlchemyError as error:
                # What was not sealed now is sealed with the next batch: nothing is lost.
                self._database.readers.add(organisation)
                _log.warning("sealing failed: %s", type(error).__name__)
        return total

    async def _seal(self, organisation: UUID) -> int:
        total = 0
        while True:
            async with self._database.write(house_of(organisation)) as tx:
                made = await seal(tx, *self._key)
            if not made:
                return total
            total += made
