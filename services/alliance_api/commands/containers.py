"""`alliance containers`: what docker-compose.yml begins with."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .common import Verbs, admin_url, group, verb

FOLDER = Path("/run/secrets/alliance")


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    containers = group(verbs, "containers", "make what docker-compose.yml begins with")
    made = verb(
        containers, "secrets", "make the secrets that are missing, each in a file", _secrets
    )
    practice = verb(containers, "practice", "make a made-up practice, if there is none", _practice)
    token = verb(containers, "token", "mint a token for somebody of that practice", _token)
    token.add_argument("--as", dest="person", required=True, help="for example: therapist")
    token.add_argument("--scope", default="user/*.cruds", help="SMART v2 scopes")
    for each in (made, practice, token):
        each.add_argument("--folder", type=Path, default=FOLDER)


def _secrets(found: argparse.Namespace) -> int:
    from alliance_api.demo.containers import make_secrets

    print(f"{len(make_secrets(found.folder))} secrets were made.")
    return 0


def _practice(found: argparse.Namespace) -> int:
    from alliance_api.demo.containers import feed_token, make_practice

    made = make_practice(admin_url(), found.folder)
    if (found.folder / "operator" / "people.json").exists():
        feed_token(found.folder)
    print("Linden Practice was made." if made else "There is an organisation already.")
    return 0


def _token(found: argparse.Namespace) -> int:
    from alliance_api.demo.containers import token

    try:
        print(token(found.folder, found.person, found.scope))
    except (KeyError, FileNotFoundError):
        sys.exit(f"There is nobody called {found.person} in a practice made here.")
    return 0
