"""Servers of ours as programs of their own, over one database, as replicas are."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.house import House

WAIT_SECONDS = 60.0
_READY = 200


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@contextmanager
def two_servers(house: House, folder: Path) -> Iterator[tuple[str, str]]:
    """Run two programs `alliance serve`; give their addresses. Both call themselves the first."""
    ports = [free_port(), free_port()]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    environment = {
        **os.environ,
        "DATABASE_URL": house.url,
        "MASTER_KEYS_FILE": str(house.masters),
        "ISSUER": addresses[0],
        "POOL_SIZE": "8",
    }
    with ExitStack() as stack:
        for port in ports:
            command = [sys.executable, "-m", "alliance_api", "serve", "--port", str(port)]
            log = stack.enter_context((folder / f"{port}.log").open("wb"))
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            stack.callback(_end, process)
        for address in addresses:
            _await(address)
        yield addresses[0], addresses[1]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=30)


def _await(address: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health/ready", trust_env=False).status_code == _READY:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("a server did not start")
