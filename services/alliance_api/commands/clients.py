"""`alliance client`: applications that may ask for tokens."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .common import Verbs, admin_url, group, verb, with_database

if TYPE_CHECKING:
    from uuid import UUID

    from alliance_api.oauth.registering import Registered, Wanted
    from alliance_api.store.transaction import Database

T = TypeVar("T")


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    clients = group(verbs, "client", "register applications that may ask for tokens")
    add = verb(clients, "add", "register one; what its developer needs is printed once", _add)
    add.add_argument("name", help="as people read it when they are asked")
    add.add_argument("--redirect", action="append", default=[], metavar="URL")
    add.add_argument("--scope", required=True, help='what it may ask for: "openid user/*.rs"')
    add.add_argument("--organisation", metavar="ID", help="for its people only")
    add.add_argument("--native", action="store_true", help="on a phone or a computer")
    add.add_argument("--system", action="store_true", help="a back end without people, as an EHR")
    add.add_argument("--device", action="store_true", help="a kiosk: it shows a code")
    add.add_argument("--secret", action="store_true", help="it can keep a secret; keys are better")
    add.add_argument("--jwks", type=Path, help="a file with its public keys")
    add.add_argument("--jwks-url", help="where it publishes its keys")
    add.add_argument("--dpop", action="store_true", help="its tokens are bound to a key")
    add.add_argument("--fapi2", action="store_true", help="the profile FAPI 2, with DPoP")
    add.add_argument("--launch-url", help="where an EHR launches it")
    listed = verb(clients, "list", "list them, with how many grants each has", _list)
    listed.add_argument("--organisation", metavar="ID")
    rotate = verb(clients, "rotate", "give one another secret; the old is good for a day", _rotate)
    rotate.add_argument("id")
    revoke = verb(clients, "revoke", "end one, and all that it was granted, at once", _revoke)
    revoke.add_argument("id")


def organisation_of(text: str | None) -> UUID | None:
    """Return an organisation's id, or leave saying how it is spelt."""
    from alliance_api.domain.ids import Kind, parse_id

    if text is None:
        return None
    found = parse_id(text)
    if found is None or found[0] != Kind.ORGANISATION:
        sys.exit("An organisation is named by its id: organisation-0192…")
    return found[1]


def _wanted(found: argparse.Namespace) -> dict[str, Any]:
    from alliance_api.oauth.clients import CODE, DEVICE, REFRESH

    given: dict[str, Any] = {
        "client_name": found.name,
        "scope": found.scope,
        "redirect_uris": found.redirect,
        "dpop_bound_access_tokens": found.dpop or found.fapi2,
        "profile": "FAPI2" if found.fapi2 else "SMART",
        "launch_url": found.launch_url,
        "jwks_uri": found.jwks_url,
        "token_endpoint_auth_method": _method(found),
    }
    if found.jwks:
        given["jwks"] = json.loads(found.jwks.read_text(encoding="utf-8"))
    if found.native or found.system:
        given["application_type"] = "system" if found.system else "native"
    if found.device:
        given["grant_types"] = [DEVICE, REFRESH] + ([CODE] if found.redirect else [])
    return given


def _method(found: argparse.Namespace) -> str:
    if found.jwks or found.jwks_url:
        return "private_key_jwt"
    return "client_secret_basic" if found.secret else "none"


def _add(found: argparse.Namespace) -> int:
    from alliance_api.oauth import registering
    from alliance_api.oauth.errors import OAuthError

    organisation = organisation_of(found.organisation)
    if found.system and organisation is None:
        sys.exit("A back end acts in an organisation: --organisation organisation-0192…")
    try:
        wanted = registering.checked(_wanted(found), loopback=True)
    except (OAuthError, OSError, ValueError) as error:
        sys.exit(error.description if isinstance(error, OAuthError) else f"--jwks: {error}")
    person = _somebody(organisation, found.name) if found.system and organisation else None

    async def work(database: Database) -> Registered:
        async with database.desk() as desk:
            return await registering.add(
                desk,
                wanted,
                os.urandom,
                datetime.now(UTC),
                "operator",
                organisation=organisation,
                person=person,
            )

    _tell(wanted, with_database(work))
    return 0


def _somebody(organisation: UUID, name: str) -> UUID:
    """Make whom a back end is in its organisation: a person with the office of an EHR."""
    from sqlalchemy import create_engine

    from alliance_api.store import seed
    from chassis.database import for_sqlalchemy

    engine = create_engine(for_sqlalchemy(admin_url()))
    with engine.begin() as connection:
        person = seed.person(connection, organisation, name, office="EHR")
    engine.dispose()
    return person


def _tell(wanted: Wanted, made: Registered) -> None:
    issuer = os.environ.get("ISSUER", "ISSUER")
    print(f"client_id      {made.id}")
    if made.secret is not None:
        print(f"client_secret  {made.secret}   (shown once, kept as a hash)")
    print(f"authenticate   {wanted.method}{', with DPoP' if wanted.dpop else ''}")
    print(f"grant_types    {' '.join(wanted.grants)}")
    for address in wanted.redirect_uris:
        print(f"redirect_uri   {address}")
    print(f"scope          {' '.join(wanted.scopes)}")
    print(f"discovery      {issuer}/.well-known/openid-configuration")
    print(f"SMART          {issuer}/fhir/.well-known/smart-configuration")


def _list(found: argparse.Namespace) -> int:
    from alliance_api.oauth import registering

    organisation = organisation_of(found.organisation)

    async def work(database: Database) -> list[dict[str, Any]]:
        async with database.desk() as desk:
            return await registering.listed(desk, datetime.now(UTC), organisation)

    for row in with_database(work):
        told = registering.shown(row)
        ended = "  revoked" if told["revoked"] else ""
        kind = f"{told['application_type']}, {told['token_endpoint_auth_method']}"
        print(f"{told['client_id']}  {told['client_name']}  {kind}  {told['grants']} grants{ended}")
    return 0


def _rotate(found: argparse.Namespace) -> int:
    from alliance_api.oauth import registering

    async def work(database: Database) -> str | None:
        async with database.desk() as desk:
            return await registering.rotate(desk, found.id, os.urandom, datetime.now(UTC))

    secret = with_database(work)
    if secret is None:
        sys.exit("There is no such client with a secret. Keys are rotated by who has them.")
    print(f"client_secret  {secret}   (shown once; the old one is good for a day)")
    return 0


def _revoke(found: argparse.Namespace) -> int:
    from alliance_api.oauth import registering

    async def work(database: Database) -> bool:
        async with database.desk() as desk:
            return await registering.end(desk, found.id, datetime.now(UTC))

    if not with_database(work):
        sys.exit("There is no such client, or it was revoked before.")
    print("Revoked, and all its grants with it.")
    return 0
