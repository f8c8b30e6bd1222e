"""What an orchestrator asks."""

from __future__ import annotations

from starlette.routing import BaseRoute

from alliance_api.store.transaction import Database
from chassis import health


def routes(database: Database) -> list[BaseRoute]:
    """Return the health routes: alive, and ready when the database answers."""
    return [health.live(), health.ready(database.check)]
