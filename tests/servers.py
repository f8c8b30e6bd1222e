"""Real uvicorns on loopback, over real sockets: replicas of one house."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from alliance_api.app import create_app
from alliance_api.graph.websocket import SERVED
from tests.house import House


@contextmanager
def replica(house: House) -> Iterator[str]:
    """Serve a house by one more server; yield its address."""
    config = uvicorn.Config(
        create_app(house.settings()),
        port=0,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        **SERVED,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
