"""Authorization requests that wait for their person, and how they end.

`/oauth/authorize` validates and stores a request, and sends the browser to
`/oauth/login?request=ID`. Who signs the person in reads it by `asked`, and ends it with `granted`
or `denied`: each returns the address to send the browser to (303). A request ends once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from alliance_api.domain.ids import Kind, format_id
from alliance_api.store.desk import Desk, Row
from alliance_api.store.rows import new_id
from alliance_api.store.transaction import Database

from .opaque import Random, hashed, opaque
from .standing import PATIENT, fhir_kind, stands_by

WAITS: Final = timedelta(minutes=15)
CODE_LASTS: Final = timedelta(seconds=60)
GRANT_LASTS: Final = timedelta(days=90)
# Whoever is online signed in within half a day.
ONLINE_LASTS: Final = timedelta(hours=12)


class RequestGone(Exception):  # noqa: N818  (it says what happened)
    """There is no such request, or it has ended, or its time is over."""


class Unfit(ValueError):  # noqa: N818  (it says what was wrong)
    """What a person wants to grant does not fit the request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A validated, stored authorization request waiting for its person.

    Args:
        id: what stands in `?request=`; whoever has it may look at the request, and nothing else.
        client_id: the application.
        client_name: its name, to show to the person.
        organisation: whose people may answer; None: anybody's.
        redirect_uri: where the answer goes; empty for a device's request.
        scopes: what is asked for; every one is known here, and the client may ask for it.
        launch: what an EHR said when it launched the application: `patient` (a person's id as
            `person-…`), `encounter`, `intent`, … Empty unless an EHR launched it. If `patient` is
            there, it is decided, and nobody needs to choose.
        prompt: `none`, `login`, `consent`, `select_account`. With `none` no page may be shown:
            end it by `denied(…, "login_required")` or `"consent_required"` instead.
        max_age: how many seconds ago the person may have signed in at most; None: never mind.
        login_hint: whom the application expects.
    """

    id: str
    client_id: str
    client_name: str
    organisation: UUID | None
    redirect_uri: str
    scopes: tuple[str, ...]
    launch: Mapping[str, str]
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who has proved who they are.

    Args:
        person: who, of
        organisation: theirs;
        at: when they proved it (`auth_time`);
        methods: how (`amr` of RFC 8176: `pwd`, `otp`, `hwk`, …);
        session: the log-in session. Revoking grants by session ends what it opened.
    """

    person: UUID
    organisation: UUID
    at: datetime
    methods: tuple[str, ...]
    session: UUID


_ASKED: Final = """
SELECT r.*, c.name AS client_name FROM oauth.requests r JOIN oauth.clients c ON c.id = r.client_id
WHERE r.hash = %(hash)s AND r.kind <> 'PUSHED' AND r.finished_at IS NULL AND r.expires_at > %(at)s
  AND c.revoked_at IS NULL
"""
# Whoever comes first ends it; on every replica there is one first.
_END: Final = """
UPDATE oauth.requests r SET finished_at = %(at)s FROM oauth.clients c
WHERE r.hash = %(hash)s AND r.kind <> 'PUSHED' AND r.finished_at IS NULL AND r.expires_at > %(at)s
  AND c.id = r.client_id AND c.revoked_at IS NULL
RETURNING r.*
"""
_LAUNCHED: Final = """
UPDATE oauth.launches SET used_at = %(at)s
WHERE hash = %(hash)s AND used_at IS NULL AND expires_at > %(at)s
"""
_GRANT: Final = """
INSERT INTO oauth.grants (id, client_id, organisation_id, person_id, session_id, scopes, patient_id,
  context, fhir_user, signed_in_at, methods, resource, jkt, made_at, expires_at)
SELECT %(id)s, client_id, %(organisation)s, %(person)s, %(session)s, %(scopes)s, %(patient)s,
  launch, %(fhir_user)s, %(signed_in)s, %(methods)s, resource, jkt, %(at)s, %(until)s
FROM oauth.requests WHERE hash = %(hash)s
"""
_CODE: Final = """
INSERT INTO oauth.codes (hash, grant_id, client_id, redirect_uri, challenge, nonce, jkt, expires_at)
SELECT %(code)s, %(grant)s, client_id, redirect_uri, challenge, nonce, jkt, %(until)s
FROM oauth.requests WHERE hash = %(hash)s
"""
_DEVICE: Final = """
UPDATE oauth.devices SET grant_id = %(grant)s
WHERE hash = %(device)s AND grant_id IS NULL AND denied_at IS NULL AND expires_at > %(at)s
"""
_NO_DEVICE: Final = """
UPDATE oauth.devices SET denied_at = %(at)s WHERE hash = %(device)s AND grant_id IS NULL
"""


