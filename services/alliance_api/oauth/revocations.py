"""What was revoked, known at once on every replica.

A replica listens, and looks once a second besides, so that it notices when nobody tells it anything
any more. Whoever has not looked for two seconds asks the database about each token: a replica that
is cut off grants nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg

from alliance_api.store.desk import BECOME_OAUTH
from alliance_api.store.transaction import Database

from .revoking import CHANNEL, KEYS

LOOK_SECONDS: Final = 1.0
TRUST_SECONDS: Final = 2.0
AGAIN_SECONDS: Final = 0.5
# Longer than any access token lives, with the leeway a verifier gives.
REMEMBERED: Final = timedelta(minutes=15)

_RECENT: Final = b"SELECT id FROM oauth.grants WHERE revoked_at > %(since)s"
_ONE: Final = "SELECT 1 FROM oauth.grants WHERE id = %(id)s AND revoked_at IS NULL"

_log = logging.getLogger("alliance.oauth")


class Revocations:
    """The grants that were revoked lately, as one replica knows them."""

    def __init__(
        self,
        url: str,
        db: Database,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        keys_changed: Callable[[], None],
    ) -> None:
        """Keep where to listen; `steady` are the seconds of a clock that never jumps."""
        self._url, self._db = url, db
        self._clock, self._steady = clock, steady
        self._keys_changed = keys_changed
        self._revoked: dict[UUID, float] = {}
        self._good_until = float("-inf")

    async def revoked(self, grant: UUID) -> bool:
        """Say whether a grant was revoked. Raises what the database raises, if it has to be asked."""
        if grant in self._revoked:
            return True
        if self._steady() < self._good_until:
            return False
        async with self._db.desk() as desk:
            return await desk.row(_ONE, id=grant) is None

    def note(self, grants: Iterable[UUID]) -> None:
        """Know at once what was revoked through this replica itself."""
        self._revoked |= dict.fromkeys(grants, self._steady())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen meanwhile."""
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError) as error:
                _log.warning("revocations.lost", extra={"exception.type": type(error).__name__})
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hear(self) -> None:
        connecting = psycopg.AsyncConnection.connect(self._url, autocommit=True)
        async with await connecting as connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            while True:
                await self._look(connection)
                async for told in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                    self._take(told.payload)

    async def _look(self, connection: psycopg.AsyncConnection[Any]) -> None:
        began = self._steady()
        async with connection.transaction():
            await connection.execute(BECOME_OAUTH.encode())
            found = await connection.execute(_RECENT, {"since": self._clock() - REMEMBERED})
            rows = await found.fetchall()
        self._revoked |= {id_: began for (id_,) in rows}
        oldest = began - 2 * REMEMBERED.total_seconds()
        self._revoked = {id_: at for id_, at in self._revoked.items() if at > oldest}
        self._good_until = began + TRUST_SECONDS

    def _take(self, payload: str) -> None:
        if payload == KEYS:
            self._keys_changed()
            return
        with contextlib.suppress(ValueError):
            self._revoked[UUID(payload)] = self._steady()
