"""What the ledger holds of one person, for that person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifier.domain.occasions import Case

from .plans import Plans, cases_of
from .store import Store, rows

MOST = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """The cases a person has a place in, what is settled already, and the time."""

    cases: Sequence[Case]
    settled: frozenset[UUID]
    now: datetime


class Own:
    """Reads, and the one thing a person may do with a reminder: have it tried again."""

    def __init__(self, store: Store, plans: Plans) -> None:
        """Keep both."""
        self._store, self._plans = store, plans

    async def cases(self, organisation: str, person: str) -> Seen:
        """Return what a preview is made of."""
        given = {"organisation": organisation, "person": person}
        async with self._store.transaction() as connection:
            found = [
                await self._plans.case(connection, organisation, each)
                for each in await cases_of(connection, organisation, [person])
            ]
            settled = await rows(connection, _SETTLED, given)
            now = (await rows(connection, "SELECT ledger_now() AS now"))[0]["now"]
        return Seen(found, frozenset(row["id"] for row in settled), now)

    async def attempts(self, organisation: str, person: str) -> list[dict[str, Any]]:
        """Return the attempts at a person's reminders, the latest first."""
        given = {"organisation": organisation, "person": person, "most": MOST}
        return await self._store.run(_ATTEMPTS, given)

    async def replay(self, organisation: str, person: str, reminder: UUID) -> bool:
        """Plan a dead one of a person's again; False if there is none or it has expired."""
        given = {"organisation": organisation, "person": person, "id": reminder}
        return bool(await self._store.run(_REPLAY, given))


_SETTLED = """
SELECT id FROM reminders WHERE organisation_id = %(organisation)s AND recipient = %(person)s
  AND state IN ('SENT', 'DEAD')
"""
_ATTEMPTS = """
SELECT a.reminder_id AS reminder, r.kind, a.at, a.channel, a.outcome, a.code, a.receipt
FROM reminders r JOIN attempts a
  ON a.organisation_id = r.organisation_id AND a.reminder_id = r.id
WHERE r.organisation_id = %(organisation)s AND r.recipient = %(person)s
ORDER BY a.at DESC, a.claim DESC LIMIT %(most)s
"""
_REPLAY = """
UPDATE reminders SET state = 'PLANNED', reason = NULL, settled_at = NULL, tries = 0,
  not_before = ledger_now()
WHERE organisation_id = %(organisation)s AND id = %(id)s AND recipient = %(person)s
  AND state = 'DEAD' AND expires_at > ledger_now() RETURNING id
"""
