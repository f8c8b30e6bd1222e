"""Master keys are replaced while people read and write; then some of them are erased for good.

Real servers, as programs, under readers and writers over HTTP, while an operator's own verbs make a
master key, wrap every person's key with it, and take the one before away, several times over. Then
people are erased, and a thief with both dumps, the data files and the current keys looks for what
they wrote. The same thief with the old keys finds it: so the search is able to find something.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from alliance_api.__main__ import main
from chassis.masters import parse
from evidence import thief
from evidence.figures import Figure
from evidence.thief import CANARY
from tests.builders import a_case
from tests.house import House, new_house
from tests.people import Clinic, Person, a_clinic, body, mutation_text, with_key

WAIT = 60.0
EACH = 25  # requests of each of four loads, at least, for every rotation
READ = """query($id: ID!) { case(id: $id) {
  goals { wording } commitments { wording } measurements(first: 50) { nodes { comment } } } }"""
FAR = "2199-01-01T00:00:00Z"


def said(number: Iterator[int] = count()) -> str:  # noqa: B008  (one row of numbers for all)
    """Return a text that nobody has written before."""
    return f'{CANARY} {next(number)} "{uuid4().hex}" ✎'


@dataclass
class Counted:
    """Requests of the load: how many, and what was wrong with those that failed."""

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    grew: threading.Condition = field(default_factory=threading.Condition)

    def note(self, wrong: str | None) -> None:
        with self.grew:
            self.requests += 1
            self.grew.notify_all()
            if wrong:
                self.failures.append(wrong)

    def reaches(self, requests: int) -> None:
        """Wait until there were so many requests."""
        with self.grew:
            assert self.grew.wait_for(lambda: self.requests >= requests, WAIT), "it did too little"


@contextmanager
def serving(house: House, log: Path) -> Iterator[str]:
    """Start a server of the API as a program of its own; give its address at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": house.url,
        "MASTER_KEYS_FILE": str(house.masters),
        "TRUSTED_ISSUERS": house.settings().trusted_issuers,
    }
    command = [sys.executable, "-m", "alliance_api", "serve", "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def await_server(url: str) -> None:
    """Wait until a server is ready."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("a server did not start")


class Load(threading.Thread):
    """One client of one server: asks until it is told to stop, and looks at every answer."""

    def __init__(self, url: str, work: Iterator[tuple[Person, bytes, str | None]]) -> None:
        super().__init__(daemon=True)
        self._url, self._work = f"{url}/graphql", work
        self.counted = Counted()
        self.stopped = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self.stopped.is_set():
                person, content, text = next(self._work)
                try:
                    answer = client.post(self._url, content=content, headers=person.headers)
                    self.counted.note(_wrong(answer, text))
                except httpx.HTTPError as error:
                    self.counted.note(type(error).__name__)


def _wrong(answer: httpx.Response, text: str | None) -> str | None:
    """Say what is wrong with an answer: any error, any problem, any word that is missing."""
    if answer.status_code != 200 or '"errors"' in answer.text:
        return f"{answer.status_code} {answer.text[:200]}"
    if '"code"' in answer.text or ":null" in answer.text.replace('"comment":null', ""):
        return answer.text[:200]
    written = json.dumps(text, ensure_ascii=False) if text else CANARY
    return None if written in answer.text else f"not there: {answer.text[:200]}"


def reading(people: Sequence[tuple[Person, str]]) -> Iterator[tuple[Person, bytes, str | None]]:
    """Yield readings of whole cases."""
    while True:
        for person, case in people:
            yield person, body(READ, {"id": case}), None


def writing(people: Sequence[tuple[Person, str]]) -> Iterator[tuple[Person, bytes, str | None]]:
    """Yield promises; whoever promises for the first time needs a key."""
    document = mutation_text("makeCommitment", "wording")
    while True:
        for person, case in people:
            text = said()
            given = with_key({"case": case, "wording": text, "dueAt": FAR})
            yield person, body(document, {"input": given}), text


@dataclass(frozen=True)
class Operator:
    """Whoever runs `alliance`: each verb as a program; in the short form, all of them in this one."""

    house: House
    small: bool

    def runs(self, *arguments: str) -> None:
        """Run a verb that must succeed."""
        known = {
            "DATABASE_ADMIN_URL": self.house.admin_url,
            "MASTER_KEYS_FILE": str(self.house.masters),
        }
        if self.small:
            os.environ.update(known)
            with redirect_stdout(StringIO()):
                assert main([*arguments]) == 0
            return
        command = [sys.executable, "-m", "alliance_api", *arguments]
        environment = {**os.environ, **known}
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)

    def replaces_master(self) -> None:
        """Make a master key, wrap everything with it, and take away the one before."""
        file = self.house.masters
        [old] = parse(file.read_text()).names
        self.runs("keys", "new", "--file", str(file))
        self.runs("keys", "rotate")
        self.runs("keys", "retire", old)
        assert old not in parse(file.read_text()).names


def tell(clinic: Clinic) -> None:
    """Let client and therapist write in every place that a reader shows."""
    story = a_case(clinic).with_sessions("k k")
    story.with_ratings("23", "34", comment=said()).with_goals(said(), said())
    story.with_commitments(said()).with_commitments(said(), by="therapist")


def newcomers(clinic: Clinic, number: int) -> list[tuple[Person, str]]:
    """Add clients who have never written anything, with a case each."""
    found = []
    for index in range(number):
        client = clinic.another_person(f"newcomer {index}")
        found.append((client, f"case-{clinic.another_case(client)}"))
    return found


def rotate_under_load(
    operator: Operator, clinics: list[Clinic], rotations: int, log: Path
) -> Counted:
    """Replace the master key again and again while everybody reads and writes."""
    house = operator.house
    readers = [(who, c.case_id) for c in clinics for who in (c.client, c.therapist)]
    writers = [(c.client, c.case_id) for c in clinics]
    fresh = [each for c in clinics for each in newcomers(c, 10 * rotations)]
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(house, log)) for _ in range(2)]
        for url in urls:
            await_server(url)
        loads = [Load(url, reading(readers)) for url in urls]
        loads += [Load(urls[0], writing(writers)), Load(urls[1], writing(fresh))]
        for load in loads:
            load.start()
        for number in range(rotations):
            operator.replaces_master()
            for load in loads:
                load.counted.reaches(EACH * (number + 1))
        for load in loads:
            load.stopped.set()
            load.join(timeout=WAIT)
    failures = [line for load in loads for line in load.counted.failures]
    return Counted(sum(load.counted.requests for load in loads), failures)


def erase(clinics: list[Clinic]) -> dict[UUID, UUID]:
    """Erase every client and the first therapist, as the privacy officers; return whose they were."""
    erased = [clinic.client for clinic in clinics] + [clinics[0].therapist]
    for clinic in clinics:
        for person in erased:
            if person.organisation == clinic.organisation:
                done = clinic.officer.done("erasePerson", "name erasedAt", person=person.id)
                assert (done["name"], bool(done["erasedAt"])) == (None, True)
    return {person.uuid: person.organisation for person in erased}


def stolen(operator: Operator, clinics: list[Clinic], log: Path) -> tuple[int, set[str]]:
    """Erase, replace the master key, and steal everything.

    Returns how many were erased, and what of theirs was found with the current keys.
    """
    house = operator.house
    before, old = thief.dumped(house), parse(house.masters.read_text())
    erased = erase(clinics)
    after = thief.dumped(house)
    operator.replaces_master()
    current = parse(house.masters.read_text())
    loot = thief.looted(house, before) + thief.looted(house, after) + thief.files(house)
    loot += thief.searched(log.read_bytes())
    readable = thief.recovered(loot, old, erased)
    assert len(readable) >= 5 * len(erased), "a thief with the old keys finds what they wrote"
    left = {clinics[-1].therapist.uuid: clinics[-1].organisation}
    fresh = thief.looted(house, thief.dumped(house))
    assert thief.recovered(fresh, current, left), "who was not erased is read as before"
    plain = {f"in plain, {loot.plain} times"} if loot.plain else set()
    return len(erased), thief.recovered(loot, current, erased) | plain


def experiment(small: bool) -> Figure:
    """Rotate under load, then erase and search; small: fewer rotations and people."""
    rotations, organisations = (2, 2) if small else (20, 6)
    with new_house() as house, tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "servers.log"
        clinics = [a_clinic(house).with_offices() for _ in range(organisations)]
        for clinic in clinics:
            tell(clinic)
        operator = Operator(house, small)
        load = rotate_under_load(operator, clinics, rotations, log)
        erased, found = stolen(operator, clinics, log)
    for line in [*load.failures[:10], *sorted(found)[:10]]:
        print(line)
    figure = (
        f"{load.requests:,} requests during {rotations} rotations, {len(load.failures)} failed; "
        f"{erased} erased, {len(found)} texts recoverable"
    )
    met = not (load.failures or found) and load.requests >= 100 * rotations
    return Figure("keys", figure, "0 and 0", met)
