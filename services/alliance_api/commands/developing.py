"""`alliance schema`, `alliance token` and `alliance demo`."""

from __future__ import annotations

import argparse
import sys

from .common import Verbs, verb


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    schema = verb(verbs, "schema", "write the generated files anew", _schema)
    schema.add_argument("--check", action="store_true", help="only say whether they are fresh")

    token = verb(verbs, "token", "mint a token that the demo trusts", _token)
    token.add_argument("--as", dest="person", required=True, help="for example: therapist")
    token.add_argument("--scope", default="user/*.cruds", help="SMART v2 scopes")
    token.add_argument("--hours", type=float, default=8.0)

    demo = verb(verbs, "demo", "serve everything on this machine with made-up people", _demo)
    demo.add_argument("--once", action="store_true", help="tell the story, check it, and leave")


def _schema(found: argparse.Namespace) -> int:
    from alliance_api.golden import check, write

    if not found.check:
        write()
        return 0
    stale = check()
    for path in stale:
        print(f"{path} is not fresh; run `make schema`", file=sys.stderr)
    return 1 if stale else 0


def _token(found: argparse.Namespace) -> int:
    from alliance_api.demo.tokens import token

    print(token(found.person, found.scope, hours=found.hours))
    return 0


def _demo(found: argparse.Namespace) -> int:
    from alliance_api.demo.story import run

    return run(once=found.once)
