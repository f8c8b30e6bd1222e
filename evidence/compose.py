"""A fresh clone and `docker-compose up`: what it does, what survives restarts, who runs as whom.

The whole of it needs a container engine (`docker-here` of the shared tools makes one); the short form
checks what the files say.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from evidence import compose_policy as policy
from evidence.figures import Figure

API, NOTIFIER, INBOX = (f"http://127.0.0.1:{port}" for port in (8000, 8001, 8025))
ADDRESS = "amira@linden.example"
STAYING = ("postgres", "alliance-api", "notifier-web", "notifier-worker", "mailpit")
PATIENCE = 300.0
# Stand-ins of the public images may have other tags than those that are pinned.
LOCAL = {"MAILPIT_IMAGE": "axllent/mailpit:latest", "DOCKER_BUILDKIT": "0"}
PROBLEMS = "problems { code message field }"


@dataclass
class Run:
    """A project that is up, and what was found in it."""

    folder: Path
    services: tuple[str, ...]
    wrong: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    mails: int = 0

    def compose(self, *arguments: str) -> str:
        """Run docker-compose; return what it printed."""
        done = subprocess.run(
            ["docker-compose", "-p", "alliance-evidence", *arguments],
            cwd=self.folder,
            env={**os.environ, **LOCAL},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def token(self, person: str, scope: str) -> str:
        """Return a token for somebody, minted by the operator's own verb."""
        if person not in self.tokens:
            verb = ("alliance_api", "containers", "token", "--as", person, "--scope", scope)
            printed = self.compose("run", "--rm", "--no-deps", "-T", "practice", *verb)
            self.tokens[person] = printed.strip().splitlines()[-1]
        return self.tokens[person]

    def expect(self, good: bool, wrong: str) -> None:
        """Note what is not as it should be."""
        if not good:
            self.wrong.append(wrong)


@contextmanager
def running() -> Iterator[Run]:
    """Clone what is committed, build, start, and take everything away again."""
    with tempfile.TemporaryDirectory(prefix="alliance-compose-") as folder:
        clone = Path(folder) / "alliance"
        subprocess.run(["git", "clone", "--quiet", str(policy.ROOT), str(clone)], check=True)
        has_worker = importlib.util.find_spec("notifier.worker") is not None
        run = Run(clone, STAYING if has_worker else ("postgres", "alliance-api", "mailpit"))
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


def ready() -> bool:
    """Say whether the API is ready."""
    return httpx.get(f"{API}/health/ready").status_code == 200


def notifier_ready() -> bool:
    """Say whether the notifier is ready."""
    return httpx.get(f"{NOTIFIER}/health/ready").is_success


def ask(run: Run, person: str, query: str, **given: Any) -> Any:
    """Send a document to the API as somebody."""
    response = httpx.post(
        f"{API}/graphql",
        json={"query": query, "variables": {"input": given}},
        headers={"authorization": f"Bearer {run.token(person, 'user/*.cruds')}"},
        timeout=30,
    )
    data = response.json()["data"]
    [payload] = data.values()
    assert payload["problems"] == [], payload
    return payload


def people(run: Run) -> dict[str, str]:
    """Return the ids of the made-up practice's people."""
    code = (
        "import pathlib; "
        "print(pathlib.Path('/run/secrets/alliance/operator/people.json').read_text())"
    )
    printed = run.compose(
        "run", "--rm", "--no-deps", "-T", "--entrypoint", "python", "practice", "-c", code
    )
    found: dict[str, str] = json.loads(printed)["people"]
    return found


