"""Revoking grants: one statement ends them, and tells every replica as it commits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from alliance_api.store.desk import Desk
from alliance_api.store.transaction import Database

CHANNEL: Final = "alliance_oauth"
KEYS: Final = "keys"

_REVOKE: Final = """
WITH gone AS (
  UPDATE oauth.grants SET revoked_at = %(at)s, revoked_why = %(why)s
  WHERE revoked_at IS NULL AND {which} RETURNING id
)
SELECT id, pg_notify('alliance_oauth', id::text) FROM gone
"""
_WHICH: Final = {
    "grant": "id = %(grant)s",
    "session": "session_id = %(session)s",
    "online": (
        "session_id = %(session)s AND 'online_access' = ANY (scopes)"
        " AND NOT 'offline_access' = ANY (scopes)"
    ),
    "client": "client_id = %(client)s",
    "person": "organisation_id = %(organisation)s AND person_id = %(person)s",
    "others": (
        "organisation_id = %(organisation)s AND person_id = %(person)s "
        "AND session_id IS DISTINCT FROM %(kept)s"
    ),
    "given": (
        "organisation_id = %(organisation)s AND person_id = %(person)s AND client_id = %(client)s"
    ),
}


async def revoke(desk: Desk, by: str, at: datetime, why: str, **which: Any) -> list[UUID]:
    """Revoke grants `by` grant, session, online, client, person, given or others.

    `given` are a person's to a client, `others` a person's from any session but `kept`. `online`
    are those of a session that last as long as its person is signed in.
    """
    rows = await desk.rows(_REVOKE.format(which=_WHICH[by]), at=at, why=why, **which)
    return [row["id"] for row in rows]


async def end_session(db: Database, session: UUID, *, at: datetime | None = None) -> int:
    """Revoke what was granted in a log-in session, as when a person logs out everywhere."""
    async with db.desk() as desk:
        return len(await revoke(desk, "session", at or _now(), "SESSION_ENDED", session=session))


async def end_person(
    db: Database, organisation: UUID, person: UUID, *, at: datetime | None = None
) -> int:
    """Revoke all that a person granted, as when their account is closed."""
    async with db.desk() as desk:
        found = await revoke(
            desk, "person", at or _now(), "PERSON", organisation=organisation, person=person
        )
        return len(found)


async def end_given(
    db: Database, organisation: UUID, person: UUID, client: str, *, at: datetime | None = None
) -> int:
    """Revoke what a person granted one application."""
    async with db.desk() as desk:
        found = await revoke(
            desk,
            "given",
            at or _now(),
            "TAKEN_BACK",
            organisation=organisation,
            person=person,
            client=client,
        )
        return len(found)


async def tell_keys(desk: Desk) -> None:
    """Tell every replica that signing keys have changed."""
    await desk.run("SELECT pg_notify(%(channel)s, %(what)s)", channel=CHANNEL, what=KEYS)


def _now() -> datetime:
    return datetime.now(UTC)
