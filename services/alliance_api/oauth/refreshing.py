"""Refresh tokens: each of a public client is used once, and who uses one late ends the family.

An honest client may lose the answer, or ask twice at once. For half a minute the same client, with
the same key, gets the same successor again, unless that one is in use already. A client that
proves itself, by a key or a secret, keeps its token: rotating it protects nothing (RFC 9700, 4.14)
and locks out who loses an answer (FAPI 2, 5.3.2.1).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from alliance_api.store.desk import Desk, Row

from .authority import Authority
from .clients import Client
from .errors import OAuthError, invalid_grant
from .minting import Grant
from .opaque import OCTETS, hashed, opaque, successor
from .revoking import revoke

IDLE: Final = timedelta(days=14)
GRACE: Final = timedelta(seconds=30)

_log = logging.getLogger("alliance.oauth")

_BEGIN: Final = """
INSERT INTO oauth.refresh_tokens (hash, grant_id, generation, made_at, expires_at)
VALUES (%(hash)s, %(grant)s, 1, %(at)s, least(%(idle)s, %(until)s))
"""
_GOOD: Final = """
t.hash = %(hash)s AND g.id = t.grant_id AND g.client_id = %(client)s
  AND g.jkt IS NOT DISTINCT FROM %(jkt)s AND g.revoked_at IS NULL AND g.expires_at > %(at)s
  AND t.expires_at > %(at)s
"""
# The token is spent and its successor made in one statement: of many who come, one is first.
_SPEND: Final = f"""
WITH spent AS (
  UPDATE oauth.refresh_tokens t
  SET used_at = %(at)s, seed = %(seed)s, successor = %(next)s FROM oauth.grants g
  WHERE {_GOOD} AND t.used_at IS NULL
  RETURNING t.generation, g.*
), made AS (
  INSERT INTO oauth.refresh_tokens (hash, grant_id, generation, made_at, expires_at)
  SELECT %(next)s, id, generation + 1, %(at)s, least(%(idle)s, expires_at) FROM spent
)
SELECT * FROM spent
"""
_KEEP: Final = f"""
UPDATE oauth.refresh_tokens t SET expires_at = least(%(idle)s, g.expires_at) FROM oauth.grants g
WHERE {_GOOD} AND t.used_at IS NULL
RETURNING g.*
"""
_SCOPES: Final = f"""
SELECT g.scopes FROM oauth.refresh_tokens t JOIN oauth.grants g ON g.id = t.grant_id WHERE {_GOOD}
"""
_AGAIN: Final = f"""
SELECT g.*, t.used_at AS spent_at, t.seed, n.used_at AS next_used_at
FROM oauth.refresh_tokens t JOIN oauth.grants g ON g.id = t.grant_id
LEFT JOIN oauth.refresh_tokens n ON n.hash = t.successor
WHERE {_GOOD} AND t.used_at IS NOT NULL
"""


async def begin(here: Authority, grant: Grant) -> str:
    """Return the first refresh token of a grant."""
    made, now = opaque(here.random), here.clock()
    async with here.db.desk() as desk:
        await desk.run(
            _BEGIN,
            hash=hashed(made),
            grant=grant.id,
            at=now,
            idle=now + IDLE,
            until=grant.expires_at,
        )
    return made


def rotates(client: Client, jkt: str | None) -> bool:
    """Say whether a token is used once: where nothing else shows that the client is the one."""
    return client.is_public and jkt is None


async def check(
    here: Authority, client: Client, token: str, jkt: str | None, wanted: Sequence[str]
) -> None:
    """Raise `OAuthError` if a refresh asks for more than was granted."""
    about = {"hash": hashed(token), "client": client.id, "jkt": jkt, "at": here.clock()}
    async with here.db.desk() as desk:
        row = await desk.row(_SCOPES, **about) if wanted else None
    if row is not None and not set(wanted) <= set(row["scopes"]):
        raise OAuthError("invalid_scope", "A refresh asks for no more than was granted.")


async def refresh(
    here: Authority, client: Client, token: str, jkt: str | None, now: datetime
) -> tuple[Grant, str]:
    """Return the grant of a token, and the token to refresh it with next. Raises `OAuthError`.

    `now` is when the request was there, whole: where a server has too much to do, an honest retry
    must not grow old while it waits.
    """
    about: dict[str, Any] = {
        "hash": hashed(token),
        "client": client.id,
        "jkt": jkt,
        "at": now,
        "idle": now + IDLE,
    }
    if not rotates(client, jkt):
        async with here.db.desk() as desk:
            row = await desk.row(_KEEP, **about)
        if row is None:
            raise invalid_grant()
        return Grant.of(row), token
    seed = here.random(OCTETS)
    following = successor(token, seed)
    async with here.db.desk() as desk:
        row = await desk.row(_SPEND, **about, seed=seed, next=hashed(following))
    if row is not None:
        return Grant.of(row), following
    async with here.db.desk() as desk:
        again = await desk.row(_AGAIN, **about)
        row = None if again is None else await _retried(desk, again, now)
    if row is None:
        if again is not None:
            # One of two is a thief: told when the family has ended, and once, since it has.
            why = "late" if again["next_used_at"] is None else "successor_in_use"
            about_it = {"client.application": client.id, "reason": why}
            _log.warning("oauth.refresh_reused", extra=about_it)
            here.ended([again["id"]])
        raise invalid_grant()
    return Grant.of(row), successor(token, row["seed"])


async def _retried(desk: Desk, row: Row, now: datetime) -> Row | None:
    """Return the row of a retry that may be honest; else end the family."""
    if now < row["spent_at"] + GRACE and row["next_used_at"] is None:
        return row
    await revoke(desk, "grant", now, "REFRESH_REUSED", grant=row["id"])
    return None
