"""Canaries in every column that is somebody's: seen by whom the oracle allows, and by nobody else.

The service runs in a process of its own, with every log and span kept; PostgreSQL logs all that it
may. Everybody asks for everything, over every surface, and sends what is wrong. Then all that came
back, and all that was written anywhere, is searched.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg

from chassis.tokens import new_key
from evidence import canary_seed
from evidence.broken_query import Asker
from evidence.canary_requests import Asking, mutating, reading, wrong
from evidence.canary_seed import Canaries, seen
from evidence.figures import Figure
from evidence.matrix import _is_narrowed, look
from evidence.matrix_ask import Truth
from evidence.matrix_world import Matrix, a_matrix_world, everybody
from tests.house import House, new_house

LEAST = 0.8  # of the canaries, seen by somebody allowed


@dataclass
class Outcome:
    """What was sent, and what was found where it should not be."""

    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    searched: dict[str, int] = field(default_factory=dict)
    misplaced: list[str] = field(default_factory=list)


@contextmanager
def served(house: House, folder: Path) -> Iterator[str]:
    """Run the service in a process of its own; yield its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    settings = house.settings()
    environment = {
        **os.environ,
        "DATABASE_URL": house.url,
        "MASTER_KEYS_FILE": str(house.masters),
        "TRUSTED_ISSUERS": settings.trusted_issuers,
        "EXPORT_KEY": json.dumps(new_key()[0]),
    }
    command = [sys.executable, "-m", "evidence.canary_server", str(port), str(folder / "spans")]
    with (folder / "logs").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, stdout=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/health/ready", timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    message = "the service did not start"
    raise RuntimeError(message)


class Activity:
    """Looks at what PostgreSQL says its sessions do, again and again."""

    def __init__(self, url: str) -> None:
        """Prepare."""
        self.said: set[str] = set()
        self._url, self._over = url, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _look(self) -> None:
        question = b"SELECT query FROM pg_stat_activity WHERE usename = 'alliance_api'"
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._over.wait(0.02):
                self.said |= {query for (query,) in connection.execute(question)}


# What makes PostgreSQL say most; `roles.sql` has to keep the service's own sessions silent.
LOUD = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_messages": "debug1",
    "log_min_error_statement": "debug1",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_error_verbosity": "verbose",
    "log_connections": "all",
}
BEACON = "Beacon in the log"


def loud(house: House, *, on: bool) -> None:
    """Let PostgreSQL log all that it may, or what it did before."""
    for name, value in LOUD.items():
        house.change(f"ALTER SYSTEM SET {name} = '{value}'" if on else f"ALTER SYSTEM RESET {name}")
    house.change("SELECT pg_reload_conf()")
    time.sleep(0.5)


def _server_log(house: House) -> Path:
    [(folder,)] = house.rows("SHOW data_directory")
    return Path(folder) / "log"


# --- Asking ---------------------------------------------------------------------------------


def ask(  # noqa: PLR0913  (who asks what, and what is known of it)
    client: httpx.Client,
    outcome: Outcome,
    truth: Truth,
    found: Canaries,
    asker: Asker,
    what: Asking,
) -> None:
    """Send one request, and search what comes back."""
    headers = dict(asker.speaker.headers) if asker.speaker else {"content-type": "application/json"}
    if what.surface == "subscription":
        answer = _first_event(client, what, headers)
    elif what.is_post:
        answer = client.post(what.path, content=what.content, headers=headers)
    else:
        answer = client.get(what.path, headers=headers)
    outcome.requests[what.surface] += 1
    outcome.answers[answer.status_code] += 1
    where = f"{asker.label}: {what.surface} {what.path} {str(what.content)[:150]}"
    if seen(str(answer.headers)):
        outcome.misplaced.append(f"{where}: {seen(str(answer.headers))} in a header")
    text = _text(answer)
    mine = seen((what.content or b"").decode())
    for canary in seen(text):
        _place(outcome, truth, found, asker, canary, where, mine)
    for told in _told_as_wrong(answer):
        if seen(told):
            outcome.misplaced.append(f"{where}: {seen(told)} in an error")


def _first_event(client: httpx.Client, what: Asking, headers: dict[str, str]) -> httpx.Response:
    """Watch until there is an event; return it as an answer."""
    given = {**headers, "accept": "text/event-stream"}
    with client.stream("POST", what.path, content=what.content, headers=given) as answer:
        text = ""
        for part in answer.iter_text():
            text += part
            if text.endswith("\n\n"):
                break
    return httpx.Response(answer.status_code, headers=answer.headers, text=text)


def _place(  # noqa: PLR0913  (what was seen, and by whom)
    outcome: Outcome,
    truth: Truth,
    found: Canaries,
    asker: Asker,
    canary: str,
    where: str,
    mine: set[str],
) -> None:
    rows = found.rows.get(canary)
    if rows is None:
        # What somebody sent just now may come back to them as what they wrote.
        if canary not in mine:
            outcome.misplaced.append(f"{where}: {canary} is nobody's")
    elif any(truth.oracle.allows(asker, table, row) for table, row in rows):
        outcome.seen.add(canary)
    else:
        outcome.misplaced.append(f"{where}: {canary} of {rows[0][0]}")