def reach_the_client(run: Run) -> None:
    """Let the client give an address, prove that it is hers, and wish to be reminded at any hour."""
    headers = {"authorization": f"Bearer {run.token('client', 'contacts.write')}"}
    with httpx.Client(base_url=NOTIFIER, headers=headers, timeout=30) as notifier:
        until("the notifier's readiness", lambda: notifier.get("/health/ready").is_success)
        added = notifier.post("/v1/contact-points", json={"channel": "email", "address": ADDRESS})
        assert added.status_code == 201, added.text
        [mail] = until("the code", inbox)
        code = re.search(r"\b[0-9]{6,10}\b", body(mail["ID"]))
        assert code, "the mail has no code"
        path = f"/v1/contact-points/{added.json()['id']}/verification"
        assert notifier.post(path, json={"code": code[0]}).is_success
        awake = {"quiet": None, "zone": "Europe/Berlin", "workingDays": [0, 1, 2, 3, 4, 5, 6]}
        assert notifier.put("/v1/preferences", json=awake).is_success


def inbox() -> list[dict[str, Any]]:
    """Return what is in the inbox, the latest first."""
    found: list[dict[str, Any]] = httpx.get(f"{INBOX}/api/v1/messages").json()["messages"]
    return found


def body(message: str) -> str:
    """Return the text of a mail."""
    return str(httpx.get(f"{INBOX}/api/v1/message/{message}").json()["Text"])


def check_mail(run: Run) -> None:
    """See that the one reminder of the session that is left has come, and no other."""
    mails = until("the reminder", lambda: (len(m := inbox()) > 1 and m) or None)
    run.expect(len(mails) == 2, f"{len(mails)} mails came")
    run.expect(all(m["To"] == [{"Address": ADDRESS}] for m in mails), "somebody else had mail")
    said = (mails[0]["Subject"] + body(mails[0]["ID"])).lower()
    for word in ("therap", "session", "linden practice", "lindqvist"):
        run.expect(word not in said, f"the mail says {word}")
    run.mails = len(mails)
    run.told.append("the right mail and only that")


def plan_and_move(run: Run) -> tuple[str, str]:
    """Open a case, plan a session for a day to come and move it to the next hours."""
    who = people(run)
    opened = ask(
        run,
        "manager",
        f"mutation($input: OpenCaseInput!) {{ openCase(input: $input) {{ case {{ id }} {PROBLEMS} }} }}",
        idempotencyKey="case",
        client=who["client"],
        therapist=who["therapist"],
        timeZone="Europe/Berlin",
        intervalDays=7,
    )
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    times = {
        "plannedStart": start.isoformat(),
        "plannedEnd": (start + timedelta(minutes=50)).isoformat(),
    }
    planned = ask(
        run,
        "therapist",
        "mutation($input: ScheduleSessionInput!) { scheduleSession(input: $input) "
        f"{{ session {{ id }} {PROBLEMS} }} }}",
        idempotencyKey="plan",
        case=opened["case"]["id"],
        modality="VIDEO",
        **times,
    )
    # So near that its reminder, two hours before, is due in a minute; of the other day none must come.
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2, minutes=1)
    later = {
        "plannedStart": soon.isoformat(),
        "plannedEnd": (soon + timedelta(minutes=50)).isoformat(),
    }
    moved = ask(
        run,
        "therapist",
        f"mutation($input: MoveSessionInput!) {{ moveSession(input: $input) {{ session {{ id }} {PROBLEMS} }} }}",
        idempotencyKey="move",
        session=planned["session"]["id"],
        **later,
    )
    return planned["session"]["id"], moved["session"]["id"]


def feed(run: Run) -> list[dict[str, Any]]:
    """Return every fact, as the notifier is told it."""
    response = httpx.get(
        f"{API}/v1/feed?limit=1000",
        headers={"authorization": f"Bearer {run.token('notifier', 'feed.read')}"},
        timeout=30,
    )
    found: list[dict[str, Any]] = response.json()
    return found


def check_facts(run: Run, planned: str, moved: str) -> list[dict[str, Any]]:
    """See that the feed says what was done."""
    facts: list[dict[str, Any]] = until(
        "the facts in the feed", lambda: (len(f := feed(run)) >= 4 and f) or None
    )
    kinds = [fact["type"] for fact in facts]
    expected = ["case.opened", "care_team.joined", "session.planned", "session.moved"]
    run.expect(kinds == expected, f"the feed has {kinds}")
    run.expect(facts[-1]["subject"] == planned, "another session was moved")
    run.expect(facts[-1]["data"]["movedTo"] == moved, "it was moved elsewhere")
    return facts


