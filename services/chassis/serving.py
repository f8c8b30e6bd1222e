"""How both services are served: no access log, an end without haste, and no trust that nobody gave."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

# Longer than a proxy keeps an unused connection: the side that sends must be the one that closes it.
KEEP_ALIVE_SECONDS: Final = 75
# Longer than a statement may take, and shorter than engines wait before they kill (10 s).
GRACE_SECONDS: Final = 7

NO_ADDRESSES = "TRUSTED_PROXIES are addresses or networks of proxies, with commas between; neither names nor all."


def proxies(given: str) -> list[str]:
    """Return the addresses and networks in a text. Raises `ValueError` for anything else, and for all."""
    found = [each.strip() for each in given.split(",") if each.strip()]
    for each in found:
        try:
            network = ipaddress.ip_network(each)
        except ValueError:
            raise ValueError(NO_ADDRESSES) from None
        if not network.prefixlen:
            raise ValueError(NO_ADDRESSES)
    return found


def options(trusted: str = "") -> dict[str, Any]:
    """Return what uvicorn is told. Who may say from where a request came, are the `trusted` proxies."""
    found = proxies(trusted)
    return {
        # A path can name a person. No log_config: ours is set by the composition root.
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        # Never left to uvicorn, which would read FORWARDED_ALLOW_IPS and take `*`.
        "proxy_headers": bool(found),
        "forwarded_allow_ips": found,
    }
