"""`alliance publish`: the figures of a closed quarter, once and for good."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .common import Verbs, admin_url, verb

if TYPE_CHECKING:
    from alliance_api.domain.periods import Period


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    publish = verb(
        verbs, "publish", "publish the aggregates of a quarter that is over, once", _publish
    )
    publish.add_argument("--period", metavar="QUARTER", help="for example 2026-Q3; else the last")


def _publish(found: argparse.Namespace) -> int:
    import asyncio

    from alliance_api.domain.periods import last_closed, quarter

    now = datetime.now(UTC).replace(microsecond=0)
    period = quarter(found.period) if found.period else last_closed(now)
    if period is None:
        sys.exit("A period is a quarter such as 2026-Q3. Give one with --period, or none.")
    if not period.is_closed(now):
        sys.exit(f"{period.name} is not over. Publish it from the day after {period.ends_on} on.")
    cells = asyncio.run(_publish_all(admin_url(), now, period))
    told = f"{cells} cells" if cells else "nothing that was not published before"
    print(f"Published {told} of {period.name}.")
    return 0


async def _publish_all(url: str, now: datetime, period: Period) -> int:
    import psycopg

    from alliance_api.charter.principal import house_of
    from alliance_api.store.seals import organisations
    from alliance_api.store.transaction import Database
    from alliance_api.usecases.aggregates import publish

    with psycopg.connect(url) as connection:
        found = organisations(connection)
    database, cells = Database(url, size=1), 0
    await database.open()
    # One organisation at a time: what one of them publishes does not wait for the others.
    for organisation in found:
        async with database.write(house_of(organisation)) as tx:
            cells += await publish(tx, now, period)
    await database.close()
    return cells
