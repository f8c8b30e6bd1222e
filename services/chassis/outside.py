"""Getting something at an address a stranger gave: only over TLS, and only from outside.

A name is resolved once; every address it has must be a public one, and the connection goes to an
address that was looked at. So a name that answers differently the second time gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

Resolve = Callable[[str, int], Awaitable[list[str]]]
TIMEOUT_SECONDS: Final = 5.0
_OK: Final = 200
_DIGITS: Final = 10
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# What `is_global` takes for public, or did in a Python we run on: a relay that forwards to wherever
# it likes (6to4), addresses of documents, and everything of IPv6 beside what is handed out (RFC 4291).
_NEVER: Final = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("3fff::/20"))
_HANDED_OUT: Final = ipaddress.ip_network("2000::/3")


@dataclass(frozen=True, slots=True)
class Got:
    """What came, and for how many seconds it may be kept; None: the sender did not say."""

    body: bytes
    lasts: float | None = None


class Refused(ValueError):  # noqa: N818  (it says what happened)
    """An address that is not asked, or an answer that is not taken."""


async def addresses(host: str, port: int) -> list[str]:
    """Resolve a name by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Tell whether an address is of the public internet, whatever it is wrapped in."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and any(found in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if found.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
        if found not in _HANDED_OUT:
            return False
    if any(found in network for network in _NEVER):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at, and to no other."""

    def __init__(self, resolve: Resolve, *, loopback: bool) -> None:
        self._resolve, self._loopback = resolve, loopback
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the protocol's)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await self._resolve(host, port)
        good = [one for one in found if is_public(one) or (self._loopback and _is_here(one))]
        if not found or len(good) < len(found):
            raise Refused("an address that is not public")
        return await self._backend.connect_tcp(
            good[0], port, timeout, local_address, socket_options
        )


def check(url: str, *, loopback: bool = False) -> None:
    """Raise `Refused` for an address that is never asked: not https, or with a user's name."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("not an address") from None
    schemes = {"https", "http"} if loopback and _is_here(host or "") else {"https"}
    if parts.scheme not in schemes or not host or parts.username is not None or parts.fragment:
        raise Refused("not an address that is asked")


async def get(url: str, limit: int, *, resolve: Resolve = addresses, loopback: bool = False) -> Got:
    """Get at most `limit` octets: no redirects, no proxies, no compression.

    `loopback` lets addresses of this machine be asked, for a developer.

    Raises:
        Refused: if the address, what it resolves to or the answer is not acceptable.
        httpcore.NetworkError, httpcore.TimeoutException, OSError: if it cannot be had.
    """
    check(url, loopback=loopback)
    headers = [("Accept", "application/json"), ("Accept-Encoding", "identity")]
    patience = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
    backend = _Checked(resolve, loopback=loopback)
    async with (
        asyncio.timeout(2 * TIMEOUT_SECONDS),
        httpcore.AsyncConnectionPool(network_backend=backend) as pool,
        pool.stream("GET", url, headers=headers, extensions={"timeout": patience}) as response,
    ):
        return Got(await _at_most(response, limit), lasts(response.headers))


async def _at_most(response: httpcore.Response, limit: int) -> bytes:
    if response.status != _OK:
        raise Refused("an answer other than 200")
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > limit:
            raise Refused("an answer that is too large")
    return bytes(body)


def lasts(headers: Sequence[tuple[bytes, bytes]]) -> float | None:
    """Return for how many seconds an answer may be kept, by its own headers (RFC 9111, 4.2.1).

    None if they say nothing. What makes no sense is not kept at all.
    """
    said = ",".join(
        value.decode("latin-1") for name, value in headers if _is(name, b"cache-control")
    )
    directives = dict(_directive(part) for part in said.split(",") if part.strip())
    if not directives.keys().isdisjoint({"no-store", "no-cache"}):
        return 0.0
    if "max-age" not in directives:
        return None
    old = next((value.decode("latin-1") for name, value in headers if _is(name, b"age")), "0")
    return max(0.0, _seconds(directives["max-age"]) - _seconds(old))


def _is(name: bytes, wanted: bytes) -> bool:
    return name.lower() == wanted


def _directive(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _seconds(text: str) -> float:
    text = text.strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return float(text) if is_number else 0.0
