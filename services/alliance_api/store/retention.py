"""Taking old facts out of the feed, as an operator; what still stands stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import psycopg

Connection = psycopg.AsyncConnection[Any]

# Where each organisation's facts stop being all old: what comes after is not touched. A fact of a
# transaction that may still be slower than another's is not old, whatever its instant.
_HORIZONS = """
CREATE TEMPORARY TABLE horizons ON COMMIT DROP AS
SELECT DISTINCT ON (f.organisation_id) f.organisation_id, f.transaction, f.position
FROM facts f LEFT JOIN (
  SELECT DISTINCT ON (organisation_id) organisation_id, transaction, position FROM facts
  WHERE at >= now() - %(age)s OR transaction >= pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY organisation_id, transaction, position
) young ON young.organisation_id = f.organisation_id
WHERE young.organisation_id IS NULL
  OR (f.transaction, f.position) < (young.transaction, young.position)
ORDER BY f.organisation_id, f.transaction DESC, f.position DESC
"""

# What a reader who begins anew must still be told, by type: each says what is true today. Of a case
# that was closed it is told whose it was, and that it is: nobody is reminded of anything in it, but
# its client is still to be told of broken glass.
_GOES_ON: Final = (
    "EXISTS (SELECT FROM cases c WHERE c.organisation_id = f.organisation_id "
    "AND c.id = f.case_id AND c.status = 'ACTIVE')"
)
_ALWAYS: Final = frozenset({"case.opened", "case.closed", "person.erased"})
_STANDS: Final = {
    "case.opened": "true",
    "case.closed": "true",
    "care_team.joined": (
        "EXISTS (SELECT FROM care_team t WHERE t.case_id = f.case_id AND t.person_id = f.subject_id "
        "AND t.relation = f.extra ->> 'relation' AND (t.ends_at IS NULL OR t.ends_at > now()))"
    ),
    "session.planned": (
        "EXISTS (SELECT FROM sessions s WHERE s.id = f.subject_id AND s.state = 'PLANNED')"
    ),
    "session.moved": (
        "EXISTS (SELECT FROM sessions s WHERE s.state = 'PLANNED' "
        "AND 'session-' || s.id = f.extra ->> 'movedTo')"
    ),
    "occasion.planned": (
        "EXISTS (SELECT FROM occasions o WHERE o.id = f.subject_id AND o.due_at > now())"
    ),
    "commitment.made": (
        "EXISTS (SELECT FROM commitments c WHERE c.id = f.subject_id AND c.outcome = 'OPEN')"
    ),
    "goal.proposed": (
        "EXISTS (SELECT FROM goals g WHERE g.id = f.subject_id AND g.state <> 'ENDED')"
    ),
    "person.erased": "true",
}
_STILL = " OR ".join(
    f"(f.type = '{kind}' AND {stands}{'' if kind in _ALWAYS else f' AND {_GOES_ON}'})"
    for kind, stands in _STANDS.items()
)
_PRUNE = f"""
DELETE FROM facts f USING horizons h
WHERE f.organisation_id = h.organisation_id
  AND (f.transaction, f.position) <= (h.transaction, h.position) AND NOT ({_STILL})
"""
_REMEMBER = """
UPDATE organisations o SET pruned_transaction = h.transaction, pruned_position = h.position
FROM horizons h WHERE o.organisation_id = h.organisation_id
"""
# In a restored database transactions are numbered anew, below those of the facts that were kept.
_RENUMBER = (
    "UPDATE facts SET transaction = '3' WHERE transaction >= pg_snapshot_xmin(pg_current_snapshot())",
    "UPDATE organisations SET pruned_transaction = '3' WHERE pruned_position IS NOT NULL",
)


async def prune(connection: Connection, older_than: timedelta) -> int:
    """Delete facts that are older and do not stand any more; return how many.

    A reader whose cursor lies before the last of them is told to begin anew.
    """
    async with connection.transaction():
        await connection.execute(_HORIZONS, {"age": older_than})
        gone = await connection.execute(_PRUNE.encode())
        await connection.execute(_REMEMBER)
    return gone.rowcount


async def renumber(connection: Connection) -> int:
    """Let the facts of a restored database come before all that it will state; return how many."""
    async with connection.transaction():
        moved, _ = [await connection.execute(each.encode()) for each in _RENUMBER]
    return moved.rowcount
