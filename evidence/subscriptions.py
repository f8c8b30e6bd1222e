"""Those who watch: told of every change that is theirs, of nothing else, and no longer than they may be.

Two replicas serve one database. Watchers sit at both, over both protocols. Beside them npm
`graphql-ws` and `graphql-sse`, as their authors published them (the long form).
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx

from evidence import progress
from evidence.figures import Figure
from tests.applications import Application, register
from tests.builders import Story, a_case, answers
from tests.house import House, new_house
from tests.people import Clinic, Person, a_clinic
from tests.servers import replica
from tests.watchers import CASE, Ended, Events, Socket, headers_of

PACKAGES = ("graphql@16", "graphql-ws@6.4.2", "graphql-sse@2.6.1", "ws@8.18.3")
SCRIPT = Path(__file__).with_suffix(".mjs")
FELT = 2.0  # seconds
PATIENCE = 30.0
SEEN = """subscription($id: ID!) {
  caseChanged(id: $id) { goals { wording } measurements { totalCount } openSignals } }"""
VIEWER = "{ viewer { person { id } } }"

Watcher = Events | Socket


@dataclass
class Found:
    """What was told, and what should not have been."""

    told: int = 0
    changes: int = 0
    silent: int = 0
    spoken: int = 0
    ended: list[float] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def watch(url: str, who: Person | str, query: str, case: str, *, line: bool) -> Watcher:
    """Watch a case, over a websocket or server-sent events."""
    if line:
        found = Socket(url, who)
        found.asks("1", query, id=case)
        return found
    return Events(url, headers_of(who), query, id=case)


def answer(found: dict[str, Any]) -> Any:
    """Return the answer in an event or a message."""
    return found.get("payload", found)["data"]["caseChanged"]


# --- Told of what is theirs, and of nothing else ---------------------------------------------


def changes(found: Found, clinic: Clinic, urls: Sequence[str], many: int) -> None:
    """Change a case again and again: everybody who stands to it gets to see the last of it."""
    watchers = [
        watch(url, clinic.people[name], SEEN, clinic.case_id, line=line)
        for name in ("client", "therapist")
        for url in urls
        for line in (True, False)
    ]
    for each in watchers:
        each.next()
    for number in progress.told("changes", range(many), lambda: f"{found.told} told"):
        wording = f"Goal {number}"
        clinic.client.done("proposeGoal", "", case=clinic.case_id, wording=wording)
        found.changes += len(watchers)
        found.told += sum(_sees(each, wording) for each in watchers)
    for each in watchers:
        each.close()


def _sees(watcher: Watcher, wording: str) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            goals = answer(watcher.next(PATIENCE))["goals"]
        except (Empty, Ended):
            return False
        if any(goal["wording"] == wording for goal in goals):
            return True
    return False


def private(found: Found, story: Story, clinic: Clinic, urls: Sequence[str], many: int) -> None:
    """Rate in private again and again: the client sees each, and nobody else an event."""
    others = [
        watch(url, clinic.people[name], SEEN, story.case_id, line=line)
        for name in ("therapist", "supervisor")
        for url in urls
        for line in (True, False)
    ]
    mine = watch(urls[0], story.client, SEEN, story.case_id, line=True)
    for each in (mine, *others):
        each.next()
    for number in range(many):
        given = {"instrument": "srs-3", "answers": answers(1 + number % 9, 4)}
        story.client.done(
            "submitMeasurement",
            "",
            case=story.case_id,
            disclosure="PRIVATE",
            **given,
        )
        answer(mine.next(PATIENCE))
        found.silent += len(others)
    time.sleep(2.5)  # two looks
    found.spoken = sum(not each.silent(0.01) for each in others)
    for each in (mine, *others):
        each.close()


# --- No longer than they may be --------------------------------------------------------------


def endings(
    found: Found, house: House, urls: Sequence[str], chance: random.Random, many: int
) -> None:
    """Revoke tokens through one replica and take rights away; at the other it must be felt."""
    application = register(house)
    clinic = a_clinic(house)
    for number in progress.told("endings", list(range(many)), lambda: f"{len(found.ended)} felt"):
        if number % 20 == 0:
            clinic = a_clinic(house)
        line, lost = chance.random() < 0.5, number % 2 == 0
        one, other = chance.sample(list(urls), 2)
        end = _loses_right if lost else _loses_token
        end(found, house, clinic, application, one, other, line=line)


def _loses_right(  # noqa: PLR0913  (where, and whose)
    found: Found, house: House, clinic: Clinic, _: Application, one: str, other: str, *, line: bool
) -> None:
    del one
    name = f"Supervisor {len(found.ended)}"
    who = clinic.another_person(name)
    joined = {"case": clinic.case_id, "person": who.id, "relation": "SUPERVISOR"}
    clinic.manager.done("joinCareTeam", "", **joined)
    watcher = watch(other, who, CASE, clinic.case_id, line=line)
    watcher.next()
    began = time.monotonic()
    clinic.manager.done("leaveCareTeam", "", **joined)
    _felt(found, watcher, began, complete=True)
    assert house.rows("SELECT 1")


def _loses_token(  # noqa: PLR0913  (where, and whose)
    found: Found,
    _: House,
    clinic: Clinic,
    application: Application,
    one: str,
    other: str,
    *,
    line: bool,
) -> None:
    tokens = application.tokens(clinic.therapist)
    watcher = watch(other, tokens["access_token"], CASE, clinic.case_id, line=line)
    watcher.next()
    began = time.monotonic()
    given = {"client_id": application.id, "token": tokens["refresh_token"]}
    assert httpx.post(f"{one}/oauth/revoke", data=given).status_code == 200
    _felt(found, watcher, began, complete=False)


def _felt(found: Found, watcher: Watcher, began: float, *, complete: bool) -> None:
    try:
        said, _ = watcher.ends(PATIENCE)
    except Empty:
        found.wrong.append(f"ending {len(found.ended)} was not felt")
        return
    found.ended.append(time.monotonic() - began)
    if said != complete:
        found.wrong.append(f"ending {len(found.ended)}: complete was {said}")
    watcher.close()


# --- Clients of others -----------------------------------------------------------------------


class Program:
    """A client in JavaScript, told what to do line by line."""

    def __init__(self, node: str, folder: str, name: str, url: str) -> None:
        self._process = subprocess.Popen(
            [node, "subscriptions.mjs", name, url],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[dict[str, Any]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    def tell(self, **told: Any) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        print(json.dumps(told), file=self._process.stdin, flush=True)

    def next(self) -> dict[str, Any]:
        """Return what it says next."""
        return self._lines.get(timeout=PATIENCE)

    def end(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)


def _steps(program: Program, house: House, clinic: Clinic) -> Iterator[bool]:
    """Yield whether each step went as the protocol says."""
    application, who = register(house), clinic.another_person("colleague")
    place = {"case": clinic.case_id, "person": who.id, "relation": "THERAPIST"}
    clinic.manager.done("joinCareTeam", "", **place)
    first, second = (application.tokens(who) for _ in range(2))
    program.tell(token=first["access_token"])
    program.tell(query=VIEWER, variables={})
    asked = program.next()
    yield asked["told"]["data"]["viewer"]["person"]["id"] == who.id
    yield program.next()["step"] == "complete"
    program.tell(query=CASE, variables={"id": clinic.case_id})
    yield program.next()["told"]["data"]["caseChanged"]["status"] == "ACTIVE"
    clinic.client.done("proposeGoal", "", case=clinic.case_id, wording="Sleep")
    yield _wordings(program.next()) == ["Sleep"]
    program.tell(token=second["access_token"])
    application.posts("/oauth/revoke", {"token": first["refresh_token"]})
    yield _wordings(program.next()) == ["Sleep"]  # it came back with the new token by itself
    clinic.manager.done("leaveCareTeam", "", **place)
    yield program.next()["step"] == "complete"
    program.tell(query=CASE, variables={"id": clinic.case_id})
    yield program.next()["told"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    yield program.next()["step"] == "complete"


STEPS = 8


def _wordings(said: dict[str, Any]) -> list[str]:
    return [goal["wording"] for goal in said["told"]["data"]["caseChanged"]["goals"]]


def clients(found: Found, house: House, url: str) -> str:
    """Let the clients of others watch; return what is missing here."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return "; node and npm are missing: JavaScript was not run"
    with tempfile.TemporaryDirectory(prefix="subscriptions-") as folder:
        install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        subprocess.run([*install, *PACKAGES], cwd=folder, check=True, timeout=300)
        shutil.copy(SCRIPT, folder)
        for name in ("graphql-ws", "graphql-sse"):
            program = Program(node, folder, name, url)
            found.steps[name] = 0
            try:
                for good in _steps(program, house, a_clinic(house)):
                    found.steps[name] += good
            except (Empty, KeyError, TypeError) as error:
                found.wrong.append(f"{name} after {found.steps[name]} steps: {error!r}")
            program.end()
    return ""


