"""Reading facts in an order that loses none, as whoever may be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from alliance_api.charter import feed
from alliance_api.charter.policies import ORGANISATION, holds
from alliance_api.charter.principal import Principal

from .transaction import Database

Place = tuple[int, int]
"""A transaction and a position: where a fact stands in the order of the feed."""

START: Final[Place] = (0, 0)

# A fact's place is that of its transaction, which is numbered when it begins and seen when it is
# over. So a batch ends below the oldest transaction that still runs: whatever that one states will
# come after everything that was given before, however slow it is.
_BATCH = f"""
WITH batch AS MATERIALIZED (
  SELECT id, transaction, position, type, case_id, subject_id, at, extra, traceparent
  FROM facts
  WHERE organisation_id = {ORGANISATION}
    AND (transaction, position) > ($1::text::xid8, $2::text::bigint)
    AND transaction < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY transaction, position LIMIT $3::text::int
), ledger AS (
  INSERT INTO read_ledger (organisation_id, person_id, application, purpose, trace_id,
                           operation, document_hash, facets, cases)
  SELECT current_setting('alliance.organisation')::uuid, current_setting('alliance.person')::uuid,
         current_setting('alliance.application'), current_setting('alliance.purpose'),
         nullif(current_setting('alliance.trace'), ''), 'feed', '', ARRAY['FACT'],
         ARRAY(SELECT DISTINCT case_id FROM batch WHERE case_id IS NOT NULL)
  WHERE EXISTS (SELECT FROM batch WHERE case_id IS NOT NULL)
)
SELECT json_build_object(
  'reader', {holds(feed.NOTIFIER)} OR {holds(feed.EHR)},
  'epoch', (SELECT system_identifier FROM pg_control_system())::text
    || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
  'pruned', (SELECT ARRAY[pruned_transaction::text::bigint, pruned_position] FROM organisations
    WHERE organisation_id = {ORGANISATION} AND pruned_position IS NOT NULL),
  'facts', coalesce((SELECT json_agg(json_build_array(
      id, transaction::text::bigint, position, type, case_id, subject_id,
      extract(epoch FROM at)::text, extra, traceparent) ORDER BY transaction, position)
    FROM batch), '[]'))::text
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What there was after a place: rows of `facts`, and what tells whether the place is good.

    `reader` says whether the principal is a system that reads feeds at all. `epoch` changes when
    the database is not what it was: restored elsewhere, or to an earlier point. Facts up to
    `pruned` may be gone.
    """

    reader: bool
    epoch: str
    pruned: Place
    facts: list[list[Any]]


async def batch(
    database: Database, principal: Principal, after: Place, limit: int, trace: str = ""
) -> Batch:
    """Return at most `limit` facts after a place, and leave a row in the read ledger of it."""
    given = [str(after[0]), str(after[1]), str(limit)]
    found = orjson.loads(await database.read(principal, _BATCH, given, trace))
    transaction, position = found["pruned"] or START
    return Batch(found["reader"], found["epoch"], (transaction, position), found["facts"])
