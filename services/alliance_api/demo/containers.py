"""What `docker-compose.yml` begins with: secrets in files, a made-up practice, tokens for it.

Each folder is a volume of its own, and a container mounts those it needs: the service never sees a
superuser's password, and nobody but the operator the key that tokens are signed with.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import create_engine, text

from alliance_api.domain.ids import Kind, format_id
from alliance_api.store import seed
from chassis.database import for_sqlalchemy
from chassis.masters import BYTES, Ring
from chassis.tokens import mint, new_key

from .place import AUDIENCE, people_of

ISSUER = "https://compose.alliance.invalid"
HOST = "postgres"
# Of whichever API is up: with the profile `scale` two have this name.
FEED = "http://api:8000/v1/feed"
FEED_DAYS = 30
_PRIVATE, _FOR_ANOTHER_USER = 0o600, 0o444


def make_secrets(folder: Path) -> list[str]:
    """Make whatever is missing; return what was made. What is there is never changed."""
    made: list[str] = []

    def keep(name: str, content: str, mode: int = _PRIVATE) -> str:
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
                file.write(content)
            path.chmod(mode)
            made.append(name)
        return path.read_text(encoding="utf-8")

    _databases(keep)
    _keys(keep)
    return made


def _databases(keep: Any) -> None:
    """Make passwords, and the addresses they are part of."""
    passwords = {
        who: keep(f"postgres/{who}.password", secrets.token_urlsafe(32), _FOR_ANOTHER_USER)
        for who in ("postgres", "alliance_api", "notifier")
    }
    for name, who, database in (
        ("migrate/alliance.url", "postgres", "alliance"),
        ("migrate/notifier.url", "postgres", "notifier"),
        ("api/database.url", "alliance_api", "alliance"),
        ("notifier/database.url", "notifier", "notifier"),
    ):
        keep(name, f"postgresql://{who}:{quote(passwords[who])}@{HOST}/{database}")


def _keys(keep: Any) -> None:
    """Make the keys of both services, and the one that tokens are signed with."""
    for service in ("api", "notifier"):
        keep(f"{service}/masters.json", Ring({"first": os.urandom(BYTES)}).text())
    for name in ("ledger", "export"):
        keep(f"api/{name}.jwk", json.dumps(new_key()[0]))
    private, public = new_key()
    kept = json.loads(keep("operator/issuer.json", json.dumps([private, public])))
    trusted = json.dumps([{"name": ISSUER, "keys": {"keys": [kept[1]]}}])
    keep("api/issuers.json", trusted)
    keep("notifier/issuers.json", trusted)
    smtp = {"host": "mailpit", "port": 1025, "sender": "practice@linden.invalid"}
    keep("notifier/smtp.json", json.dumps({**smtp, "name": "Linden Practice"}))


def make_practice(url: str, folder: Path) -> bool:
    """Make a practice with six people and its notifier, if there is no organisation yet."""
    engine = create_engine(for_sqlalchemy(url))
    with engine.begin() as connection:
        if connection.execute(text("SELECT FROM organisations LIMIT 1")).first():
            return False
        organisation, people = people_of(connection)
        notifier = seed.person(connection, organisation, "The notifier")
        seed.appoint(connection, organisation, notifier, "NOTIFIER")
    engine.dispose()
    _remember(folder, organisation, {**people, "notifier": notifier})
    return True


def _remember(folder: Path, organisation: UUID, people: dict[str, UUID]) -> None:
    known = {
        "organisation": format_id(Kind.ORGANISATION, organisation),
        "people": {name: format_id(Kind.PERSON, uuid) for name, uuid in people.items()},
    }
    (folder / "operator" / "people.json").write_text(json.dumps(known), encoding="utf-8")


def feed_token(folder: Path) -> None:
    """Give the notifier a token for the feed, and tell it where that is."""
    path = folder / "notifier" / "feed.token"
    fresh = path.with_suffix(".new")
    fresh.write_text(token(folder, "notifier", "feed.read", hours=24 * FEED_DAYS), "utf-8")
    fresh.replace(path)
    feeds = [{"name": "linden", "url": FEED, "token_file": "/run/secrets/alliance/feed.token"}]
    (folder / "notifier" / "feeds.json").write_text(json.dumps(feeds), encoding="utf-8")


def token(folder: Path, person: str, scope: str, *, hours: float = 8.0) -> str:
    """Return a token for somebody of the made-up practice. Raises `KeyError` for anybody else."""
    known = json.loads((folder / "operator" / "people.json").read_text(encoding="utf-8"))
    private, public = json.loads((folder / "operator" / "issuer.json").read_text(encoding="utf-8"))
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": known["people"][person],
        "organisation": known["organisation"],
        "client_id": "compose",
        "scope": scope,
        "iat": now,
        "exp": now + int(hours * 3600),
    }
    return mint(private, claims, public["kid"])
