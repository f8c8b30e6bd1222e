"""HTTP to addresses that strangers gave us: resolve once, look at every answer, connect to that one.

`ipaddress.is_global` lets through NAT64, IPv4-compatible and other spellings of private
addresses, so the table is our own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import httpcore
from httpcore._backends.anyio import AnyIOBackend

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

# IANA's special-purpose registries, multicast, and every range that embeds an IPv4 address.
_FORBIDDEN_4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 "
    "198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
# Of IPv6 only the unicast space in use, and of it none that is special or a tunnel.
_ALLOWED_6 = "2000::/3"
_FORBIDDEN_6 = "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"
_DENIED_4 = [ipaddress.ip_network(text) for text in _FORBIDDEN_4.split()]
_DENIED_6 = [ipaddress.ip_network(text) for text in _FORBIDDEN_6.split()]
_UNICAST_6 = ipaddress.ip_network(_ALLOWED_6)


class Forbidden(Exception):  # noqa: N818  (it says what happened)
    """An address that is not of the public internet."""


def is_public(text: str) -> bool:
    """Say whether an IP address may be connected to."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _DENIED_4)
    if address.scope_id is not None or address not in _UNICAST_6:
        return False
    return not any(address in network for network in _DENIED_6)


async def resolve(host: str, port: int) -> list[str]:
    """Return every address of a host. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only, and to the very ones it looked at.

    TLS is spoken for the host's name above this, so that the certificate is still the name's.
    """

    def __init__(self, *, loopback: bool = False, resolver: Resolve = resolve) -> None:
        """Keep how names are resolved; `loopback` lets this machine through, in development."""
        self._behind, self._loopback, self._resolve = AnyIOBackend(), loopback, resolver

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's interface)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host's first address if all are public. Raises `Forbidden`."""
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError("the name does not resolve") from error
        if not found or not all(self._may(address) for address in found):
            raise Forbidden
        return await self._behind.connect_tcp(
            found[0], port, timeout, local_address, socket_options
        )

    def _may(self, address: str) -> bool:
        return is_public(address) or (self._loopback and ipaddress.ip_address(address).is_loopback)

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002  (httpcore's interface)
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  (the same)
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002  (the same)
    ) -> httpcore.AsyncNetworkStream:
        """Refuse."""
        raise Forbidden

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between its tries."""
        await anyio.sleep(seconds)
