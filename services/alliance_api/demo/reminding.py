"""The demo's notifier: programs of their own, a database of their own, and mail that lands in an inbox.

The API's package does not know the notifier's, so this starts it as an operator would.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from chassis.database import address
from chassis.migrating import ensure_database

from .inbox import Inbox, an_inbox
from .place import AUDIENCE, FOLDER, ISSUER, Place, keys, masters
from .tokens import token

DATABASE = "notifier_demo"
SERVICES = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Reminding:
    """Where the notifier is reached, and where its mail arrives."""

    address: str
    inbox: Inbox


@contextmanager
def reminding(place: Place, api: str) -> Iterator[Reminding]:
    """Run the notifier beside an API; give where it is."""
    with ExitStack() as stack:
        inbox = stack.enter_context(an_inbox())
        port = _free_port()
        environment = _environment(place, api, inbox, port)
        _run("migrate", environment, wait=True)
        for verb in ("web", "worker"):
            process = _run(verb, environment)
            stack.callback(_end, process)
        found = f"http://127.0.0.1:{port}"
        _wait(found)
        yield Reminding(found, inbox)


def _environment(place: Place, api: str, inbox: Inbox, port: int) -> dict[str, str]:
    server = address(place.admin_url, database="postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    url = ensure_database(server, DATABASE)
    secret = FOLDER / "feed.token"
    secret.touch(mode=0o600)
    secret.write_text(token("notifier", "feed.read", application="notifier"), encoding="utf-8")
    feed = {"name": "demo", "url": f"{api}/v1/feed", "token_file": str(secret.absolute())}
    smtp = {"host": "127.0.0.1", "port": inbox.smtp, "sender": "reminders@linden.invalid"}
    _, public = keys()
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SERVICES), os.environ.get("PYTHONPATH", "")]),
        "NOTIFIER_DATABASE_ADMIN_URL": url,
        "NOTIFIER_DATABASE_URL": address(url, user="notifier"),
        "NOTIFIER_MASTER_KEYS_FILE": str(masters().absolute()),
        "NOTIFIER_AUDIENCE": AUDIENCE,
        "NOTIFIER_TRUSTED_ISSUERS": json.dumps([{"name": ISSUER, "keys": {"keys": [public]}}]),
        "NOTIFIER_FEEDS": json.dumps([feed]),
        "NOTIFIER_SMTP": json.dumps({**smtp, "start_tls": False}),
        "NOTIFIER_PORT": str(port),
        "NOTIFIER_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


def _run(verb: str, environment: dict[str, str], *, wait: bool = False) -> subprocess.Popen[bytes]:
    log = (FOLDER / f"notifier-{verb}.log").open("wb")
    process = subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, "-m", "notifier", verb], env=environment, stdout=log, stderr=log
    )
    log.close()
    if wait and process.wait(PATIENCE_SECONDS):
        raise SystemExit(f"The notifier could not {verb}; see {FOLDER / f'notifier-{verb}.log'}.")
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(address: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health/ready", timeout=5).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"The notifier did not start; see {FOLDER / 'notifier-web.log'}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
