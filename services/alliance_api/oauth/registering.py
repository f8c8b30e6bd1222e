"""Registering clients: one check of what is wanted, for the command line, the API and RFC 7591."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from alliance_api.charter.scopes import SPECIAL
from alliance_api.store.desk import Desk, Row
from chassis import outside

from .clients import CODE, CREDENTIALS, DEVICE, GRANTS, METHODS, PROFILES, REFRESH, redirect_fault
from .errors import OAuthError
from .jws import usable
from .opaque import Random, hashed, opaque
from .revoking import revoke
from .scopes import asked_for, known

APPLICATIONS: Final = ("web", "native", "system")
# How long the secret before is good, so that a client can be given the new one.
OVERLAP: Final = timedelta(hours=24)
_LONGEST, _MOST = 200, 20

_ADD: Final = """
INSERT INTO oauth.clients (id, name, organisation_id, person_id, application, method, profile, grants,
  redirect_uris, scopes, dpop, jwks, jwks_uri, secret_hash, launch_url, made_at, made_by)
VALUES (%(id)s, %(name)s, %(organisation)s, %(person)s, %(application)s, %(method)s, %(profile)s,
  %(grants)s, %(redirect_uris)s, %(scopes)s, %(dpop)s, %(jwks)s::jsonb, %(jwks_uri)s, %(secret)s,
  %(launch_url)s, %(at)s, %(by)s)
"""
_LIST: Final = """
SELECT c.*, (SELECT count(*) FROM oauth.grants g WHERE g.client_id = c.id AND g.revoked_at IS NULL
  AND g.expires_at > %(at)s) AS grants_now
FROM oauth.clients c
WHERE %(organisation)s::uuid IS NULL OR c.organisation_id = %(organisation)s ORDER BY c.made_at, c.id
"""
_ROTATE: Final = """
UPDATE oauth.clients SET old_secret_hash = secret_hash, old_secret_until = %(until)s,
  secret_hash = %(secret)s
WHERE id = %(id)s AND revoked_at IS NULL AND method = 'client_secret_basic'
  AND (%(organisation)s::uuid IS NULL OR organisation_id = %(organisation)s)