def check_restarts(run: Run, facts: list[dict[str, Any]]) -> None:
    """Restart each service in turn; what was there is there afterwards."""
    # The inbox last: it keeps mail in memory.
    for service in run.services:
        run.compose("restart", "--timeout", "10", service)
        until(f"readiness after a restart of {service}", ready)
        after = until(f"the feed after a restart of {service}", lambda: feed(run) or None)
        run.expect(after == facts, f"a restart of {service} changed the feed")
        if run.mails and service != "mailpit":
            until(f"the notifier after a restart of {service}", notifier_ready)
            run.expect(len(inbox()) == run.mails, f"a restart of {service} changed the inbox")
    run.told.append(f"{len(run.services)} restarts")


def check_containers(run: Run) -> None:
    """See as whom every process runs, and what it may do."""
    ids = run.compose("ps", "--quiet").split()
    roots = 0
    for container in ids:
        inspected = subprocess.run(
            ["docker", "inspect", container], capture_output=True, check=True
        )
        it = json.loads(inspected.stdout)[0]
        pid = it["State"]["Pid"]
        host = it["HostConfig"]
        run.expect(host["ReadonlyRootfs"], f"{it['Name']} can write")
        run.expect(not host["Privileged"] and host["CapDrop"] == ["ALL"], f"{it['Name']} is strong")
        if pid:
            status = Path(f"/proc/{pid}/status").read_text()
            roots += _line(status, "Uid").split()[0] == "0"
            run.expect(int(_line(status, "CapEff"), 16) == 0, f"{it['Name']} has capabilities")
            run.expect(_line(status, "NoNewPrivs") == "1", f"{it['Name']} may gain privileges")
    run.expect(roots == 0, f"{roots} processes run as root")
    run.told.append(f"{len(ids)} containers, {roots} as root")


def _line(status: str, name: str) -> str:
    return next(line.split(":")[1].strip() for line in status.splitlines() if line.startswith(name))


def sizes() -> str:
    """Return the sizes of our images, beside what they stand on."""
    told = []
    for image in ("alliance/api:0.1.0", "alliance/notifier:0.1.0", "python:3.13-slim"):
        found = subprocess.run(
            ["docker", "image", "inspect", image, "--format", "{{.Size}}"],
            capture_output=True,
            text=True,
        )
        if found.returncode == 0:
            told.append(f"{image} {int(found.stdout) / 1e6:,.0f} MB")
    return ", ".join(told)


def experiment(small: bool) -> Figure:
    """Start everything, or read what the files say."""
    told = policy.problems(policy.read())
    told += [
        wrong
        for path in policy.DOCKERFILES
        for wrong in policy.dockerfile_problems(path.read_text())
    ]
    services = len(policy.read()["services"])
    if small:
        figure = f"{services} services and {len(policy.DOCKERFILES)} images, {len(told)} problems"
        return Figure("compose", figure, "0 problems", not told and services >= 10)
    began = time.monotonic()
    with running() as run:
        until("readiness", ready)
        run.told.append(f"up from a fresh clone in {time.monotonic() - began:.0f} s")
        reminding = importlib.util.find_spec("notifier.rest") is not None
        if reminding:
            reach_the_client(run)
        facts = check_facts(run, *plan_and_move(run))
        if reminding:
            check_mail(run)
        check_restarts(run, facts)
        check_containers(run)
    print(f"images: {sizes()}")
    for wrong in (*told, *run.wrong):
        print(wrong)
    figure = f"{', '.join(run.told)}, {len(facts)} facts kept, {len(told + run.wrong)} problems"
    return Figure("compose", figure, "0 problems", not (told or run.wrong))
