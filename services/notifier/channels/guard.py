"""HTTP to addresses that strangers gave us: resolve once, look at every answer, connect to that one.

`ipaddress.is_global` lets through NAT64, IPv4-compatible and other spellings of private
addresses, so the table is our own.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
# What `getaddrinfo` says of an address: family, type, protocol, name, address.
Info = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

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


class Guard(AbstractResolver):
    """Lets aiohttp connect to public addresses only.

    A name's answers are all looked at when it is resolved, and each address once more when its socket
    is made: what is connected to is what was looked at, also where there was no name to resolve. TLS
    is spoken for the name, so that the certificate is still the name's.
    """

    def __init__(self, *, loopback: bool = False, resolver: Resolve = resolve) -> None:
        """Keep how names are resolved; `loopback` lets this machine through, in development."""
        self._loopback, self._resolve = loopback, resolver

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  (aiohttp's interface)
    ) -> list[ResolveResult]:
        """Return a host's addresses if all are public. Raises `Forbidden`, or `OSError`."""
        found = await self._resolve(host, port)
        if not found or not all(self._may(address) for address in found):
            raise Forbidden
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in found
        ]

    def socket(self, info: Info) -> socket.socket:
        """Return a socket for an address that may be connected to. Raises `Forbidden`."""
        family, kind, protocol, _, place = info
        if not self._may(str(place[0])):
            raise Forbidden
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Close nothing: there is nothing open."""

    def _may(self, address: str) -> bool:
        if is_public(address):
            return True
        try:
            return self._loopback and ipaddress.ip_address(address).is_loopback
        except ValueError:
            return False
