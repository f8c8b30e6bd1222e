"""The device grant (RFC 8628): a kiosk shows a code, a person types it in somewhere else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from . import once
from .asking import resources
from .authenticate import authenticated, may
from .authority import Authority
from .clients import DEVICE, Client
from .errors import OAuthError, answer, invalid_grant
from .forms import form
from .minting import Grant
from .opaque import hashed, opaque
from .scopes import allowed, asked_for

LASTS: Final = timedelta(minutes=10)
SECONDS: Final = 5
# No vowels, so that no word comes out; 20 letters in 8 places are 34 bits.
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
# How often everybody together may try codes in a minute.
TRIES_OF_ALL: Final = 300

_ADD: Final = """
INSERT INTO oauth.devices (hash, user_code_hash, client_id, scopes, resource, jkt, seconds,
  expires_at)
VALUES (%(hash)s, %(user)s, %(client)s, %(scopes)s, %(resource)s, %(jkt)s, %(seconds)s, %(until)s)
"""
_WAITING: Final = """
INSERT INTO oauth.requests (hash, kind, client_id, organisation_id, issuer, redirect_uri, scopes,
  resource, jkt, device_hash, expires_at)
SELECT %(id)s, 'DEVICE', d.client_id, c.organisation_id, %(issuer)s, '', d.scopes, d.resource,
  d.jkt, d.hash, d.expires_at
FROM oauth.devices d JOIN oauth.clients c ON c.id = d.client_id
WHERE d.user_code_hash = %(user)s AND d.expires_at > %(at)s AND d.grant_id IS NULL
  AND d.denied_at IS NULL AND c.revoked_at IS NULL
"""
# Both in one statement, so that of two that poll at once one is too fast.
_POLL: Final = """
UPDATE oauth.devices SET polled_at = %(at)s,
  seconds = seconds + CASE WHEN polled_at + make_interval(secs => seconds) > %(at)s
    THEN 5 ELSE 0 END
WHERE hash = %(hash)s AND client_id = %(client)s AND used_at IS NULL
  AND jkt IS NOT DISTINCT FROM %(jkt)s
RETURNING grant_id, denied_at, expires_at, new.seconds > old.seconds AS too_fast
"""
_REDEEM: Final = """
UPDATE oauth.devices d SET used_at = %(at)s FROM oauth.grants g
WHERE d.hash = %(hash)s AND d.client_id = %(client)s AND d.used_at IS NULL AND g.id = d.grant_id
  AND g.revoked_at IS NULL AND d.expires_at > %(at)s
RETURNING g.*
"""


async def begin(here: Authority, request: Request) -> Response:
    """Answer with a code for the device, and one to show. Raises `OAuthError`."""
    given = await form(request)
    client = await authenticated(here, request, given)
    may(client, DEVICE)
    if client.dpop:
        raise OAuthError("unauthorized_client", "A client that proves a key uses no device grant.")
    scopes = allowed(asked_for(given.get("scope")), client.scopes)
    if not scopes:
        raise OAuthError("invalid_scope", "None of the scopes can be given to this client.")
    code, shown = opaque(here.random), user_code(here)
    async with here.db.desk() as desk:
        await desk.run(
            _ADD,
            hash=hashed(code),
            user=hashed(shown),
            client=client.id,
            scopes=list(scopes),
            resource=list(resources(here, given)),
            jkt=None,
            seconds=SECONDS,
            until=here.clock() + LASTS,
        )
    spelled = f"{shown[:4]}-{shown[4:]}"
    page_ = here.at("/oauth/device")
    return answer(
        {
            "device_code": code,
            "user_code": spelled,
            "verification_uri": page_,
            "verification_uri_complete": f"{page_}?user_code={spelled}",
            "expires_in": int(LASTS.total_seconds()),
            "interval": SECONDS,
        }
    )


def user_code(here: Authority) -> str:
    """Return a code that can be read aloud; each letter is as likely as any other."""
    found: list[str] = []
    fair = 256 // len(LETTERS) * len(LETTERS)
    while len(found) < LENGTH:
        octets = here.random(LENGTH)
        found += [LETTERS[octet % len(LETTERS)] for octet in octets if octet < fair]
    return "".join(found[:LENGTH])


async def redeem(
    here: Authority, client: Client, code: str, jkt: str | None, now: datetime
) -> Grant:
    """Return what a person granted a device. Raises `OAuthError`, also while they have not yet."""
    async with here.db.desk() as desk:
        polled = await desk.row(_POLL, hash=hashed(code), client=client.id, jkt=jkt, at=now)
        if polled is None:
            raise invalid_grant()
        row = await desk.row(_REDEEM, hash=hashed(code), client=client.id, at=now)
    if row is not None:
        return Grant.of(row)
    if polled["denied_at"] is not None:
        raise OAuthError("access_denied", "The person has said no.")
    if polled["expires_at"] <= now:
        raise OAuthError("expired_token", "The code is over. Begin anew.")
    if polled["too_fast"]:
        raise OAuthError("slow_down", "Ask less often: five seconds more between two questions.")
    raise OAuthError("authorization_pending", "The person has not answered yet.")


async def entered(here: Authority, typed: str) -> str | None:
    """Return the id of a request for the device that shows this code, if one waits.

    However it is typed: small letters and hyphens do not matter. Everybody together tries so many a
    minute; who shows the page slows each network besides.
    """
    now = here.clock()
    if not await once.within(here.db, "device", "", TRIES_OF_ALL, 60, now):
        return None
    code = "".join(letter for letter in typed.upper() if letter in LETTERS)
    id_ = opaque(here.random)
    async with here.db.desk() as desk:
        found = await desk.run(
            _WAITING, id=hashed(id_), issuer=here.issuer, user=hashed(code), at=now
        )
    return id_ if found else None
