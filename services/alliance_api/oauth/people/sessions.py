"""Who is signed in, in which browser: made anew at each sign-in, and ended by idleness, age or choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alliance_api.store.desk import Desk, Row
from alliance_api.store.rows import new_id

from .chance import digest, new_secret

IDLE: Final = timedelta(minutes=30)
LASTS: Final = timedelta(hours=12)
# So long after a sign-in somebody may change how they sign in, without doing it again.
RECENT: Final = timedelta(minutes=15)
DEVICE_LASTS: Final = timedelta(days=180)
# Seen anew at most so often: a page must not cost a write each time.
_SEEN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in."""

    id: UUID
    organisation: UUID
    person: UUID
    account: UUID | None
    methods: tuple[str, ...]
    unfinished: bool
    signed_in: datetime
    # The request of an application for which they signed in, as its hash.
    signed_in_for: bytes | None

    def is_recent(self, now: datetime) -> bool:
        """Tell whether the person proved who they are a moment ago."""
        return now - self.signed_in <= RECENT


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who proved who they are: of which organisation, by which account, how."""

    organisation: UUID
    person: UUID
    account: UUID | None
    methods: tuple[str, ...]


_START: Final = """
INSERT INTO oauth.sessions (id, hash, organisation_id, person_id, account_id, methods, unfinished,
  browser, signed_in_for, signed_in_at, seen_at, expires_at)
VALUES (%(id)s, %(hash)s, %(organisation)s, %(person)s, %(account)s, %(methods)s, %(unfinished)s,
  %(browser)s, %(for)s, %(now)s, %(now)s, %(until)s)
"""
_FOUND: Final = """
SELECT s.* FROM oauth.sessions s LEFT JOIN oauth.accounts a ON a.id = s.account_id
WHERE s.hash = %(hash)s AND s.expires_at > %(now)s AND s.seen_at > %(idle)s
  AND a.disabled_at IS NULL
"""
_TOUCH: Final = "UPDATE oauth.sessions SET seen_at = %(now)s WHERE hash = %(hash)s"
_FINISH: Final = """
UPDATE oauth.sessions SET unfinished = false, methods = %(methods)s, signed_in_at = %(now)s,
  hash = %(new)s
WHERE id = %(id)s
"""
_END: Final = "DELETE FROM oauth.sessions WHERE hash = %(hash)s"
_LIST: Final = """
SELECT id, browser, signed_in_at, seen_at FROM oauth.sessions
WHERE organisation_id = %(organisation)s AND person_id = %(person)s
  AND expires_at > %(now)s AND seen_at > %(idle)s
