"""GET and POST /oauth/authorize, and POST /oauth/par: what an application asks a person for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from alliance_api.store.desk import Desk

from . import dpop, launches
from .asking import PUSHED_LASTS, Asking, asking, from_row, redirect_uri
from .authenticate import authenticated
from .authority import Authority
from .clients import Client, find
from .errors import OAuthError, answer, invalid
from .forms import Form, form, query
from .opaque import hashed, opaque
from .pages import told
from .requests import WAITS
from .requests import answer as redirected

URN: Final = "urn:ietf:params:oauth:request_uri:"

_STORE: Final = """
INSERT INTO oauth.requests (hash, kind, client_id, organisation_id, issuer, redirect_uri, scopes,
  state, nonce, challenge, jkt, resource, launch_hash, launch, prompt, max_age, login_hint,
  expires_at)
VALUES (%(hash)s, %(kind)s, %(client)s, %(organisation)s, %(issuer)s, %(redirect_uri)s, %(scopes)s,
  %(state)s, %(nonce)s, %(challenge)s, %(jkt)s, %(resource)s, %(launch_hash)s, %(launch)s::jsonb,
  %(prompt)s, %(max_age)s, %(login_hint)s, %(until)s)
"""
_PUSHED: Final = """
UPDATE oauth.requests SET finished_at = %(at)s
WHERE hash = %(hash)s AND kind = 'PUSHED' AND client_id = %(client)s AND finished_at IS NULL
  AND expires_at > %(at)s
RETURNING *
"""


async def push(here: Authority, request: Request) -> Response:
    """Answer a pushed request with the address it can be asked by, once. Raises `OAuthError`."""
    given = await form(request)
    client = await authenticated(here, request, given)
    if "request_uri" in given:
        raise invalid("The parameter `request_uri` has no place here.")
    found = asking(here, client, given)
    proofs = request.headers.getlist("dpop")
    if proofs:
        jkt = await dpop.proved(here, proofs, "POST", "/oauth/par", nonce=client.is_strict)
        if found.jkt not in (None, jkt):
            raise dpop.refused("The proof is by another key than `dpop_jkt` names.")
        found = replace(found, jkt=jkt)
    id_ = opaque(here.random)
    async with here.db.desk() as desk:
        # A launch is looked up when the person comes; until then its name is all there is.
        named = {} if found.launch is None else {"launch": found.launch}
        until = here.clock() + PUSHED_LASTS
        await _store(here, desk, id_, "PUSHED", found, None, named, until)
    lasts = int(PUSHED_LASTS.total_seconds())
    return answer({"request_uri": URN + id_, "expires_in": lasts}, 201)


async def authorize(here: Authority, request: Request) -> Response:
    """Send the browser on: to log in, or back to the application with an error, or nowhere."""
    try:
        given = await form(request) if request.method == "POST" else query(request)
        client = await _client(here, given)
        address = None if "request_uri" in given else redirect_uri(client, given)
    except OAuthError as refused:
        # Never by redirect: neither the client nor its address is known.
        return told(refused.status, "This request cannot be answered", refused.description)
    try:
        found = await _asked(here, client, given)
        return _see_other(here.at(f"/oauth/login?request={await _wait(here, found)}"))
    except OAuthError as refused:
        if address is None:
            return told(refused.status, "This request cannot be answered", refused.description)
        state = given.get("state")
        return _see_other(redirected(address, here.issuer, state, **refused_as(refused)))


def refused_as(refused: OAuthError) -> dict[str, str]:
    """Return the parameters of an error that goes back by redirect."""
    return {"error": refused.error, "error_description": refused.description}


def _see_other(address: str) -> Response:
    headers = {"location": address, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(status_code=303, headers=headers)


async def _client(here: Authority, given: Form) -> Client:
    async with here.db.desk() as desk:
        client = await find(desk, given.need("client_id"))
    if client is None:
        raise invalid("The parameter `client_id` names no client.")
    return client


async def _asked(here: Authority, client: Client, given: Form) -> Asking:
    if "request_uri" not in given:
        if client.is_strict:
            raise invalid("This client pushes its requests (RFC 9126).")
        return asking(here, client, given)
    uri = given.need("request_uri")
    async with here.db.desk() as desk:
        row = await desk.row(
            _PUSHED, hash=hashed(uri.removeprefix(URN)), client=client.id, at=here.clock()
        )
    if row is None or not uri.startswith(URN):
        raise OAuthError("invalid_request_uri", "The request is unknown, used or over.")
    return from_row(client, row)


async def _wait(here: Authority, found: Asking) -> str:
    """Store a request that waits for its person; return its id."""
    id_ = opaque(here.random)
    now = here.clock()
    async with here.db.desk() as desk:
        launch = None
        if found.launch is not None and "launch" in found.scopes:
            launch = await launches.read(desk, found.launch, found.client.id, now)
        context = {} if launch is None else launch.context
        if launch is not None:
            found = replace(found, client=replace(found.client, organisation=launch.organisation))
        name = None if launch is None else hashed(found.launch or "")
        await _store(here, desk, id_, "ASKED", found, name, context, now + WAITS)
    return id_


async def _store(  # noqa: PLR0913  (the columns of a row)
    here: Authority,
    desk: Desk,
    id_: str,
    kind: str,
    found: Asking,
    launch_hash: bytes | None,
    context: dict[str, Any],
    until: datetime,
) -> None:
    await desk.run(
        _STORE,
        hash=hashed(id_),
        kind=kind,
        launch_hash=launch_hash,
        launch=json.dumps(context),
        until=until,
        **found.row(here.issuer),
    )
