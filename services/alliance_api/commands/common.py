"""What every verb begins with."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

Command = Callable[[argparse.Namespace], int]
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  (argparse names it no other way)


def verb(verbs: Verbs, name: str, help_: str, run: Command) -> argparse.ArgumentParser:
    """Add a verb that calls `run`; return its parser, for its options."""
    parser = verbs.add_parser(name, help=help_, description=help_)
    parser.set_defaults(run=run)
    return parser


def group(verbs: Verbs, name: str, help_: str) -> Verbs:
    """Add a verb that has verbs of its own: `alliance ledger verify`."""
    parser = verbs.add_parser(name, help=help_, description=help_)
    return parser.add_subparsers(title="verbs", metavar="VERB", required=True)


def admin_url() -> str:
    """Return the operator's database URL, or leave saying how to give it."""
    url = os.environ.get("DATABASE_ADMIN_URL", "")
    file = os.environ.get("DATABASE_ADMIN_URL_FILE")
    if file and not url:
        url = Path(file).read_text(encoding="utf-8").strip()
    if not url:
        sys.exit(
            "Set DATABASE_ADMIN_URL to PostgreSQL 18 as a user that may create roles, for example "
            "postgresql://postgres@localhost/alliance"
        )
    return url