async def asked(db: Database, id: str, *, at: datetime | None = None) -> Asked | None:  # noqa: A002  (its word)
    """Return a request that waits for its person, or None if there is none of that id any more."""
    async with db.desk() as desk:
        row = await desk.row(_ASKED, hash=hashed(id), at=at or _now())
    return None if row is None else _asked(id, row)


async def granted(  # noqa: PLR0913  (who grants what to whom, and for tests when and by which dice)
    db: Database,
    id: str,  # noqa: A002  (its word)
    who: SignedIn,
    scopes: Sequence[str],
    patient: UUID | None,
    *,
    at: datetime | None = None,
    random: Random = os.urandom,
) -> str:
    """End a request with what its person granted; return the URL to send the browser to (303).

    `scopes` are some of those asked for, `patient` the client chosen for `launch/patient` (a client
    who signs in is their own patient, and need not be asked).

    Raises:
        RequestGone: if it cannot be ended any more.
        Unfit: if more was granted than asked for, by somebody of another organisation, without the
            patient that was asked for, or for one by whom they do not stand. Then nothing has ended.
    """
    now = at or _now()
    # Before the desk is opened: one transaction must not wait for a connection for another.
    kind = await fhir_kind(db, who.organisation, who.person)
    near = await _near(db, id, who, patient, now)
    async with db.desk() as desk:
        row = await desk.row(_END, hash=hashed(id), at=now)
        if row is None:
            raise RequestGone
        chosen = _fitting(row, who, scopes, patient, kind)
        if chosen not in near:
            raise Unfit("patient: one by whom they stand")
        await _launched(desk, row, now)
        grant = await _give(desk, row, who, scopes, chosen, kind, now)
        return await _answered(desk, row, grant, random, now)


async def _near(
    db: Database, id_: str, who: SignedIn, patient: UUID | None, at: datetime
) -> set[UUID | None]:
    """Return of the patients that may be meant those by whom a person stands, and nobody."""
    before = await asked(db, id_, at=at)
    launched = None if before is None else _launched_for(before.launch)
    found: set[UUID | None] = {None, who.person}
    for one in {patient, launched} - found:
        if one is not None and await stands_by(db, who.organisation, who.person, one):
            found.add(one)
    return found


def _launched_for(launch: Mapping[str, Any]) -> UUID | None:
    given = launch.get("patient")
    return None if given is None else UUID(given.removeprefix(f"{Kind.PERSON.value}-"))


async def denied(db: Database, id: str, error: str, *, at: datetime | None = None) -> str:  # noqa: A002  (its word)
    """End a request with an error of RFC 6749 or OpenID Connect; return the URL to go to (303).

    `access_denied` is what a person says; `login_required`, `consent_required`,
    `interaction_required` and `account_selection_required` answer `prompt=none`.

    Raises:
        RequestGone: if it cannot be ended any more.
    """
    now = at or _now()
    async with db.desk() as desk:
        row = await desk.row(_END, hash=hashed(id), at=now)
        if row is None:
            raise RequestGone
        if row["kind"] == "DEVICE":
            await desk.run(_NO_DEVICE, device=row["device_hash"], at=now)
            return f"{row['issuer']}/oauth/device?ended=denied"
    return answer(row["redirect_uri"], row["issuer"], row["state"], error=error)


