"""`alliance migrate` and `alliance revision`."""

from __future__ import annotations

import argparse
import sys

from .common import Verbs, admin_url, have_masters, verb


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    migrate = verb(
        verbs, "migrate", "bring the database at DATABASE_ADMIN_URL up to date", _migrate
    )
    migrate.add_argument("--down", metavar="REVISION", help="go back to it; `base` undoes all")

    revision = verb(verbs, "revision", "begin a migration", _revision)
    revision.add_argument("message", help="what it does")


def _migrate(found: argparse.Namespace) -> int:
    from alliance_api.store.instruments import sync_all
    from alliance_api.store.migrate import ensure_roles, migrate

    url = admin_url()
    ensure_roles(url)
    migrate(url, found.down or "head", down=found.down is not None)
    if found.down:
        print(f"Back at {found.down}.")
        return 0
    try:
        changed = sync_all(url)
    except PermissionError:
        sys.exit("The tables are up to date, their instruments not: migrate as a superuser.")
    _seal_texts()
    told = f" {changed} rows about instruments were brought up to date." if changed else ""
    print(f"The database is up to date.{told}")
    return 0


def _seal_texts() -> None:
    """Seal what was stored before there were keys, or say that it lies there in plain."""
    from .keys import plain_texts, seal_texts

    if have_masters():
        if done := seal_texts():
            print(f"{done} texts that lay there in plain are sealed now.")
    elif left := plain_texts():
        print(
            f"{left} texts lie there in plain. Set MASTER_KEYS_FILE and run `alliance keys seal`."
        )


def _revision(found: argparse.Namespace) -> int:
    from alliance_api.store.migrate import revision

    print(f"Written: {revision(admin_url(), found.message)}")
    return 0