def _text(answer: httpx.Response) -> str:
    if answer.headers.get("content-type") == "image/png":
        return "\n".join(chunk.decode("latin-1") for chunk in _texts(answer.content))
    if answer.headers.get("content-type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
            return "\n".join(
                found.read(name).decode("utf-8", "replace") for name in found.namelist()
            )
    return answer.text


def _texts(png: bytes) -> Iterator[bytes]:
    """Yield the texts of a PNG: plain, compressed and international ones."""
    place = 8
    while place < len(png):
        size, kind = int.from_bytes(png[place : place + 4]), png[place + 4 : place + 8]
        data = png[place + 8 : place + 8 + size]
        place += 12 + size
        if kind in {b"tEXt", b"eXIf"}:
            yield data
        elif kind in {b"zTXt", b"iTXt"}:
            yield data
            start = data.find(b"x\x9c")
            if start >= 0:
                yield zlib.decompressobj().decompress(data[start:])


def _told_as_wrong(answer: httpx.Response) -> Iterator[str]:
    """Yield what an answer says went wrong: nothing that anybody said belongs there."""
    if "json" not in answer.headers.get("content-type", ""):
        return
    found = answer.json()
    if not isinstance(found, dict):
        return
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        yield answer.text
    yield str(found.get("errors", ""))
    data = found.get("data")
    for payload in (data or {}).values() if isinstance(data, dict) else ():
        if isinstance(payload, dict) and "problems" in payload:
            yield str(payload["problems"])


# --- Searching ------------------------------------------------------------------------------


def search(outcome: Outcome, name: str, text: str) -> None:
    """Search something that must hold no canary at all."""
    outcome.searched[name] = len(text)
    for canary in sorted(seen(text))[:5]:
        place = text.find(canary)
        outcome.misplaced.append(f"{name}: {text[max(0, place - 120) : place + 60]!r}")


def _statistics(house: House) -> str:
    """Return what the extension remembers of statements, where it is there."""
    [(loaded,)] = house.rows("SELECT current_setting('shared_preload_libraries')")
    if "pg_stat_statements" not in loaded:
        return ""
    return str(house.rows("SELECT query FROM pg_stat_statements"))


def _readings(rows: Iterable[Any]) -> str:
    return "\n".join(map(str, rows))


def run(house: House, found: Matrix, *, small: bool) -> tuple[Outcome, Canaries]:
    """Seed, ask, and search."""
    outcome = Outcome()
    canary_seed.tell(found)
    canary_seed.seed(house)
    asking = [asker for asker in everybody(found) if not _is_narrowed(asker)]
    look(house, found, asking)
    truth = Truth(house, found)
    canaries = canary_seed.canaries(truth)
    outcome.misplaced += [*canary_seed.unknown(), *canary_seed.plain_in_the_tables(truth)]
    log = _server_log(house)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loud(house, on=True)
        began = log.stat().st_size
        house.rows("SELECT %s", BEACON)
        with served(house, folder) as url, Activity(house.admin_url) as activity:
            _ask_all(url, outcome, truth, canaries, _chosen(asking, small=small), found)
        loud(house, on=False)
        search(outcome, "logs", (folder / "logs").read_text("utf-8", "replace"))
        search(outcome, "spans", (folder / "spans").read_text("utf-8", "replace"))
        with log.open("rb") as file:
            file.seek(began)
            search(outcome, "PostgreSQL's log", file.read().decode("utf-8", "replace"))
    search(outcome, "pg_stat_activity", "\n".join(activity.said))
    if statements := _statistics(house):
        search(outcome, "pg_stat_statements", statements)
    for table in ("facts", "read_ledger", "idempotency_keys", "ledger_seals", "person_keys"):
        search(outcome, table, _readings(house.rows(f"SELECT t::text FROM {table} t")))
    return outcome, canaries


# One of each way to stand to a case, and nobody.
FEW = (
    "nobody",
    "client",
    "therapist",
    "supervisor",
    "caregiver",
    "officer",
    "notifier",
    "stranger",
)


def _chosen(asking: Sequence[Asker], *, small: bool) -> list[Asker]:
    if small:
        return [asker for asker in asking if asker.label in FEW]
    # What a token bound to one client opens less, the matrix sees to.
    return [asker for asker in asking if " bound to " not in asker.label]


def _ask_all(  # noqa: PLR0913  (who asks what of whom)
    url: str,
    outcome: Outcome,
    truth: Truth,
    canaries: Canaries,
    asking: Sequence[Asker],
    found: Matrix,
) -> None:
    cases = list(found.world.cases)
    with httpx.Client(base_url=url, timeout=60) as client:
        for asker in asking:
            for what in reading(asker, truth, cases):
                ask(client, outcome, truth, canaries, asker, what)
            for what in wrong(cases[0]):
                ask(client, outcome, truth, canaries, asker, what)
        # What is changed is judged by how it was: so last, and of it all only who may see it.
        # Closing comes after all of it: nothing begins in a closed case.
        for closing, asker in product((False, True), asking):
            case = next(iter(asker.relations), cases[0])
            for what in mutating(truth, case, closing=closing):
                ask(client, outcome, truth, canaries, asker, what)


def experiment(small: bool) -> Figure:
    """Let canaries out, and count those that are out of place."""
    with new_house() as house:
        outcome, canaries = run(house, a_matrix_world(house, small=True), small=small)
    share = len(outcome.seen) / len(canaries.rows)
    empty = [name for name in ("logs", "spans", "PostgreSQL's log") if not outcome.searched[name]]
    wrong_places = [*outcome.misplaced, *canary_seed.unseeded(canaries)]
    print(*(line[:600] for line in wrong_places[:40]), sep="\n")
    print(dict(outcome.requests), dict(outcome.answers), outcome.searched)
    surfaces = len(outcome.requests) + len(outcome.searched)
    figure = (
        f"{len(canaries.rows):,} canaries in {len(canaries.columns)} columns over {surfaces} "
        f"surfaces and {sum(outcome.requests.values()):,} requests: {len(wrong_places)} out of "
        f"place; {len(outcome.seen):,} were seen by somebody allowed"
    )
    met = not wrong_places and not empty and (small or share >= LEAST)
    return Figure("canary", figure, "0", met=met)
