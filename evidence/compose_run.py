"""A compose project that is up: cloned anew, asked as its people, and taken away again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from evidence import compose_policy as policy

API, NOTIFIER, INBOX = (f"http://127.0.0.1:{port}" for port in (8000, 8001, 8025))
PROJECT = "alliance-evidence"
PATIENCE = 300.0
# Stand-ins of the public images may have other tags than those that are pinned.
LOCAL = {"MAILPIT_IMAGE": "axllent/mailpit:latest", "DOCKER_BUILDKIT": "0"}
PROBLEMS = "problems { code message field }"
GRAPHQL = "user/*.cruds"


@dataclass
class Run:
    """A project that is up, and what was found in it."""

    folder: Path
    services: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    mails: int = 0
    began: float = field(default_factory=time.monotonic)

    def compose(self, *arguments: str) -> str:
        """Run docker-compose; return what it printed."""
        done = subprocess.run(
            ["docker-compose", "-p", PROJECT, *arguments],
            cwd=self.folder,
            env={**os.environ, **LOCAL, **self.environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def operator(self, *command: str, entrypoint: str | None = None) -> str:
        """Run something where an operator would, beside all secrets; return what it printed."""
        instead = () if entrypoint is None else ("--entrypoint", entrypoint)
        run = ("run", "--rm", "--no-deps", "-T", *instead, "practice")
        return self.compose(*run, *command)

    def token(self, person: str, scope: str) -> str:
        """Return a token for somebody, minted by the operator's own verb."""
        if (person, scope) not in self.tokens:
            verb = ("alliance_api", "containers", "token", "--as", person, "--scope", scope)
            printed = self.operator(*verb)
            self.tokens[person, scope] = printed.strip().splitlines()[-1]
        return self.tokens[person, scope]

    def headers(self, person: str, scope: str = GRAPHQL) -> dict[str, str]:
        """Return the header of somebody's requests."""
        return {"authorization": f"Bearer {self.token(person, scope)}"}

    def container(self, service: str) -> dict[str, Any]:
        """Return what the engine knows of a service's container."""
        of = "label=com.docker.compose"
        asked = ("--filter", f"{of}.project={PROJECT}", "--filter", f"{of}.service={service}")
        done = subprocess.run(
            ["docker", "ps", "--all", "--quiet", *asked], capture_output=True, text=True, check=True
        )
        [found] = done.stdout.split()
        return inspected(found)

    def expect(self, good: bool, wrong: str) -> None:
        """Note what is not as it should be."""
        if not good:
            self.wrong.append(wrong)


