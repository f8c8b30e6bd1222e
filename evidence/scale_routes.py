"""The paths of both services, as they are served."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alliance_api.app import create_app as api
from alliance_api.settings import Settings
from chassis.masters import Ring
from notifier.app import create_app as notifier
from notifier.settings import Settings as NotifierSettings

# Nothing is opened before a service starts.
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def routes() -> dict[str, set[str]]:
    """Return the paths by service."""
    with tempfile.TemporaryDirectory() as folder:
        masters = Path(folder) / "masters.json"
        masters.write_text(Ring({"first": bytes(32)}).text(), encoding="utf-8")
        ours: dict[str, Any] = {"database_url": NOWHERE, "master_keys_file": masters}
        relay = json.dumps({"host": "x", "port": 1, "sender": "x@y.invalid"})
        front: Any = api(Settings(**ours, issuer="https://house.test"))
        app: Any = notifier(NotifierSettings(**ours | {"smtp": relay}))
        return {
            "api": {"/graphql", *_paths(front._rest.routes)},  # noqa: SLF001  (it has no other way to tell)
            "notifier": {*app.openapi()["paths"], *_paths(app.routes)},
        }


def _paths(routes: Iterable[Any]) -> set[str]:
    # A router that is part of another has no path of its own.
    return {route.path for route in routes if hasattr(route, "path")}
