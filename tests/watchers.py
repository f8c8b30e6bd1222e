"""Those who watch: over server-sent events, and over a websocket."""

from __future__ import annotations

import json
import socket as socket_of
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, Queue
from socket import SHUT_RDWR
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.people import Person, body

PROTOCOL = "graphql-transport-ws"
CASE = "subscription($id: ID!) { caseChanged(id: $id) { id status goals { wording } } }"


class Ended(Exception):  # noqa: N818
    """The stream ended: `complete` says whether it said so."""

    def __init__(self, complete: bool) -> None:
        super().__init__(complete)
        self.complete = complete


class Events:
    """A response of server-sent events, read by a thread of its own."""

    def __init__(self, url: str, headers: Mapping[str, str], query: str, **given: Any) -> None:
        self._found: Queue[tuple[str, str]] = Queue()
        self.status: Queue[httpx.Response] = Queue()
        self._given = (url, dict(headers), body(query, given))
        self._client = httpx.Client(timeout=60, trust_env=False)
        self._line: socket_of.socket | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        url, headers, content = self._given
        headers = {**headers, "accept": "text/event-stream"}
        try:
            with self._client.stream(
                "POST", f"{url}/graphql", headers=headers, content=content
            ) as response:
                self._line = response.extensions["network_stream"].get_extra_info("socket")
                self.status.put(response)
                kind = ""
                for line in response.iter_lines():
                    if line.startswith("event: "):
                        kind = line.removeprefix("event: ")
                    elif line.startswith("data:"):
                        self._found.put((kind, line.removeprefix("data:").strip()))
        except httpx.HTTPError:
            pass
        self._found.put(("end", ""))

    @property
    def response(self) -> httpx.Response:
        return self.status.get(timeout=20)

    def next(self, seconds: float = 20) -> dict[str, Any]:
        """Return the next answer. Raises `Ended`, and `Empty` if none comes."""
        kind, data = self._found.get(timeout=seconds)
        if kind != "next":
            raise Ended(kind == "complete")
        found: dict[str, Any] = json.loads(data)
        return found

    def ends(self, seconds: float = 20) -> tuple[bool, float]:
        """Wait until it ends; return whether it said so, and the seconds it took."""
        return _until_end(self.next, seconds)

    def silent(self, seconds: float = 2.5) -> bool:
        """Say whether nothing comes."""
        return _silent(self.next, seconds)

    def close(self) -> None:
        """Hang up: to close the client would wait for what its thread reads."""
        if self._line is not None:
            with suppress(OSError):  # the other end was quicker
                self._line.shutdown(SHUT_RDWR)
        self._thread.join(20)
        self._client.close()


def asking(id_: str, query: str, **given: Any) -> dict[str, Any]:
    """Return the message that asks."""
    return {"id": id_, "type": "subscribe", "payload": {"query": query, "variables": given}}


class Socket:
    """A websocket whose owner keeps the protocol."""

    def __init__(self, url: str, who: Person | str | None = None, **given: Any) -> None:
        self._stack = ExitStack()
        self.line: ClientConnection = self._stack.enter_context(
            connect(
                url.replace("http", "ws") + "/graphql",
                subprotocols=[Subprotocol(given.pop("protocol", PROTOCOL))],
                proxy=None,
                **given,
            )
        )
        if who is not None:
            self.introduces(headers_of(who)["authorization"])
            assert self.next() == {"type": "connection_ack"}

    def introduces(self, authorization: str) -> None:
        self.send({"type": "connection_init", "payload": {"Authorization": authorization}})

    def send(self, message: object) -> None:
        self.line.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def at_once(self, *messages: object) -> None:
        """Send several in one write: whoever reads finds all of them there."""
        protocol = self.line.protocol
        for message in messages:
            protocol.send_text(json.dumps(message).encode())
        self.line.socket.sendall(b"".join(protocol.data_to_send()))

    def asks(self, id_: str, query: str, **given: Any) -> None:
        self.send(asking(id_, query, **given))

    def next(self, seconds: float = 20) -> dict[str, Any]:
        """Return the next message. Raises `Ended`, and `Empty` if none comes."""
        try:
            found: dict[str, Any] = json.loads(self.line.recv(timeout=seconds))
        except TimeoutError:
            raise Empty from None
        except ConnectionClosed:
            raise Ended(complete=False) from None
        if found["type"] == "complete":
            raise Ended(complete=True)
        return found

    def closed(self) -> int | None:
        """Wait until it is closed by the other end; return the code."""
        try:
            while True:
                self.line.recv(timeout=20)
        except ConnectionClosed:
            return self.line.close_code

    def ends(self, seconds: float = 20) -> tuple[bool, float]:
        """Wait until an operation or the connection ends; return which (an operation: True), and when."""
        return _until_end(self.next, seconds)

    def silent(self, seconds: float = 2.5) -> bool:
        """Say whether nothing comes."""
        return _silent(self.next, seconds)

    def close(self) -> None:
        self._stack.close()


def headers_of(who: Person | str) -> dict[str, str]:
    """Return the headers of somebody's requests, or of whoever holds a token."""
    if isinstance(who, Person):
        return who.headers
    return {"authorization": f"Bearer {who}", "content-type": "application/json"}


def _until_end(following: Callable[[float], object], seconds: float) -> tuple[bool, float]:
    began = time.monotonic()
    try:
        while True:
            following(seconds)
    except Ended as ended:
        return ended.complete, time.monotonic() - began


def _silent(following: Callable[[float], object], seconds: float) -> bool:
    try:
        following(seconds)
    except Empty:
        return True
    return False


@contextmanager
def events(url: str, who: Person | str, query: str = CASE, **given: Any) -> Iterator[Events]:
    """Watch over server-sent events, as somebody or by a token."""
    found = Events(url, headers_of(who), query, **given)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def socket(url: str, who: Person | str | None = None, **given: Any) -> Iterator[Socket]:
    """Open a websocket, as somebody if one is named."""
    found = Socket(url, who, **given)
    try:
        yield found
    finally:
        found.close()