def inspected(container: str) -> dict[str, Any]:
    """Return what the engine knows of a container."""
    done = subprocess.run(["docker", "inspect", container], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


@contextmanager
def running(
    services: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Run]:
    """Clone what is committed, build, start, and take everything away again."""
    with tempfile.TemporaryDirectory(prefix="alliance-compose-") as folder:
        clone = Path(folder) / "alliance"
        subprocess.run(["git", "clone", "--quiet", str(policy.ROOT), str(clone)], check=True)
        run = Run(clone, tuple(services), environment or {})
        try:
            run.compose("up", "--detach", "--build", *run.services)
            yield run
        finally:
            run.compose("down", "--volumes", "--timeout", "10")


def until(what: str, question: Any, patience: float = PATIENCE) -> Any:
    """Ask until there is an answer that is not empty; raise when there is none in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            found = question()
        except (httpx.HTTPError, KeyError):
            found = None
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"nothing came of: {what}")


def ready(address: str = API) -> bool:
    """Say whether a service is ready."""
    return httpx.get(f"{address}/health/ready").is_success


def ask(run: Run, person: str, query: str, address: str = API, **given: Any) -> Any:
    """Send a mutation to the API as somebody; return its payload."""
    response = httpx.post(
        f"{address}/graphql",
        json={"query": query, "variables": {"input": given}},
        headers=run.headers(person),
        timeout=30,
    )
    data = response.json()["data"]
    [payload] = data.values()
    assert payload["problems"] == [], payload
    return payload


def mutation(name: str, changed: str) -> str:
    """Return the document of a mutation."""
    kind = name[0].upper() + name[1:]
    selection = f"{changed} {{ id }} {PROBLEMS}"
    return f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {selection} }} }}"


def people(run: Run) -> dict[str, str]:
    """Return the ids of the made-up practice's people."""
    code = (
        "import pathlib; "
        "print(pathlib.Path('/run/secrets/alliance/operator/people.json').read_text())"
    )
    found: dict[str, str] = json.loads(run.operator("-c", code, entrypoint="python"))["people"]
    return found


def open_case(run: Run, address: str = API) -> str:
    """Open the case of the client and the therapist; return its id."""
    who = people(run)
    opened = ask(
        run,
        "manager",
        mutation("openCase", "case"),
        address,
        idempotencyKey="case",
        client=who["client"],
        therapist=who["therapist"],
        timeZone="Europe/Berlin",
        intervalDays=7,
    )
    found: str = opened["case"]["id"]
    return found


def reach(run: Run, person: str, address: str, notifier: str = NOTIFIER) -> None:
    """Let somebody give an address, prove that it is theirs, and wish to be reminded at any hour."""
    choose(run, person, notifier)
    with httpx.Client(
        base_url=notifier, headers=run.headers(person, "contacts.write"), timeout=30
    ) as client:
        until("the notifier's readiness", lambda: client.get("/health/ready").is_success)
        added = client.post("/v1/contact-points", json={"channel": "email", "address": address})
        assert added.status_code == 201, added.text
        [mail] = until("the code", lambda: sent_to(address))
        code = re.search(r"\b[0-9]{6,10}\b", body(mail["ID"]))
        assert code, "the mail has no code"
        path = f"/v1/contact-points/{added.json()['id']}/verification"
        assert client.post(path, json={"code": code[0]}).is_success


def choose(run: Run, person: str, notifier: str = NOTIFIER) -> None:
    """Let somebody wish to be reminded at any hour."""
    awake = {"quiet": None, "zone": "Europe/Berlin", "workingDays": [0, 1, 2, 3, 4, 5, 6]}
    headers = run.headers(person, "contacts.write")
    address = f"{notifier}/v1/preferences"
    until("a choice", lambda: httpx.put(address, json=awake, headers=headers).is_success)


def inbox() -> list[dict[str, Any]]:
    """Return what is in the inbox, the latest first."""
    found: list[dict[str, Any]] = httpx.get(f"{INBOX}/api/v1/messages").json()["messages"]
    return found


def sent_to(address: str) -> list[dict[str, Any]]:
    """Return the mails to an address, the latest first."""
    return [mail for mail in inbox() if mail["To"] == [{"Address": address}]]


def body(message: str) -> str:
    """Return the text of a mail."""
    return str(httpx.get(f"{INBOX}/api/v1/message/{message}").json()["Text"])


def feed(run: Run, address: str = API) -> list[dict[str, Any]]:
    """Return every fact, as the notifier is told it."""
    found: list[dict[str, Any]] = []
    given: dict[str, str | int] = {"limit": 1000}
    while True:
        answer = httpx.get(
            f"{address}/v1/feed",
            params=given,
            headers=run.headers("notifier", "feed.read"),
            timeout=30,
        )
        batch = answer.raise_for_status().json()
        found += batch
        if len(batch) < 1000:
            return found
        given["after"] = batch[-1]["cursor"]


def check_containers(run: Run) -> None:
    """See as whom every process runs, and what it may do."""
    ids = run.compose("ps", "--quiet").split()
    roots = 0
    for container in ids:
        it = inspected(container)
        host = it["HostConfig"]
        run.expect(host["ReadonlyRootfs"], f"{it['Name']} can write")
        run.expect(not host["Privileged"] and host["CapDrop"] == ["ALL"], f"{it['Name']} is strong")
        for pid in _processes(container) if it["State"]["Pid"] else ():
            status = Path(f"/proc/{pid}/status").read_text()
            roots += _line(status, "Uid").split()[0] == "0"
            run.expect(int(_line(status, "CapEff"), 16) == 0, f"{it['Name']} has capabilities")
            run.expect(_line(status, "NoNewPrivs") == "1", f"{it['Name']} may gain privileges")
    run.expect(roots == 0, f"{roots} processes run as root")
    run.told.append(f"{len(ids)} containers, {roots} processes as root")


def _processes(container: str) -> list[int]:
    done = subprocess.run(
        ["docker", "top", container, "-eo", "pid"], capture_output=True, text=True
    )
    # One that ended meanwhile is nobody.
    found = map(int, done.stdout.split()[1:])
    return [pid for pid in found if Path(f"/proc/{pid}/status").exists()]


def _line(status: str, name: str) -> str:
    return next(line.split(":")[1].strip() for line in status.splitlines() if line.startswith(name))
