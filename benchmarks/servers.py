"""Both stacks as programs: the same server, the same number of workers, started the same way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from alliance_api.domain.ids import Kind, format_id
from chassis.tokens import mint, new_key

from .data import MASTERS, Data, person
from .operations import Request

ISSUER, APPLICATION = "https://benchmarks.invalid", "benchmarks"
ROOT = Path(__file__).parent.parent
START = 60.0


@dataclass(frozen=True)
class Server:
    """A running stack."""

    name: str
    port: int
    tokens: Tokens

    def framed(self, requests: Sequence[Request]) -> list[bytes]:
        """Return requests as HTTP."""
        return [self._framed(*request) for request in requests]

    def _framed(self, who: UUID, body: bytes) -> bytes:
        head = (
            "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.tokens.of(who)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def ask(self, request: Request) -> Any:
        """Return the data of one answer. Raises if there are errors."""
        who, body = request
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.tokens.of(who)}",
        }
        url = f"http://127.0.0.1:{self.port}/graphql"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
            found = json.load(response)
        if found.get("errors"):
            raise RuntimeError(f"{self.name}: {found['errors']}")
        return found["data"]


class Tokens:
    """Mints tokens that Alliance trusts; the plain stack only reads who they are for."""

    def __init__(self, organisation: UUID) -> None:
        self._private, self.public = new_key()
        self._organisation = format_id(Kind.ORGANISATION, organisation)
        self._made: dict[UUID, str] = {}

    def of(self, who: UUID) -> str:
        """Return the token of a person."""
        if who not in self._made:
            claims = {
                "iss": ISSUER,
                "aud": "alliance",
                "sub": person(who),
                "organisation": self._organisation,
                "scope": "user/*.cruds",
                "client_id": APPLICATION,
                "exp": time.time() + 86_400,
            }
            self._made[who] = mint(self._private, claims, self.public["kid"])
        return self._made[who]


def _trusted(tokens: Tokens) -> dict[str, str]:
    issuers = [{"name": ISSUER, "keys": {"keys": [tokens.public]}}]
    return {"TRUSTED_ISSUERS": json.dumps(issuers), "MASTER_KEYS_FILE": str(MASTERS)}


@contextmanager
def alliance(data: Data, tokens: Tokens, workers: int) -> Iterator[Server]:
    """Serve Alliance, as the role that is under the law."""
    environment = {"DATABASE_URL": data.role("alliance_api"), **_trusted(tokens)}
    with _served("alliance_api.app:create_app", environment, workers) as port:
        yield Server("alliance", port, tokens)


@contextmanager
def issuing(data: Data, application: str) -> Iterator[int]:
    """Serve an application of Alliance that gives its tokens itself; yield its port."""
    environment = {"DATABASE_URL": data.role("alliance_api"), "MASTER_KEYS_FILE": str(MASTERS)}
    with _served(application, {**environment, "ISSUER": ISSUER}, 1) as port:
        yield port


@contextmanager
def lawless(url: str, tokens: Tokens, workers: int) -> Iterator[Server]:
    """Serve Alliance without law and ledger, from a database that has none."""
    environment = {"DATABASE_URL": url, **_trusted(tokens)}
    with _served("benchmarks.lawless:create_app", environment, workers) as port:
        yield Server("lawless", port, tokens)


@contextmanager
def plain(data: Data, tokens: Tokens, workers: int) -> Iterator[Server]:
    """Serve the plain stack, as a role that is above the law."""
    environment = {"DATABASE_URL": data.url, "ORGANISATION": str(data.organisation)}
    with _served("benchmarks.plain:create_app", environment, workers) as port:
        yield Server("plain", port, tokens)


@contextmanager
def _served(application: str, environment: dict[str, str], workers: int) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", application, "--port", str(port)]
    command += ["--workers", str(workers), "--no-access-log", "--log-level", "warning"]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-server-header"]
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment, "PYTHONPATH": f"{ROOT / 'services'}:{ROOT}"},
        cwd=ROOT,
    )
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
        except urllib.error.HTTPError as answered:  # a 404 is an answer too
            answered.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("a server did not start")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