"""
_REVOKE: Final = """
UPDATE oauth.clients SET revoked_at = %(at)s WHERE id = %(id)s AND revoked_at IS NULL
  AND (%(organisation)s::uuid IS NULL OR organisation_id = %(organisation)s)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A client that may be registered."""

    name: str
    application: str
    method: str
    profile: str
    grants: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    dpop: bool
    jwks: dict[str, Any] | None
    jwks_uri: str | None
    launch_url: str | None


@dataclass(frozen=True, slots=True)
class Registered:
    """What a developer needs. The secret is shown once."""

    id: str
    secret: str | None


def wrong(what: str, error: str = "invalid_client_metadata") -> OAuthError:
    """Return the refusal of a client (RFC 7591, 3.2.2)."""
    return OAuthError(error, what)


def checked(given: Mapping[str, Any], *, loopback: bool = False) -> Wanted:
    """Return the client that RFC 7591's metadata want. Raises `OAuthError`, naming the member.

    Beside the RFC's members there are `profile`, `launch_url` and the application type `system`.
    """
    application = _one(given, "application_type", APPLICATIONS, "web")
    system = application == "system"
    usual = [CREDENTIALS] if system else [CODE, REFRESH]
    wanted = Wanted(
        name=_name(given),
        application=application,
        method=_one(given, "token_endpoint_auth_method", METHODS, "private_key_jwt"),
        profile=_one(given, "profile", PROFILES, "SMART"),
        grants=_texts(given, "grant_types", usual),
        redirect_uris=_texts(given, "redirect_uris", []),
        scopes=_scopes(given),
        dpop=given.get("dpop_bound_access_tokens", False) is True,
        jwks=_jwks(given),
        jwks_uri=_address(given, "jwks_uri", loopback=loopback),
        launch_url=_launch_url(given),
    )
    _check_grants(wanted)
    _check_redirects(wanted)
    _check_keys(wanted)
    _check_profile(wanted)
    return wanted


def _name(given: Mapping[str, Any]) -> str:
    found = given.get("client_name")
    if not isinstance(found, str) or not 0 < len(found.strip()) <= _LONGEST:
        raise wrong("The member `client_name` is a name of at most 200 characters.")
    if not found.isprintable():
        raise wrong("The member `client_name` has characters that cannot be shown.")
    return found.strip()


def _one(given: Mapping[str, Any], name: str, of: tuple[str, ...], usual: str) -> str:
    found = given.get(name, usual)
    if found not in of:
        raise wrong(f"The member `{name}` is one of: {', '.join(of)}.")
    return str(found)


def _texts(given: Mapping[str, Any], name: str, usual: list[str]) -> tuple[str, ...]:
    found = given.get(name, usual)
    good = isinstance(found, list) and all(isinstance(one, str) for one in found)
    if not good or len(found) > _MOST:
        raise wrong(f"The member `{name}` is a list of at most {_MOST} texts.")
    return tuple(dict.fromkeys(found))


def _scopes(given: Mapping[str, Any]) -> tuple[str, ...]:
    text = given.get("scope")
    if not isinstance(text, str) or not text:
        raise wrong("The member `scope` lists what the client may ask for.")
    try:
        found = asked_for(text)
    except OAuthError as refused:
        raise wrong(refused.description) from None
    if not all(map(known, found)):
        raise wrong("The member `scope` has a scope that opens nothing here.")
    return found


def _jwks(given: Mapping[str, Any]) -> dict[str, Any] | None:
    found = given.get("jwks")
    if found is None:
        return None
    try:
        keys = usable(found)
    except ValueError:
        keys = []
    if not keys or len(keys) > _MOST or len(keys) < len(found["keys"]):
        raise wrong("The member `jwks` has public keys for RS384, ES384 and their like, and only.")
    return {"keys": keys}


def _address(given: Mapping[str, Any], name: str, *, loopback: bool = False) -> str | None:
    found = given.get(name)
    if found is None:
        return None
    try:
        outside.check(str(found), loopback=loopback)
    except outside.Refused:
        raise wrong(f"The member `{name}` is an https address.") from None
    return str(found)


def _launch_url(given: Mapping[str, Any]) -> str | None:
    found = given.get("launch_url")
    if found is None:
        return None
    if not isinstance(found, str) or redirect_fault(found, "web"):
        raise wrong("The member `launch_url` is an https address.")
    return found


def _check_grants(wanted: Wanted) -> None:
    if not wanted.grants or not set(wanted.grants) <= set(GRANTS):
        raise wrong(f"The member `grant_types` has some of: {', '.join(GRANTS)}.")
    system = wanted.application == "system"
    if (CREDENTIALS in wanted.grants) != system or (system and len(wanted.grants) > 1):
        raise wrong(
            "A `system` client has client_credentials and nothing else, and is the only one."
        )
    if system and wanted.method != "private_key_jwt":
        # SMART has its symmetric profile for applications that people use, and no others.
        raise wrong("A `system` client proves itself by private_key_jwt.")
    if not all(_is_of(scope, system=system) for scope in wanted.scopes):
        raise wrong("Scopes of the level `system/` are for `system` clients, which have no others.")
    if REFRESH in wanted.grants and not {CODE, DEVICE} & set(wanted.grants):
        raise wrong("refresh_token goes with authorization_code or the device grant.")


def _is_of(scope: str, *, system: bool) -> bool:
    of_back_ends = scope.startswith("system/")
    return of_back_ends or scope in SPECIAL if system else not of_back_ends


def _check_redirects(wanted: Wanted) -> None:
    if (CODE in wanted.grants) != bool(wanted.redirect_uris):
        raise wrong("authorization_code needs `redirect_uris`, and nothing else has them.")
    for address in wanted.redirect_uris:
        if redirect_fault(address, wanted.application):
            told = "A redirect address is https, http on 127.0.0.1 or a reversed domain name."
            raise wrong(told, "invalid_redirect_uri")


def _check_keys(wanted: Wanted) -> None:
    given = sum(one is not None for one in (wanted.jwks, wanted.jwks_uri))
    if wanted.method == "private_key_jwt" and given != 1:
        raise wrong("private_key_jwt needs either `jwks` or `jwks_uri`.")
    if wanted.method != "private_key_jwt" and given:
        raise wrong("`jwks` and `jwks_uri` are for private_key_jwt.")


def _check_profile(wanted: Wanted) -> None:
    if wanted.profile == "FAPI2" and not (wanted.dpop and wanted.method == "private_key_jwt"):
        raise wrong("The profile FAPI2 has private_key_jwt and dpop_bound_access_tokens.")


async def add(  # noqa: PLR0913  (who registers what, for whom, and by which dice)
    desk: Desk,
    wanted: Wanted,
    random: Random,
    now: datetime,
    by: str,
    *,
    organisation: UUID | None = None,
    person: UUID | None = None,
) -> Registered:
    """Register a client."""
    id_ = f"client-{opaque(random, 12)}"
    secret = opaque(random) if wanted.method == "client_secret_basic" else None
    await desk.run(
        _ADD,
        id=id_,
        name=wanted.name,
        organisation=organisation,
        person=person,
        application=wanted.application,
        method=wanted.method,
        profile=wanted.profile,
        grants=list(wanted.grants),
        redirect_uris=list(wanted.redirect_uris),
        scopes=list(wanted.scopes),
        dpop=wanted.dpop,
        jwks=None if wanted.jwks is None else json.dumps(wanted.jwks),
        jwks_uri=wanted.jwks_uri,
        secret=None if secret is None else hashed(secret),
        launch_url=wanted.launch_url,
        at=now,
        by=by,
    )
    return Registered(id_, secret)


async def listed(desk: Desk, now: datetime, organisation: UUID | None = None) -> list[Row]:
    """Return every client, of one organisation if it is named."""
    return await desk.rows(_LIST, at=now, organisation=organisation)


async def rotate(
    desk: Desk, id_: str, random: Random, now: datetime, organisation: UUID | None = None
) -> str | None:
    """Give a client another secret; the one before is good for a day more. None: it has none."""
    secret = opaque(random)
    done = await desk.run(
        _ROTATE, id=id_, secret=hashed(secret), until=now + OVERLAP, organisation=organisation
    )
    return secret if done else None


async def end(desk: Desk, id_: str, now: datetime, organisation: UUID | None = None) -> bool:
    """Revoke a client and all that it was granted; say whether it was there."""
    if not await desk.run(_REVOKE, id=id_, at=now, organisation=organisation):
        return False
    await revoke(desk, "client", now, "CLIENT_REVOKED", client=id_)
    return True


def shown(row: Row) -> dict[str, Any]:
    """Return what a manager may know of a client."""
    return {
        "client_id": row["id"],
        "client_name": row["name"],
        "application_type": row["application"],
        "token_endpoint_auth_method": row["method"],
        "profile": row["profile"],
        "grant_types": row["grants"],
        "redirect_uris": row["redirect_uris"],
        "scope": " ".join(row["scopes"]),
        "dpop_bound_access_tokens": row["dpop"],
        "launch_url": row["launch_url"],
        "revoked": row["revoked_at"] is not None,
        "grants": row["grants_now"],
    }
