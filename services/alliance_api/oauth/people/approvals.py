"""What people allowed applications: remembered until they take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from alliance_api.store.desk import Desk, Row
from alliance_api.store.rows import new_id

from .. import revoking
from .sessions import Session

_SAME: Final = """
SELECT id, scopes, patient_id FROM oauth.approvals
WHERE organisation_id = %(organisation)s AND person_id = %(person)s AND client_id = %(client)s
  AND revoked_at IS NULL
ORDER BY made_at DESC LIMIT 1
"""
_VOID: Final = """
UPDATE oauth.approvals SET revoked_at = %(now)s
WHERE organisation_id = %(organisation)s AND person_id = %(person)s AND client_id = %(client)s
  AND revoked_at IS NULL
"""
_REMEMBER: Final = """
INSERT INTO oauth.approvals (id, organisation_id, person_id, client_id, scopes, patient_id, made_at)
VALUES (%(id)s, %(organisation)s, %(person)s, %(client)s, %(scopes)s, %(patient)s, %(now)s)
"""
_LIST: Final = """
SELECT a.client_id, c.name, a.scopes, a.made_at FROM oauth.approvals a
JOIN oauth.clients c ON c.id = a.client_id
WHERE a.organisation_id = %(organisation)s AND a.person_id = %(person)s AND a.revoked_at IS NULL
ORDER BY a.made_at DESC, a.client_id
"""


def _of(session: Session, client: str) -> dict[str, object]:
    return {"organisation": session.organisation, "person": session.person, "client": client}


async def remembered(desk: Desk, session: Session, client: str) -> Row | None:
    """Return what the person allowed this application last, if they did not take it back."""
    return await desk.row(_SAME, **_of(session, client))


async def remember(  # noqa: PLR0913  (who allowed whom what, when)
    desk: Desk,
    session: Session,
    client: str,
    scopes: Sequence[str],
    patient: UUID | None,
    now: datetime,
) -> None:
    """Remember what was allowed, in place of what was allowed before."""
    await desk.run(_VOID, **_of(session, client), now=now)
    values = {"scopes": sorted(scopes), "patient": patient}
    await desk.run(_REMEMBER, id=new_id(), now=now, **_of(session, client), **values)


async def of_person(desk: Desk, session: Session) -> list[Row]:
    """Return the applications that the person allowed something, the last first."""
    return await desk.rows(_LIST, organisation=session.organisation, person=session.person)


async def revoke(desk: Desk, session: Session, client: str, now: datetime) -> None:
    """Take everything back from an application: its tokens end as well."""
    await desk.run(_VOID, **_of(session, client), now=now)
    await revoking.revoke(desk, "given", now, "TAKEN_BACK", **_of(session, client))