ORDER BY seen_at DESC, id LIMIT 50
"""
_REVOKE: Final = """
DELETE FROM oauth.sessions
WHERE organisation_id = %(organisation)s AND person_id = %(person)s AND id = %(id)s
"""
_REVOKE_OTHERS: Final = """
DELETE FROM oauth.sessions
WHERE organisation_id = %(organisation)s AND person_id = %(person)s AND id <> %(kept)s
RETURNING id
"""
_REVOKE_ALL: Final = "DELETE FROM oauth.sessions WHERE account_id = %(account)s"
_FORGET: Final = "DELETE FROM oauth.sessions WHERE expires_at < %(now)s OR seen_at < %(idle)s"
_KNOW: Final = """
INSERT INTO oauth.known_devices (hash, account_id, expires_at)
VALUES (%(hash)s, %(account)s, %(until)s)
ON CONFLICT (hash, account_id) DO UPDATE SET expires_at = excluded.expires_at
"""
_KNOWN: Final = """
SELECT 1 FROM oauth.known_devices
WHERE hash = %(hash)s AND account_id = %(account)s AND expires_at > %(now)s
"""
_OURS: Final = "SELECT 1 FROM oauth.known_devices WHERE hash = %(hash)s AND expires_at > %(now)s"
_UNKNOW: Final = "DELETE FROM oauth.known_devices WHERE account_id = %(account)s"
_FORGET_DEVICES: Final = "DELETE FROM oauth.known_devices WHERE expires_at < %(now)s"


async def start(  # noqa: PLR0913  (the columns of a row)
    desk: Desk,
    who: Somebody,
    browser: str,
    now: datetime,
    *,
    request: str | None = None,
    unfinished: bool = False,
) -> str:
    """Sign somebody in; return the secret for the cookie, which nobody had before."""
    token = new_secret()
    values = {"for": digest(request) if request else None}
    await desk.run(
        _START,
        **values,
        id=new_id(),
        hash=digest(token),
        organisation=who.organisation,
        person=who.person,
        account=who.account,
        methods=list(who.methods),
        unfinished=unfinished,
        browser=browser,
        now=now,
        until=now + LASTS,
    )
    return token


async def found(desk: Desk, token: str, now: datetime) -> Session | None:
    """Return who is signed in by this cookie, and note that they were seen."""
    hashed = digest(token)
    row = await desk.row(_FOUND, hash=hashed, now=now, idle=now - IDLE)
    if row is None:
        return None
    if now - row["seen_at"] >= _SEEN:
        await desk.run(_TOUCH, hash=hashed, now=now)
    return _session(row)


async def finish(desk: Desk, session: Session, methods: Sequence[str], now: datetime) -> str:
    """Let somebody who set up a second step do everything; return the new secret for the cookie."""
    token = new_secret()
    every = list(dict.fromkeys((*session.methods, *methods)))
    await desk.run(_FINISH, id=session.id, methods=every, now=now, new=digest(token))
    return token


async def end(desk: Desk, token: str) -> None:
    """Sign a browser out."""
    await desk.run(_END, hash=digest(token))


async def of_person(desk: Desk, session: Session, now: datetime) -> list[Row]:
    """Return where the person is signed in, the last seen first."""
    return await desk.rows(_LIST, **_whose(session), now=now, idle=now - IDLE)


async def revoke(desk: Desk, session: Session, other: UUID) -> bool:
    """Sign out another browser of the same person."""
    return await desk.run(_REVOKE, **_whose(session), id=other) == 1


async def revoke_others(desk: Desk, session: Session) -> list[UUID]:
    """Sign out every other browser of the same person; return which sessions that ended."""
    rows = await desk.rows(_REVOKE_OTHERS, **_whose(session), kept=session.id)
    return [row["id"] for row in rows]


async def revoke_account(desk: Desk, account: UUID) -> None:
    """Sign an account out everywhere, and know none of its devices any more."""
    await desk.run(_REVOKE_ALL, account=account)
    await desk.run(_UNKNOW, account=account)


async def know_device(desk: Desk, device: str | None, account: UUID, now: datetime) -> str:
    """Remember that this browser signed in to the account; return the secret for its cookie.

    A secret that is not one of ours is replaced: somebody may have put it there.
    """
    ours = device is not None and await desk.row(_OURS, hash=digest(device), now=now) is not None
    kept = device if device is not None and ours else new_secret()
    await desk.run(_KNOW, hash=digest(kept), account=account, until=now + DEVICE_LASTS)
    return kept


async def is_known(desk: Desk, device: str, account: UUID, now: datetime) -> bool:
    """Tell whether this browser signed in to the account before."""
    return await desk.row(_KNOWN, hash=digest(device), account=account, now=now) is not None


async def forget(desk: Desk, now: datetime) -> None:
    """Remove what is over."""
    await desk.run(_FORGET, now=now, idle=now - IDLE)
    await desk.run(_FORGET_DEVICES, now=now)


def _whose(session: Session) -> dict[str, Any]:
    return {"organisation": session.organisation, "person": session.person}


def _session(row: Mapping[str, Any]) -> Session:
    return Session(
        id=row["id"],
        organisation=row["organisation_id"],
        person=row["person_id"],
        account=row["account_id"],
        methods=tuple(row["methods"]),
        unfinished=row["unfinished"],
        signed_in=row["signed_in_at"],
        signed_in_for=None if row["signed_in_for"] is None else bytes(row["signed_in_for"]),
    )