def experiment(small: bool) -> Figure:
    """Let people watch; small: a few changes, a few endings, and no JavaScript."""
    found, chance = Found(), random.Random(7)
    missing = ""
    with new_house() as house, ExitStack() as stack:
        urls = [stack.enter_context(replica(house)) for _ in range(2)]
        clinic = a_clinic(house)
        changes(found, clinic, urls, 2 if small else 30)
        private(found, a_case(clinic), clinic, urls, 2 if small else 50)
        endings(found, house, urls, chance, 4 if small else 200)
        if not small:
            missing = clients(found, house, urls[0])
    for line in found.wrong:
        print(line)
    slowest = max(found.ended, default=0.0)
    steps = ", ".join(f"{name} {count} of {STEPS} steps" for name, count in found.steps.items())
    figure = (
        f"{found.told} of {found.changes} changes told; {found.silent} private ratings beside "
        f"watchers, {found.spoken} of them spoke; {len(found.ended)} endings felt over two replicas "
        f"within {slowest:.1f} s{'; ' if steps else ''}{steps}{missing}"
    )
    # On a machine that does ten other things the short form says nothing about seconds.
    in_time = small or slowest <= FELT
    met = (
        found.told == found.changes > 0
        and found.spoken == 0
        and len(found.ended) == (4 if small else 200)
        and in_time
        and not found.wrong
        and (small or list(found.steps.values()) == [STEPS, STEPS])
    )
    return Figure(
        "subscriptions",
        figure,
        "every change told, no other, endings within 2 s, every step",
        met=met,
    )
