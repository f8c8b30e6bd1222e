"""`alliance oauth`: the keys that tokens are signed with, and what is left over."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from .common import Verbs, group, verb, with_database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alliance_api.oauth.signing_keys import Known
    from alliance_api.store.transaction import Database

T = TypeVar("T")


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    oauth = group(verbs, "oauth", "the authorization server: its keys, and what is over")
    keys = group(oauth, "keys", "the keys that tokens are signed with")
    verb(keys, "new", "make keys that sign at once, as after a loss", _new)
    verb(
        keys,
        "rotate",
        "publish keys now that sign in ten minutes; the old ones stay a while",
        _rotate,
    )
    verb(keys, "list", "list the published keys", _list)
    revoke = verb(keys, "revoke", "take a key away at once: nothing it signed is good", _revoke)
    revoke.add_argument("kid")
    verb(oauth, "tidy", "take away what is over and decides nothing any more", _tidy)


def _made(starts: datetime | None) -> int:
    from alliance_api.oauth import signing_keys

    now = datetime.now(UTC)
    for kid in with_database(
        lambda database: signing_keys.rotate(database, now, starts=starts), opening=True
    ):
        print(kid)
    first = starts or now + signing_keys.PUBLISHED_BEFORE
    print(f"They sign from {first:%Y-%m-%d %H:%M} UTC on; the ones before are published a while.")
    return 0


def _new(_: argparse.Namespace) -> int:
    return _made(datetime.now(UTC))


def _rotate(_: argparse.Namespace) -> int:
    return _made(None)


def _list(_: argparse.Namespace) -> int:
    from alliance_api.oauth import signing_keys

    now = datetime.now(UTC)

    async def work(database: Database) -> Sequence[Known]:
        async with database.desk() as desk:
            return await signing_keys.listed(desk, now)

    for key in with_database(work, opening=True):
        until = f" until {key.signs_until:%Y-%m-%d %H:%M}" if key.signs_until else ""
        state = "signs" if key.signs(now) else "published"
        print(f"{key.kid}  {key.algorithm}  {state}  from {key.signs_from:%Y-%m-%d %H:%M}{until}")
    return 0


def _revoke(found: argparse.Namespace) -> int:
    from alliance_api.oauth import signing_keys

    if not with_database(
        lambda database: signing_keys.drop(database, found.kid, datetime.now(UTC)), opening=True
    ):
        sys.exit("There is no such key, or it is gone already.")
    print("Gone. Make another if none is left that signs: `alliance oauth keys new`.")
    return 0


def _tidy(_: argparse.Namespace) -> int:
    from alliance_api.oauth import once

    done = with_database(lambda database: once.tidy(database, datetime.now(UTC)), opening=True)
    print(f"{done} rows were over, and are gone.")
    return 0
