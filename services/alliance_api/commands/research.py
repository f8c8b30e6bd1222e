"""`alliance research refresh`."""

from __future__ import annotations

import argparse

from .common import Verbs, admin_url, group, verb


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    research = group(verbs, "research", "what clients gave to research")
    help_ = (
        "make the records of consenting clients anew; run it seldom, so that no rating stands out"
    )
    verb(research, "refresh", help_, _refresh)


def _refresh(_: argparse.Namespace) -> int:
    import asyncio

    made = asyncio.run(_refreshed(admin_url()))
    print(f"{made} records." if made else "No records: fewer than five clients take part.")
    return 0


async def _refreshed(url: str) -> int:
    import psycopg

    from alliance_api.charter.principal import house_of
    from alliance_api.store.seals import organisations
    from alliance_api.store.transaction import Database
    from alliance_api.usecases import research

    with psycopg.connect(url) as connection:
        found = organisations(connection)
    database, total = Database(url, size=1), 0
    for organisation in found:
        async with database.write(house_of(organisation)) as tx:
            total += await research.refresh(tx)
    await database.close()
    return total
