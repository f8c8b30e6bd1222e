"""Where somebody asks from, as far as it is worth telling apart."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """Return the network of an address: IPv4 as it is, IPv6 by its first 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6 and found.ipv4_mapped is not None:  # noqa: PLR2004  (the protocol's own number)
        return str(found.ipv4_mapped)
    prefix = 64 if found.version == 6 else 32  # noqa: PLR2004  (the same)
    return str(ipaddress.ip_network((found, prefix), strict=False))
