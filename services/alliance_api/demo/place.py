"""Where the demo lives: its folder, its database, its key and its people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from alliance_api.domain.ids import Kind, format_id
from alliance_api.store import seed
from alliance_api.store.migrate import ensure_roles, migrate
from chassis import embedded
from chassis.database import address, for_sqlalchemy
from chassis.masters import BYTES, Ring
from chassis.migrating import ensure_database
from chassis.signing import key_at
from chassis.tokens import new_key

FOLDER = Path("var") / "demo"
DATABASE = "alliance_demo"
ISSUER = "https://demo.alliance.invalid"
AUDIENCE = "alliance"


@dataclass(frozen=True, slots=True)
class Place:
    """A database that is ready, and who is in it."""

    admin_url: str
    api_url: str
    organisation: UUID
    people: Mapping[str, UUID]

    def person(self, name: str) -> str:
        """Return the global id of a person."""
        return format_id(Kind.PERSON, self.people[name])


NAMES = {
    "client": "Amira Haddad",
    "therapist": "Tomas Lindqvist",
    "supervisor": "Ruth Mbeki",
    "manager": "Clara Jensen",
    "caregiver": "Samir Haddad",
    "stranger": "Viktor Stein",
}


def prepare() -> Place:
    """Start the private PostgreSQL, and fill a fresh database with an organisation and six people."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = embedded.start((FOLDER / "postgres").absolute())
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    url = ensure_database(server, DATABASE)
    ensure_roles(url)
    migrate(url)
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.begin() as connection:
        organisation, people = people_of(connection)
    place = Place(url, address(url, user="alliance_api"), organisation, people)
    _remember(place)
    return place


def close() -> None:
    """Stop the private PostgreSQL."""
    embedded.stop((FOLDER / "postgres").absolute())


def people_of(connection: Connection) -> tuple[UUID, dict[str, UUID]]:
    """Make Linden Practice and its six people."""
    organisation = seed.organisation(connection, "Linden Practice", permitted=seed.DEMONSTRATION)
    people = {
        role: seed.person(
            connection,
            organisation,
            name,
            birth_date=date(1994, 6, 3) if role == "client" else None,
            manager=role == "manager",
        )
        for role, name in NAMES.items()
    }
    people["notifier"] = seed.person(connection, organisation, "Notifier")
    seed.appoint(connection, organisation, people["notifier"], "NOTIFIER")
    return organisation, people


def join(place: Place, case: UUID) -> None:
    """Let supervisor and caregiver join a case (a later issue gives this a mutation)."""
    engine = create_engine(for_sqlalchemy(place.admin_url), poolclass=NullPool)
    with engine.begin() as connection:
        for role in ("supervisor", "caregiver"):
            seed.join(
                connection,
                place.organisation,
                case,
                place.people["client"],
                place.people[role],
                role.upper(),
            )


def keys() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the demo's private and public key, made on the spot the first time."""
    path = FOLDER / "signing.key"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        private, public = new_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump({"private": private, "public": public}, file)
    found = json.loads(path.read_text(encoding="utf-8"))
    return found["private"], found["public"]


def exports() -> Path:
    """Return the file of the key that signs archives, made on the spot the first time."""
    path = FOLDER / "export.jwk"
    key_at(path)
    return path


def masters() -> Path:
    """Return the file of the demo's master keys, made on the spot the first time."""
    path = FOLDER / "masters.json"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        Ring({"demo": os.urandom(BYTES)}).write(path)
    return path


def _remember(place: Place) -> None:
    known = {
        "organisation": format_id(Kind.ORGANISATION, place.organisation),
        "people": {name: place.person(name) for name in place.people},
    }
    (FOLDER / "people.json").write_text(json.dumps(known), encoding="utf-8")


def remembered() -> dict[str, Any]:
    """Return the ids that the last demo left, for `alliance token`."""
    path = FOLDER / "people.json"
    if not path.exists():
        raise SystemExit("There is no demo here yet. Run `make demo` first, in this folder.")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
