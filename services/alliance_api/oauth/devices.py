"""The device grant (RFC 8628): a kiosk shows a code, a person types it in somewhere else."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from . import once
from .asking import resources
from .authenticate import authenticated, may
from .authority import Authority
from .clients import DEVICE, Client
from .errors import OAuthError, answer, invalid_grant
from .forms import Form, form, query
from .minting import Grant
from .opaque import hashed, opaque
from .pages import page, told
from .scopes import allowed, asked_for

LASTS: Final = timedelta(minutes=10)
SECONDS: Final = 5
# No vowels, so that no word comes out; 20 letters in 8 places are 34 bits.
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
# How often one network, and everybody together, may try codes in a minute.
TRIES, TRIES_OF_ALL = 10, 300

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


async def redeem(here: Authority, client: Client, code: str, jkt: str | None) -> Grant:
    """Return what a person granted a device. Raises `OAuthError`, also while they have not yet."""
    now = here.clock()
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


async def shown(here: Authority, request: Request) -> Response:
    """Show the page where a person types the code of a device; or send them on to log in."""
    try:
        if request.method == "POST":
            return await _typed(here, request, await form(request))
        given = query(request)
    except OAuthError as refused:
        return told(refused.status, "This cannot be read", refused.description)
    ended = given.get("ended")
    if ended == "granted":
        return told(200, "Done", "The device goes on by itself. You can close this page.")
    if ended == "denied":
        return told(200, "Nothing was given", "The device was told. You can close this page.")
    return _asked(200, given.get("user_code") or "")


def _asked(status: int, code: str, fault: str = "") -> Response:
    told_ = f'<p role="alert">{escape(fault)}</p>' if fault else ""
    return page(
        status,
        "Connect a device",
        f'{told_}<form method="post" action="/oauth/device">'
        '<label for="user_code">The code that the device shows</label>'
        f'<input id="user_code" name="user_code" value="{escape(code)}" required autofocus '
        'autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20">'
        "<p>Go on only if you began this yourself, at a device in front of you.</p>"
        "<button>Go on</button></form>",
    )


async def entered(here: Authority, typed: str) -> str | None:
    """Return the id of the request of the device that shows a code, or None if none waits.

    Codes are short: whoever calls this counts how often it is tried.
    """
    code = "".join(letter for letter in typed.upper() if letter in LETTERS)
    id_ = opaque(here.random)
    async with here.db.desk() as desk:
        found = await desk.run(
            _WAITING, id=hashed(id_), issuer=here.issuer, user=hashed(code), at=here.clock()
        )
    return id_ if found else None


async def _typed(here: Authority, request: Request, given: Form) -> Response:
    now = here.clock()
    network = request.client.host if request.client else ""
    mine = await once.within(here.db, "device", network, TRIES, 60, now)
    if not mine or not await once.within(here.db, "device", "", TRIES_OF_ALL, 60, now):
        return _asked(429, "", "Too many codes were tried. Wait a minute.")
    id_ = await entered(here, given.get("user_code") or "")
    if id_ is None:
        return _asked(400, "", "There is no such code, or its time is over.")
    address = here.at(f"/oauth/login?request={id_}")
    return Response(status_code=303, headers={"location": address, "cache-control": "no-store"})
