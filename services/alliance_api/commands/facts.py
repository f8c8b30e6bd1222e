"""`alliance facts`: what an operator does with the feed's facts."""

from __future__ import annotations

import argparse
import asyncio
import re
from datetime import timedelta

from .common import Verbs, admin_url, group, verb

LEAST = timedelta(days=7)


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    facts = group(
        verbs, "facts", "keep the feed's facts: take out old ones, or mend a restored feed"
    )
    prune = verb(facts, "prune", "delete old facts that do not stand any more", _prune)
    prune.add_argument(
        "--older-than", type=_age, required=True, metavar="AGE", help="days, 400d; at least 7d"
    )
    verb(facts, "renumber", "after a restore: let what is kept come before what is new", _renumber)


def _age(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})d", text)
    age = timedelta(days=int(found[1])) if found else timedelta()
    if age < LEAST:
        told = f"give days, such as 400d, and at least {LEAST.days}d: slow readers need time"
        raise argparse.ArgumentTypeError(told)
    return age


def _prune(found: argparse.Namespace) -> int:
    async def run() -> int:
        from alliance_api.store import keeping, retention

        async with keeping.connected(admin_url()) as connection:
            return await retention.prune(connection, found.older_than)

    print(f"{asyncio.run(run())} facts are gone. What still stands is there.")
    return 0


def _renumber(_: argparse.Namespace) -> int:
    async def run() -> int:
        from alliance_api.store import keeping, retention

        async with keeping.connected(admin_url()) as connection:
            return await retention.renumber(connection)

    print(f"{asyncio.run(run())} facts come before whatever is stated from now on.")
    return 0
