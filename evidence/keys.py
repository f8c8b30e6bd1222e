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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from chassis.masters import parse
from evidence import thief
from evidence.figures import Figure
from evidence.thief import CANARY
from tests.builders import a_case
from tests.house import House, new_house
from tests.people import Clinic, Person, a_clinic, body, mutation_text, with_key

WAIT = 60.0
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
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, wrong: str | None) -> None:
        with self.lock:
            self.requests += 1
            if wrong:
                self.failures.append(wrong)


@contextmanager
def serving(house: House, log: Path) -> Iterator[str]:
    """Serve the API as a program of its own; give its address."""
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
        url = f"http://127.0.0.1:{port}"
        _wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + WAIT
    while process.poll() is None and time.monotonic() < until:
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


def operator(house: House, *arguments: str) -> None:
    """Run `alliance` as an operator does."""
    environment = {
        **os.environ,
        "DATABASE_ADMIN_URL": house.admin_url,
        "MASTER_KEYS_FILE": str(house.masters),
    }
    command = [sys.executable, "-m", "alliance_api", *arguments]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)


def replace_master(house: House) -> None:
    """Make a master key, wrap everything with it, and take away the one before."""
    [old] = parse(house.masters.read_text()).names
    operator(house, "keys", "new", "--file", str(house.masters))
    operator(house, "keys", "rotate")
    operator(house, "keys", "retire", old)


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


def rotate_under_load(house: House, clinics: list[Clinic], rotations: int, log: Path) -> Counted:
    """Replace the master key again and again while everybody reads and writes."""
    readers = [(who, c.case_id) for c in clinics for who in (c.client, c.therapist)]
    writers = [(c.client, c.case_id) for c in clinics]
    fresh = [each for c in clinics for each in newcomers(c, 10 * rotations)]
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(house, log)) for _ in range(2)]
        loads = [Load(url, reading(readers)) for url in urls]
        loads += [Load(urls[0], writing(writers)), Load(urls[1], writing(fresh))]
        for load in loads:
            load.start()
        for _ in range(rotations):
            replace_master(house)
        for load in loads:
            load.stopped.set()
            load.join(timeout=WAIT)
            assert load.counted.requests >= rotations, "each of them did something"
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


def stolen(house: House, clinics: list[Clinic], log: Path) -> tuple[int, set[str]]:
    """Erase, replace the master key, and steal everything.

    Returns how many were erased, and what of theirs was found with the current keys.
    """
    before, old = thief.dumped(house), parse(house.masters.read_text())
    erased = erase(clinics)
    after = thief.dumped(house)
    replace_master(house)
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
        load = rotate_under_load(house, clinics, rotations, log)
        erased, found = stolen(house, clinics, log)
    for line in [*load.failures[:10], *sorted(found)[:10]]:
        print(line)
    figure = (
        f"{load.requests:,} requests during {rotations} rotations, {len(load.failures)} failed; "
        f"{erased} erased, {len(found)} texts recoverable"
    )
    met = not (load.failures or found) and load.requests >= 100 * rotations
    return Figure("keys", figure, "0 and 0", met)
