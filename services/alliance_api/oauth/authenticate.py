"""Who a client is: by an assertion (RFC 7523), by a secret, or by its name alone if it is public."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote_plus

from starlette.requests import Request

from . import once
from .authority import Authority
from .clients import REFRESH, Client, find
from .errors import OAuthError, invalid, invalid_client
from .forms import Form
from .jws import BadJws, Jws, read
from .networks import network_of
from .opaque import hashed

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("RS384", "ES384", "ES256", "PS256", "PS384", "EdDSA")
LASTS: Final = timedelta(minutes=5)
SKEW: Final = timedelta(seconds=60)
_LONGEST: Final = 255
_CARRIED: Final = frozenset({"jku"})

_WHOSE: Final = """
SELECT g.client_id FROM oauth.refresh_tokens t JOIN oauth.grants g ON g.id = t.grant_id
WHERE t.hash = %(hash)s
"""


async def authenticated(here: Authority, request: Request, form: Form) -> Client:
    """Return the client of a request, which has shown that it is. Raises `OAuthError`."""
    try:
        return await _shown(here, request, form)
    except OAuthError as refused:
        if refused.error != "invalid_client":
            raise
        network = network_of(request.client.host if request.client else "")
        wait = here.refusals.wait(_claimed(request, form), network, here.clock())
        if not wait:
            raise
    told = "Too many failures. Mend what is wrong before you try again."
    raise OAuthError("invalid_client", told, 429, {"retry-after": str(wait)})


def _claimed(request: Request, form: Form) -> str:
    """Return which client somebody says to be, however they say it; for counting and nothing else."""
    if (id_ := form.get("client_id")) is not None:
        return id_
    header = request.headers.get("authorization", "")
    try:
        if header:
            return b64decode(header.partition(" ")[2]).partition(b":")[0].decode("ascii")
        return str(read(form.get("client_assertion") or "", carries=_CARRIED).claims.get("sub"))
    except ValueError:
        return ""


async def _shown(here: Authority, request: Request, form: Form) -> Client:
    header = request.headers.get("authorization")
    ways = [header is not None, "client_assertion" in form, "client_secret" in form]
    if sum(ways) > 1:
        raise invalid("A client authenticates in one way.")
    if "client_secret" in form:
        raise invalid_client("A secret comes in the header Authorization.")
    if header is not None:
        return await _by_secret(here, header, form)
    if "client_assertion" in form:
        return await _by_assertion(here, request.url.path, form)
    client = await _named(here, form.get("client_id") or await _of_refresh(here, form))
    if not client.is_public:
        raise invalid_client()
    return client


async def _named(here: Authority, id_: object) -> Client:
    if not isinstance(id_, str) or not id_:
        raise invalid_client()
    async with here.db.desk() as desk:
        client = await find(desk, id_)
    if client is None:
        raise invalid_client()
    return client


async def _of_refresh(here: Authority, form: Form) -> str | None:
    """Return whose refresh token it is: a public client need not name itself (RFC 6749, 3.2.1)."""
    if form.get("grant_type") != REFRESH or "refresh_token" not in form:
        return None
    async with here.db.desk() as desk:
        row = await desk.row(_WHOSE, hash=hashed(form.need("refresh_token")))
    return None if row is None else str(row["client_id"])


async def _by_secret(here: Authority, header: str, form: Form) -> Client:
    scheme, _, credentials = header.partition(" ")
    try:
        decoded = b64decode(credentials.strip(), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_client() from None
    name, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise invalid_client()
    id_ = unquote_plus(name)
    if form.get("client_id") not in (None, id_):
        raise invalid_client()
    client = await _named(here, id_ if "\0" not in id_ else None)
    if client.method != "client_secret_basic" or not _knows(
        client, hashed(unquote_plus(secret)), here.clock()
    ):
        raise invalid_client()
    return client


def _knows(client: Client, given: bytes, now: datetime) -> bool:
    old = client.old_secret if client.old_secret_until and now < client.old_secret_until else None
    return any(
        kept is not None and hmac.compare_digest(kept, given) for kept in (client.secret, old)
    )


async def _by_assertion(here: Authority, path: str, form: Form) -> Client:
    if form.get("client_assertion_type") != ASSERTION:
        raise invalid(f"The parameter `client_assertion_type` must be {ASSERTION}.")
    try:
        found = read(form.need("client_assertion"), carries=_CARRIED)
    except BadJws:
        raise invalid_client() from None
    id_ = found.claims.get("sub")
    if form.get("client_id") not in (None, id_) or found.claims.get("iss") != id_:
        raise invalid_client()
    client = await _named(here, id_)
    if not _fits(client, found) or not await here.client_keys.signed(client, found):
        raise invalid_client()
    now = here.clock()
    until = _good_until(found.claims, now)
    _check_audience(here, client, found.claims.get("aud"), path)
    jti = found.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST:
        raise invalid_client("The assertion needs a `jti`.")
    if not await once.first(here.db, "assertion", f"{client.id}\0{jti}", until + SKEW):
        raise invalid_client("The assertion was used before.")
    return client


def _fits(client: Client, found: Jws) -> bool:
    if client.method != "private_key_jwt" or found.algorithm not in ALGORITHMS:
        return False
    # SMART lets an assertion name where its keys are: where the client said so before, or nowhere.
    return bool(found.header.get("jku", client.jwks_uri) == client.jwks_uri)


def _good_until(claims: Mapping[str, Any], now: datetime) -> datetime:
    expires = _instant(claims.get("exp"))
    if expires is None or not now < expires <= now + LASTS + SKEW:
        raise invalid_client("The assertion expires within five minutes, and has not yet.")
    for name in ("iat", "nbf"):
        if name in claims:
            since = _instant(claims[name])
            if since is None or since > now + SKEW:
                raise invalid_client("The assertion is from the future.")
    return expires


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _check_audience(here: Authority, client: Client, audience: object, path: str) -> None:
    given = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    good = {here.issuer}
    if not client.is_strict:
        # SMART asks for the token endpoint's address; FAPI 2 forbids anything but the issuer.
        good |= {here.at("/oauth/token"), here.at(path)}
    if not isinstance(given, str) or given not in good:
        raise invalid_client("The assertion is for somebody else.")
    if client.is_strict and isinstance(audience, list):
        raise invalid_client("The assertion's `aud` is one text.")


def may(client: Client, grant: str) -> None:
    """Raise `OAuthError` unless a client was registered for a kind of grant."""
    if grant not in client.grants:
        raise OAuthError("unauthorized_client", "The client may not use this grant.")
