"""What a browser is in the middle of: which step of signing in, which challenge waits for an answer.

A visit belongs to the browser's cookie, is doing one thing at a time, and ends after ten minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from alliance_api.store.desk import Desk

from .chance import digest

LASTS: Final = timedelta(minutes=10)
# Wrong answers to one challenge; then the step before it has to be taken again.
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Visit:
    """One thing that is being done: what, by whom (if that is known), and about what."""

    doing: str
    account: UUID | None
    about: Mapping[str, Any]


_BEGIN: Final = """
INSERT INTO oauth.visits (hash, doing, account_id, about, expires_at)
VALUES (%(hash)s, %(doing)s, %(account)s, %(about)s, %(until)s)
ON CONFLICT (hash) DO UPDATE SET doing = excluded.doing, account_id = excluded.account_id,
  about = excluded.about, tries = 0, expires_at = excluded.expires_at
"""
_FOUND: Final = """
SELECT doing, account_id, about FROM oauth.visits
WHERE hash = %(hash)s AND doing = %(doing)s AND expires_at > %(now)s AND tries < %(most)s
"""
# The try is counted before it is made, so that many at the same time count as many.
_TRY: Final = """
UPDATE oauth.visits SET tries = tries + 1
WHERE hash = %(hash)s AND doing = %(doing)s AND expires_at > %(now)s AND tries < %(most)s
RETURNING doing, account_id, about
"""
_TAKE: Final = """
DELETE FROM oauth.visits WHERE hash = %(hash)s AND doing = %(doing)s AND expires_at > %(now)s
RETURNING doing, account_id, about
"""
_END: Final = "DELETE FROM oauth.visits WHERE hash = %(hash)s"
_FORGET: Final = "DELETE FROM oauth.visits WHERE expires_at < %(now)s"


async def begin(  # noqa: PLR0913  (the columns of a row)
    desk: Desk,
    token: str,
    doing: str,
    now: datetime,
    *,
    account: UUID | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Let a browser do something, and no longer what it did before."""
    values = {"account": account, "about": Jsonb(dict(about or {})), "until": now + LASTS}
    await desk.run(_BEGIN, hash=digest(token), doing=doing, **values)


async def found(desk: Desk, token: str, doing: str, now: datetime) -> Visit | None:
    """Return the visit, if this is what the browser is doing."""
    return _visit(await desk.row(_FOUND, **_named(token, doing, now), most=TRIES))


async def attempt(desk: Desk, token: str, doing: str, now: datetime) -> Visit | None:
    """Return the visit and count a try; None when there were too many."""
    return _visit(await desk.row(_TRY, **_named(token, doing, now), most=TRIES))


async def take(desk: Desk, token: str, doing: str, now: datetime) -> Visit | None:
    """Return the visit and end it: what it holds is answered once."""
    return _visit(await desk.row(_TAKE, **_named(token, doing, now)))


async def end(desk: Desk, token: str) -> None:
    """End whatever the browser is doing."""
    await desk.run(_END, hash=digest(token))


async def forget(desk: Desk, now: datetime) -> None:
    """Remove what is over."""
    await desk.run(_FORGET, now=now)


def _named(token: str, doing: str, now: datetime) -> dict[str, Any]:
    return {"hash": digest(token), "doing": doing, "now": now}


def _visit(row: Mapping[str, Any] | None) -> Visit | None:
    return None if row is None else Visit(row["doing"], row["account_id"], row["about"])
