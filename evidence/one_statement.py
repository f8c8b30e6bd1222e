"""One statement per GraphQL query, counted on the wire: between the driver and PostgreSQL.

A relay stands where PostgreSQL's port would be, passes every byte on, and reads the messages of the
protocol as they pass: what is executed is counted whoever sent it, through whichever library.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
from anyio.from_thread import start_blocking_portal

from evidence.figures import Figure
from tests.builders import a_case, answers
from tests.house import House, new_house
from tests.people import Clinic, a_clinic

_START_UP_HEADER = 4
_HEADER = 5


@dataclass
class Wire:
    """What went over the wire: one entry for each statement executed."""

    statements: list[str] = field(default_factory=list)
    syncs: int = 0


class Relay:
    """Listens on a port of loopback, and passes connections on to PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._to = psycopg.conninfo.conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._wire = Wire()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The URL under which `alliance_api` reaches PostgreSQL through the relay."""
        port = self._listener.getsockname()[1]
        name = self._to["dbname"]
        return (
            f"postgresql://alliance_api@127.0.0.1:{port}/{name}?sslmode=disable&gssencmode=disable"
        )

    def taken(self) -> Wire:
        """Return what passed since the last time."""
        with self._lock:
            found, self._wire = self._wire, Wire()
        return found

    def close(self) -> None:
        """Stop listening and close every connection."""
        for each in (self._listener, *self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = self._connected()
            self._open += [near, far]
            parse = _Reader(self._note)
            for source, target, read in ((near, far, parse), (far, near, None)):
                threading.Thread(target=_pump, args=(source, target, read), daemon=True).start()

    def _connected(self) -> socket.socket:
        host, port = str(self._to["host"]), self._to.get("port") or 5432
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        found = socket.socket(socket.AF_UNIX)
        found.connect(f"{host}/.s.PGSQL.{port}")
        return found

    def _note(self, statement: str | None) -> None:
        with self._lock:
            if statement is None:
                self._wire.syncs += 1
            else:
                self._wire.statements.append(statement)


class _Reader:
    """Reads the frontend's half of the protocol of one connection."""

    def __init__(self, note: Callable[[str | None], None]) -> None:
        self._note = note
        self._bytes = b""
        self._started = False
        self._listens = False
        self._prepared: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}

    def __call__(self, chunk: bytes) -> None:
        self._bytes += chunk
        while (message := self._next()) is not None:
            self._message(*message)

    def _next(self) -> tuple[bytes, bytes] | None:
        # The first message of a connection has a length, and no letter before it.
        header = _HEADER if self._started else _START_UP_HEADER
        if len(self._bytes) < header:
            return None
        kind = self._bytes[: header - 4]
        end = header - 4 + int.from_bytes(self._bytes[header - 4 : header], "big")
        if len(self._bytes) < end:
            return None
        body, self._bytes = self._bytes[header:end], self._bytes[end:]
        self._started = True
        return kind, body

    def _message(self, kind: bytes, body: bytes) -> None:
        names = body.split(b"\0")
        if kind == b"P":
            self._prepared[names[0]] = names[1].decode()
        elif kind == b"B":
            self._portals[names[0]] = self._prepared[names[1]]
        elif kind == b"E":
            self._took(self._portals[names[0]])
        elif kind == b"Q":
            # ";" asks whether the connection is still alive; it does nothing.
            if names[0] != b";":
                self._took(names[0].decode())
        elif kind == b"S" and not self._listens:
            self._note(None)

    def _took(self, statement: str) -> None:
        # A connection that listens for revocations looks at its own pace, and serves no request.
        self._listens = self._listens or statement.startswith("LISTEN ")
        if not self._listens:
            self._note(statement)


def _pump(source: socket.socket, target: socket.socket, read: _Reader | None) -> None:
    try:
        while chunk := source.recv(1 << 16):
            if read:
                read(chunk)
            target.sendall(chunk)
    except OSError:
        pass
    finally:
        for each in (source, target):
            each.close()


class Relayed(House):
    """A house whose app reaches PostgreSQL through a relay."""

    def __init__(self, admin_url: str, portal: Any, stack: ExitStack) -> None:
        self.relay = Relay(admin_url)
        stack.callback(self.relay.close)
        super().__init__(admin_url, portal, stack)

    def settings(self, **values: Any) -> Any:
        """Send the app's connections, and only those, through the relay."""
        return super().settings(**{"database_url": self.relay.url, **values})


@contextmanager
def relayed(admin_url: str) -> Iterator[Relayed]:
    """Start the app over a database, through a relay."""
    with ExitStack() as stack:
        yield Relayed(admin_url, stack.enter_context(start_blocking_portal()), stack)


# --- What is asked --------------------------------------------------------------------------

DASHBOARD = """query Dashboard { caseload(first: 50) { totalCount nodes {
  id status
  client { name }
  latestScores(instrument: "alliance-check-in", informant: CLIENT, last: 5) { mean takenAt }
  goals(first: 3) { wording state }
  reliability(of: CLIENT) { kept { value numerator denominator } punctual { value } }
} } }"""
TRAJECTORY = """query Trajectory($case: ID!) { case(id: $case) {
  trajectory(instrument: "alliance-check-in", informant: CLIENT) {
    points { mean takenAt session { number plannedStart outcome } } } } }"""
