"""Addresses that strangers give: nothing inside is asked, however it is written."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpcore
import pytest

from chassis import outside
from chassis.outside import Refused

LIMIT = 1000


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    """Serve on this machine; yield the address, and the paths that were asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def sends(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


# Forms of addresses that lead inside, or nowhere that a stranger may send us. Of these Python's own
# `is_global` takes some for public, and which depends on its version.
INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::a9fe:a9fe", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:7f00:1::", "2001:2::1",
    "2001:10::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "fc00::1", "fd00:ec2::254",
    "fd20:ce::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
    "not an address", "",
]  # fmt: skip
# What only a resolver turns into an address: it does, and the address is looked at.
SHORTHAND = ["127.1", "0x7f000001", "2130706433", "017700000001", "0x7f.1", "localhost"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not outside.is_public(address)


@pytest.mark.parametrize("host", SHORTHAND)
def test_a_shorthand_of_this_machine_is_not_asked(host: str) -> None:
    with serving(sends(200, b"{}")) as (address, asked):
        port = address.rpartition(":")[2]
        with pytest.raises((Refused, OSError)):
            asyncio.run(outside.get(f"https://{host}:{port}/jwks", LIMIT))
        assert asked == []


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_outside_is_public(address: str) -> None:
    assert outside.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://keys.test/jwks", "ftp://keys.test/jwks", "file:///etc/passwd", "gopher://keys.test",
        "https://user@keys.test/jwks", "https://user:password@keys.test/jwks", "https:///jwks",
        "https://keys.test/jwks#x", "//keys.test/jwks", "jwks", "", "https://[::1", "http://127.0.0.1/",
        "https://keys.test:99999/",
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_not_asked(url: str) -> None:
    with pytest.raises(Refused):
        outside.check(url)


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.1"], []],
    ids=str,
)
def test_a_name_that_leads_inside_is_not_asked(found: list[str]) -> None:
    with serving(sends(200, b"{}")) as (address, asked):
        port = address.rpartition(":")[2]

        async def resolve(host: str, port: int) -> list[str]:
            assert host == "keys.test"
            return found

        with pytest.raises(Refused):
            asyncio.run(outside.get(f"https://keys.test:{port}/jwks", LIMIT, resolve=resolve))
        assert asked == []


def test_a_name_that_answers_differently_the_second_time_is_resolved_once() -> None:
    answers = [["203.0.114.1"], ["127.0.0.1"]]
    count = 0

    async def resolve(host: str, port: int) -> list[str]:
        nonlocal count
        count += 1
        return answers[min(count, 2) - 1]

    backend = outside._Checked(resolve, loopback=False)
    connected: list[str] = []

    class Backend:
        async def connect_tcp(self, host: str, *_: Any) -> Any:
            connected.append(host)
            raise OSError("nobody is there")

    spy: Any = Backend()
    backend._backend = spy
    with pytest.raises(OSError, match="nobody is there"):
        asyncio.run(backend.connect_tcp("keys.test", 443))
    assert (count, connected) == (1, ["203.0.114.1"])


def test_an_answer_of_this_machine_is_taken_for_a_developer_only() -> None:
    body = json.dumps({"keys": []}).encode()
    with serving(sends(200, body)) as (address, _):
        assert asyncio.run(outside.get(address, LIMIT, loopback=True)).body == body
        with pytest.raises(Refused):
            asyncio.run(outside.get(address, LIMIT))


def test_a_redirect_is_not_followed() -> None:
    with (
        serving(sends(200, b"secret")) as (inside, asked),
        serving(sends(302, b"", location=f"{inside}/metadata")) as (address, _),
    ):
        with pytest.raises(Refused):
            asyncio.run(outside.get(address, LIMIT, loopback=True))
        assert asked == []


def test_an_answer_without_end_is_cut_off() -> None:
    with (
        serving(sends(200, b"x" * (LIMIT + 1))) as (address, _),
        pytest.raises(Refused),
    ):
        asyncio.run(outside.get(address, LIMIT, loopback=True))


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises((httpcore.TimeoutException, TimeoutError)):
            asyncio.run(outside.get(f"http://127.0.0.1:{port}/", LIMIT, loopback=True))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ([], None),
        ([("ETag", "x")], None),
        ([("Cache-Control", "public")], None),
        ([("Cache-Control", "max-age=300")], 300.0),
        ([("cache-control", 'Public , MAX-AGE = "300"')], 300.0),
        ([("Cache-Control", "max-age=300"), ("Age", "100")], 200.0),
        ([("Cache-Control", "max-age=300"), ("Age", "400")], 0.0),
        ([("Cache-Control", "max-age=300"), ("Cache-Control", "no-store")], 0.0),
        ([("Cache-Control", "no-cache, max-age=300")], 0.0),
        ([("Cache-Control", "max-age=soon")], 0.0),
        ([("Cache-Control", "max-age=-1")], 0.0),
        ([("Cache-Control", "max-age=" + "9" * 50)], 0.0),
    ],
    ids=str,
)
def test_an_answer_says_how_long_it_may_be_kept(
    said: list[tuple[str, str]], seconds: float | None
) -> None:
    assert outside.lasts([(name.encode(), value.encode()) for name, value in said]) == seconds
