"""`alliance account`: who may sign in here, and by which identity provider."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from .common import Verbs, admin_url, group, verb

if TYPE_CHECKING:
    from alliance_api.store.desk import Desk
    from alliance_api.store.transaction import Database

ADDRESS = "ISSUER"


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    account = group(verbs, "account", "let people sign in, and stop it")
    invite = verb(
        account,
        "invite",
        "print a link by which a person sets up their account, or begins anew",
        _invite,
    )
    invite.add_argument("person", help="the person's id: person-…")
    invite.add_argument("--name", help="what they type to sign in; made up unless given")
    invite.add_argument("--hours", type=int, default=72, help="how long the link is good")
    disable = verb(
        account, "disable", "sign a person out everywhere, and let them in no more", _off
    )
    disable.add_argument("person")
    link = verb(account, "link", "let an identity provider vouch for a person, by its `sub`", _link)
    link.add_argument("person")
    link.add_argument("--provider", required=True, help="its name in IDENTITY_PROVIDERS")
    link.add_argument("--subject", required=True, help="the `sub` it gives this person")
    link.add_argument("--remove", action="store_true", help="take the link away")


def _person(text: str) -> UUID:
    from alliance_api.domain.ids import Kind, parse_id

    found = parse_id(text)
    if found is None or found[0] != Kind.PERSON:
        sys.exit("A person's id is written person-…, as the API shows it.")
    return found[1]


def _organisation(person: UUID) -> UUID:
    """Return a person's organisation, or leave."""
    import psycopg

    asked = "SELECT organisation_id FROM people WHERE id = %s AND erased_at IS NULL"
    with psycopg.connect(admin_url()) as connection:
        row = connection.execute(asked, [person]).fetchone()
    if row is None:
        sys.exit("There is no such person, or they were erased.")
    found: UUID = row[0]
    return found


def _invite(found: argparse.Namespace) -> int:
    person = _person(found.person)
    address = os.environ.get(ADDRESS, "").rstrip("/")
    if not address:
        sys.exit(f"Set {ADDRESS} to the public address of this house: the link begins with it.")
    if not 1 <= found.hours <= 24 * 14:
        sys.exit("--hours: from 1 to 336.")
    name, secret = asyncio.run(
        _invited(_organisation(person), person, found.name, timedelta(hours=found.hours))
    )
    print(f"{address}/account/enrol?invitation={secret}")
    print(
        f"Sign-in name: {name}\nThe link is good once, for {found.hours} hours. Whoever has it can "
        "become this person: hand it over in person or on a way that only they can read.",
        file=sys.stderr,
    )
    return 0


async def _invited(
    organisation: UUID, person: UUID, name: str | None, lasts: timedelta
) -> tuple[str, str]:
    from alliance_api.app import utc_now
    from alliance_api.oauth.people import invitations
    from alliance_api.oauth.people.accounts import NameTaken

    database = _database()
    try:
        async with database.desk() as desk:
            account, secret = await invitations.invite(
                desk, organisation, person, name=name, by=None, now=utc_now(), lasts=lasts
            )
    except NameTaken:
        sys.exit("--name: somebody else signs in by this name.")
    finally:
        await database.close()
    return account.name, secret


def _database() -> Database:
    from alliance_api.store.transaction import Database

    return Database(admin_url(), size=1)


def _off(found: argparse.Namespace) -> int:
    person = _person(found.person)
    if not asyncio.run(_disabled(_organisation(person), person)):
        sys.exit("This person has no account here, and no provider vouches for them.")
    print("Signed out everywhere. Only a new invitation or link lets this person in again.")
    return 0


_NO_LINKS = """
DELETE FROM oauth.upstream_links WHERE organisation_id = %(organisation)s AND person_id = %(person)s
"""
_SIGN_OUT = """
DELETE FROM oauth.sessions WHERE organisation_id = %(organisation)s AND person_id = %(person)s
"""


async def _disabled(organisation: UUID, person: UUID) -> bool:
    from alliance_api.app import utc_now
    from alliance_api.oauth.people import accounts, sessions

    database, now = _database(), utc_now()
    try:
        async with database.desk() as desk:
            account = await accounts.by_person(desk, organisation, person)
            if account is not None:
                await accounts.disable(desk, account.id, now)
                await sessions.revoke_account(desk, account.id)
            whose = {"organisation": organisation, "person": person}
            links = await desk.run(_NO_LINKS, **whose)
            await _sign_out(desk, organisation, person)
    finally:
        await database.close()
    return account is not None or links > 0


async def _sign_out(desk: Desk, organisation: UUID, person: UUID) -> None:
    """End a person's sign-ins, and what they allowed applications."""
    from alliance_api.app import utc_now
    from alliance_api.oauth import revoking

    whose = {"organisation": organisation, "person": person}
    await desk.run(_SIGN_OUT, **whose)
    await revoking.revoke(desk, "person", utc_now(), "PERSON", **whose)


_LINK = """
INSERT INTO oauth.upstream_links (provider, subject, organisation_id, person_id, made_at)
VALUES (%(provider)s, %(subject)s, %(organisation)s, %(person)s, now()) ON CONFLICT DO NOTHING
"""
_UNLINK = """
DELETE FROM oauth.upstream_links WHERE provider = %(provider)s AND subject = %(subject)s
  AND organisation_id = %(organisation)s AND person_id = %(person)s
"""


def _link(found: argparse.Namespace) -> int:
    person = _person(found.person)
    work = _unlinked if found.remove else _linked
    done = asyncio.run(work(_organisation(person), person, found.provider, found.subject))
    if not done:
        sys.exit(
            "There is no such link."
            if found.remove
            else "This `sub` is linked already: take that link away first."
        )
    print("The link is gone, and the person signed out everywhere." if found.remove else "Linked.")
    return 0


async def _linked(organisation: UUID, person: UUID, provider: str, subject: str) -> int:
    database = _database()
    whose = {"organisation": organisation, "person": person}
    try:
        async with database.desk() as desk:
            return await desk.run(_LINK, **whose, provider=provider, subject=subject)
    finally:
        await database.close()


async def _unlinked(organisation: UUID, person: UUID, provider: str, subject: str) -> int:
    database = _database()
    whose = {"organisation": organisation, "person": person}
    try:
        async with database.desk() as desk:
            done = await desk.run(_UNLINK, **whose, provider=provider, subject=subject)
            if done:
                await _sign_out(desk, organisation, person)
            return done
    finally:
        await database.close()
