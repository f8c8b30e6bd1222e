"""Claiming reminders that are due, and noting what became of them.

A claim is a lease and a number that only grows. A worker whose lease ran out may be alive and late:
its number is no longer the row's, so what it says afterwards is written down and changes nothing.
A lease that ran out is due again by itself; nobody has to find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notifier.domain.reminder import Reminder

from .rows import COLUMNS, reminder_of
from .steady import Steady

LEASE_SECONDS = 10.0
# Something that was claimed so often and never came to anything takes its workers with it.
MOST_CLAIMS = 25
WAKE = "reminders"


class Outcome(StrEnum):
    """What became of a claim."""

    SENT = "SENT"
    FAILED = "FAILED"  # for the time being: it is tried again
    WAIT = "WAIT"  # it was not tried: not now
    DROPPED = "DROPPED"  # it is not to be sent any more
    DEAD = "DEAD"  # it could not be sent, and somebody may want to know


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reminder that is this worker's until its lease runs out.

    `now` is the database's time, `zone` that of its case.
    """

    reminder: Reminder
    now: datetime
    claim: int
    tries: int
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a worker says of one of its claims. `delay` is in seconds, for FAILED and WAIT."""

    claimed: Claimed
    outcome: Outcome
    channel: str | None = None
    code: str | None = None
    receipt: str | None = None
    delay: float = 0.0


# Both halves are ordered scans of a partial index of what is open, whatever the ledger's size.
_CLAIM = f"""
WITH lapsed AS (
  SELECT organisation_id, id, due_at, expires_at, stale_after, tries FROM reminders
  WHERE state = 'CLAIMED' AND lease_until <= now()
  ORDER BY lease_until LIMIT %(most)s FOR UPDATE SKIP LOCKED
), due AS (
  SELECT organisation_id, id, due_at, expires_at, stale_after, tries FROM reminders
  WHERE state IN ('PLANNED', 'FAILED') AND not_before <= ledger_now()
  ORDER BY not_before LIMIT (SELECT %(most)s - count(*) FROM lapsed) FOR UPDATE SKIP LOCKED
), ready AS (SELECT * FROM lapsed UNION ALL SELECT * FROM due),
late AS (
  SELECT organisation_id, id,
    CASE WHEN expires_at <= ledger_now() THEN 'EXPIRED'
         WHEN due_at + stale_after < ledger_now() THEN 'STALE'
         WHEN tries >= {MOST_CLAIMS} THEN 'TOO_MANY_TRIES' END AS reason
  FROM ready
), mine AS (
  SELECT *, CASE WHEN reason = 'TOO_MANY_TRIES' THEN 'DEAD'
                 WHEN reason IS NOT NULL THEN 'DROPPED' END AS over
  FROM late
), claimed AS (
  UPDATE reminders r SET
    claim = nextval('claims'),
    worker = %(worker)s,
    tries = r.tries + 1,
    state = coalesce(mine.over, 'CLAIMED'),
    reason = mine.reason,
    lease_until = CASE WHEN mine.over IS NULL THEN now() + make_interval(secs => %(lease)s) END,
    settled_at = CASE WHEN mine.over IS NOT NULL THEN ledger_now() END
  FROM mine WHERE r.organisation_id = mine.organisation_id AND r.id = mine.id
  RETURNING r.*, ledger_now() AS now
), noted AS (
  INSERT INTO attempts (organisation_id, reminder_id, claim, worker, outcome, code, late)
  SELECT organisation_id, id, claim, worker, state, reason, false FROM claimed
  WHERE state <> 'CLAIMED'
)
SELECT {COLUMNS}, now, claim, tries,
  (SELECT m.extra ->> 'timeZone' FROM marks m
   WHERE m.organisation_id = claimed.organisation_id AND m.case_id = claimed.case_id
     AND m.thing = 'case' AND m.occasion = claimed.case_id AND m.type = 'case.opened') AS zone
FROM claimed WHERE state = 'CLAIMED'
"""

_SETTLE = """
WITH told AS (
  SELECT * FROM unnest(%(organisations)s::text[], %(ids)s::uuid[], %(claims)s::bigint[],
    %(outcomes)s::text[], %(channels)s::text[], %(codes)s::text[], %(receipts)s::text[],
    %(delays)s::float8[])
    AS t(organisation_id, id, claim, outcome, channel, code, receipt, delay)
), marked AS (
  UPDATE reminders r SET
    state = CASE t.outcome WHEN 'WAIT' THEN 'PLANNED' ELSE t.outcome END,
    not_before = CASE WHEN t.outcome IN ('FAILED', 'WAIT')
      THEN ledger_now() + make_interval(secs => t.delay) ELSE r.not_before END,
    -- What was not tried does not count as a try.
    tries = CASE WHEN t.outcome = 'WAIT' THEN r.tries - 1 ELSE r.tries END,
    reason = CASE WHEN t.outcome IN ('DROPPED', 'DEAD') THEN t.code END,
    lease_until = NULL,
    settled_at = CASE WHEN t.outcome NOT IN ('FAILED', 'WAIT') THEN ledger_now() END
  FROM told t
  WHERE r.organisation_id = t.organisation_id AND r.id = t.id
    AND r.claim = t.claim AND r.state = 'CLAIMED'
  RETURNING r.organisation_id, r.id, r.claim
), noted AS (
  INSERT INTO attempts (organisation_id, reminder_id, claim, worker, channel, outcome, code,
                        receipt, late)
  SELECT t.organisation_id, t.id, t.claim, %(worker)s, t.channel, t.outcome, t.code, t.receipt,
         m.id IS NULL
  FROM told t LEFT JOIN marked m
    ON m.organisation_id = t.organisation_id AND m.id = t.id AND m.claim = t.claim
  -- Told twice, when the first answer was lost, it stays as it was told first.
  ON CONFLICT DO NOTHING
)
SELECT id FROM marked
"""


class Claims:
    """One worker's hold on the ledger. Claiming and settling have a connection each."""

    def __init__(self, url: str, worker: str, *, lease: float = LEASE_SECONDS) -> None:
        """Keep who claims, and for how many seconds a claim is good."""
        self.worker, self.lease = worker, lease
        self._claiming, self._settling = Steady(url), Steady(url)

    async def claim(self, most: int) -> list[Claimed]:
        """Claim up to so many that are due; those that are too late are dropped on the way.

        An answer that was lost on the way left claims nobody knows of: their leases run out.
        """
        given = {"most": most, "worker": self.worker, "lease": self.lease}
        rows = await self._claiming.run(_CLAIM, given)
        return [
            Claimed(reminder_of(row), row["now"], row["claim"], row["tries"], row["zone"])
            for row in rows
        ]

    async def settle(self, settled: Sequence[Settled]) -> int:
        """Note what became of claims; return for how many of them it still counted."""
        given = {
            "worker": self.worker,
            "organisations": [each.claimed.reminder.organisation for each in settled],
            "ids": [each.claimed.reminder.key for each in settled],
            "claims": [each.claimed.claim for each in settled],
            "outcomes": [each.outcome.value for each in settled],
            "channels": [each.channel for each in settled],
            "codes": [each.code for each in settled],
            "receipts": [each.receipt for each in settled],
            "delays": [each.delay for each in settled],
        }
        return len(await self._settling.run(_SETTLE, given))

    async def close(self) -> None:
        """Close both connections."""
        await self._claiming.close()
        await self._settling.close()
