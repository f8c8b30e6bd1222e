"""The API, served on loopback in a thread, with a clock that the story can set."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn

from alliance_api.app import create_app
from alliance_api.settings import Settings

from .place import AUDIENCE, ISSUER, Place, exports, keys, masters

PORT = 8000


class Clock:
    """The time, or the time at which the story is."""

    def __init__(self) -> None:
        """Begin with the true time."""
        self.at: datetime | None = None

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at or datetime.now(UTC)


@contextmanager
def served(place: Place, clock: Clock) -> Iterator[str]:
    """Serve the API on loopback; give its address."""
    _, public = keys()
    settings = Settings(
        database_url=place.api_url,  # type: ignore[arg-type]  # pydantic makes it a secret
        master_keys_file=masters(),
        audience=AUDIENCE,
        trusted_issuers=json.dumps([{"name": ISSUER, "keys": {"keys": [public]}}]),
        export_key=exports().read_text(encoding="utf-8"),  # type: ignore[arg-type]  # the same
    )
    port = _port()
    config = uvicorn.Config(
        create_app(settings, clock), host="127.0.0.1", port=port, log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise SystemExit("The API could not be started; see the message above.")
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def _port() -> int:
    for wished in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wished))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No port is free on loopback.")
