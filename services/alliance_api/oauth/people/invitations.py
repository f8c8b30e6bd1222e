"""Links by which a person sets up an account, or begins anew: good once, and not for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alliance_api.store.desk import Desk

from . import accounts
from .chance import digest, new_secret

LASTS: Final = timedelta(hours=72)

_VOID: Final = "DELETE FROM oauth.invitations WHERE account_id = %(account)s"
_INVITE: Final = """
INSERT INTO oauth.invitations (hash, account_id, invited_by, expires_at)
VALUES (%(hash)s, %(account)s, %(by)s, %(until)s)
"""
_FOUND: Final = """
SELECT account_id FROM oauth.invitations
WHERE hash = %(hash)s AND used_at IS NULL AND expires_at > %(now)s
"""
_USE: Final = """
UPDATE oauth.invitations SET used_at = %(now)s
WHERE hash = %(hash)s AND used_at IS NULL AND expires_at > %(now)s
RETURNING account_id
"""
_FORGET: Final = "DELETE FROM oauth.invitations WHERE expires_at < %(now)s"


async def invite(  # noqa: PLR0913  (who invites whom, under which name, when)
    desk: Desk,
    organisation: UUID,
    person: UUID,
    *,
    name: str | None,
    by: UUID | None,
    now: datetime,
    lasts: timedelta = LASTS,
) -> tuple[accounts.Account, str]:
    """Return a person's account and the secret of a new link; older links are void.

    Raises:
        NameTaken: if somebody else signs in by that name.
    """
    account = await accounts.opened(desk, organisation, person, name, now)
    secret = new_secret()
    await desk.run(_VOID, account=account.id)
    values = {"account": account.id, "by": by, "until": now + lasts}
    await desk.run(_INVITE, hash=digest(secret), **values)
    return account, secret


async def found(desk: Desk, hashed: bytes, now: datetime) -> UUID | None:
    """Return whose link this is, by the hash of its secret, if it is still good."""
    row = await desk.row(_FOUND, hash=hashed, now=now)
    return None if row is None else row["account_id"]


async def use(desk: Desk, hashed: bytes, now: datetime) -> UUID | None:
    """Use a link up; return whose it was. None if it is not good (any more)."""
    row = await desk.row(_USE, hash=hashed, now=now)
    return None if row is None else row["account_id"]


async def forget(desk: Desk, now: datetime) -> None:
    """Remove links that nobody can use any more."""
    await desk.run(_FORGET, now=now)