def answer(redirect_uri: str, issuer: str, state: str | None, **parameters: str) -> str:
    """Return a redirect address with its answer: `iss` on each (RFC 9207), `state` as it came."""
    given = {**parameters, "iss": issuer, **({} if state is None else {"state": state})}
    parts = urlsplit(redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(given)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def is_online(scopes: Sequence[str]) -> bool:
    """Say whether an application goes on as long as its person is signed in, and no longer."""
    return "online_access" in scopes and "offline_access" not in scopes


def _now() -> datetime:
    return datetime.now(UTC)


def _asked(id_: str, row: Row) -> Asked:
    return Asked(
        id=id_,
        client_id=row["client_id"],
        client_name=row["client_name"],
        organisation=row["organisation_id"],
        redirect_uri=row["redirect_uri"],
        scopes=tuple(row["scopes"]),
        launch=row["launch"],
        prompt=frozenset(row["prompt"]),
        max_age=row["max_age"],
        login_hint=row["login_hint"],
    )


def _fitting(
    row: Row, who: SignedIn, scopes: Sequence[str], patient: UUID | None, kind: str
) -> UUID | None:
    """Return the patient of the grant. Raises `Unfit`."""
    if not scopes or not set(scopes) <= set(row["scopes"]):
        raise Unfit("scopes: some of those that were asked for, and no others")
    if row["organisation_id"] not in (None, who.organisation):
        raise Unfit("organisation: the request is for people of another one")
    launched = row["launch"].get("patient")
    if launched is not None:
        if patient is not None and format_id(Kind.PERSON, patient) != launched:
            raise Unfit("patient: it was decided by the launch")
        return UUID(launched.removeprefix(f"{Kind.PERSON.value}-"))
    bound = any(scope == "launch/patient" or scope.startswith("patient/") for scope in scopes)
    if patient is None and bound and kind == PATIENT:
        return who.person
    if bound and patient is None:
        raise Unfit("patient: launch/patient and scopes of the level patient/ need one")
    return patient


async def _launched(desk: Desk, row: Row, at: datetime) -> None:
    if row["launch_hash"] is not None and not await desk.run(
        _LAUNCHED, hash=row["launch_hash"], at=at
    ):
        raise RequestGone


async def _give(  # noqa: PLR0913  (the columns of a row)
    desk: Desk,
    row: Row,
    who: SignedIn,
    scopes: Sequence[str],
    patient: UUID | None,
    kind: str,
    at: datetime,
) -> UUID:
    made = new_id()
    values: dict[str, Any] = {
        "id": made,
        "organisation": who.organisation,
        "person": who.person,
        "session": who.session,
        # In the order in which they were asked for, each once.
        "scopes": [scope for scope in row["scopes"] if scope in set(scopes)],
        "patient": patient,
        "fhir_user": f"{row['issuer']}/fhir/{kind}/{format_id(Kind.PERSON, who.person)}",
        "signed_in": who.at,
        "methods": list(who.methods),
        "until": at + (ONLINE_LASTS if is_online(scopes) else GRANT_LASTS),
    }
    await desk.run(_GRANT, hash=row["hash"], at=at, **values)
    return made


async def _answered(desk: Desk, row: Row, grant: UUID, random: Random, at: datetime) -> str:
    if row["kind"] == "DEVICE":
        if not await desk.run(_DEVICE, device=row["device_hash"], grant=grant, at=at):
            raise RequestGone
        return f"{row['issuer']}/oauth/device?ended=granted"
    code = opaque(random)
    await desk.run(_CODE, hash=row["hash"], code=hashed(code), grant=grant, until=at + CODE_LASTS)
    return answer(row["redirect_uri"], row["issuer"], row["state"], code=code)