SUBMIT = """mutation Submit($input: SubmitMeasurementInput!) { submitMeasurement(input: $input) {
  measurement { id scores { scale mean method { id } } answers { item value } comment
    session { number therapist { name } } instrument { code items { number } }
    withheld { facet reason } }
  problems { code field } } }"""


@dataclass
class Counts:
    """What each question cost, and whether its answer was as large as it had to be."""

    queries: dict[str, list[str]] = field(default_factory=dict)
    mutation: list[str] = field(default_factory=list)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    floors: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def per_query(self) -> dict[str, int]:
        """Statements of each query beside the one that binds its reader."""
        return {name: len(_unbound(found)) for name, found in self.queries.items()}

    @property
    def payload_reads(self) -> int:
        """How many statements came after the mutation's last write: those that read its payload."""
        last = max(n for n, text in enumerate(self.mutation) if text.startswith("INSERT"))
        return len(self.mutation[last + 1 :]) - 1  # the last one is the COMMIT

    @property
    def transactions(self) -> int:
        """How many transactions the mutation took."""
        begun = sum(text == "BEGIN" for text in self.mutation)
        whole = (self.mutation[0], self.mutation[-1]) == ("BEGIN", "COMMIT")
        return begun if whole else 0

    @property
    def met(self) -> bool:
        """Say whether every query was one statement, of the size it had to have."""
        one = all(count == 1 for count in self.per_query.values())
        bound = all(len(found) == 2 for found in self.queries.values())
        return one and bound and self.payload_reads == self.transactions == 1 and self.large

    @property
    def large(self) -> bool:
        """Say whether the answers held what was seeded."""
        return bool(self.sizes) and self.sizes == self.floors


def _unbound(statements: list[str]) -> list[str]:
    return [text for text in statements if not text.startswith("SELECT set_config(")]


def seeded(house: House, cases: int, sessions: int) -> Clinic:
    """Return a clinic whose therapist has cases of five ratings and three goals; one is long."""
    clinic = a_clinic(house)
    long = " ".join("k" * sessions)
    a_case(clinic).with_sessions(long).with_ratings(client="3" * sessions).with_goals("a", "b", "c")
    for number in range(1, cases):
        client = clinic.another_person(f"Client {number}")
        case = clinic.another_case(client)
        story = a_case(clinic, case=case, client=client, hours=2 * number)
        story.with_sessions("k k k k k").with_ratings(client="01234").with_goals("a", "b", "c")
    return clinic


def count(house: Relayed, clinic: Clinic, cases: int, sessions: int) -> Counts:
    """Ask each question twice and count both: neither preparing it nor repeating it costs another.

    The driver of the writes introduces itself on its first connection; that is no request's doing.
    """
    found = Counts()
    for turn in ("first", "again"):
        _ask(house, clinic, found, turn)
        found.floors[f"dashboard {turn}"] = (cases, 5 * cases, 3 * cases, cases)
        found.floors[f"trajectory {turn}"] = (sessions,)
    _submit(clinic)
    house.relay.taken()
    found.sizes["mutation"] = _submit(clinic)
    found.mutation = house.relay.taken().statements
    found.floors["mutation"] = (5, 0)
    return found


def _submit(clinic: Clinic) -> tuple[int, int]:
    given: dict[str, Any] = {"idempotencyKey": uuid4().hex, "case": clinic.case_id}
    given |= {"instrument": "alliance-check-in", "answers": answers(2), "comment": "Canary"}
    payload = clinic.client.reads(SUBMIT, input=given)["submitMeasurement"]
    return len(payload["measurement"]["answers"]), len(payload["problems"])


def _ask(house: Relayed, clinic: Clinic, found: Counts, turn: str) -> None:
    house.relay.taken()
    nodes = clinic.therapist.reads(DASHBOARD)["caseload"]["nodes"]
    found.queries[f"dashboard {turn}"] = house.relay.taken().statements
    points = clinic.therapist.reads(TRAJECTORY, case=clinic.case_id)["case"]["trajectory"]["points"]
    found.queries[f"trajectory {turn}"] = house.relay.taken().statements
    found.sizes[f"trajectory {turn}"] = (len(points),)
    found.sizes[f"dashboard {turn}"] = (
        len(nodes),
        sum(len(node["latestScores"]) for node in nodes),
        sum(len(node["goals"]) for node in nodes),
        sum(node["reliability"] is not None for node in nodes),
    )


def experiment(small: bool) -> Figure:
    """Count the statements of a dashboard, a trajectory and a mutation."""
    cases, sessions = (5, 8) if small else (50, 40)
    with new_house() as house, relayed(house.admin_url) as through:
        clinic = seeded(through, cases, sessions)
        counts = count(through, clinic, cases, sessions)
    print(counts.sizes)
    for statement in counts.mutation:
        print("  mutation:", " ".join(statement.split())[:100])
    figure = (
        f"{counts.per_query} statements beside the binding one, for {cases} cases and {sessions} "
        f"sessions; a mutation reads its payload by {counts.payload_reads} statement in "
        f"{counts.transactions} transaction"
    )
    return Figure("one-statement", figure, "1 each, answers complete", counts.met)
