"""Applications that may ask: what is known of each, and which addresses are theirs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from alliance_api.store.desk import Desk

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
CREDENTIALS: Final = "client_credentials"
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS: Final = (CODE, REFRESH, CREDENTIALS, DEVICE)
METHODS: Final = ("none", "private_key_jwt", "client_secret_basic")
STRICT: Final = "FAPI2"
PROFILES: Final = ("SMART", STRICT)

_FIND: Final = "SELECT * FROM oauth.clients WHERE id = %(id)s AND revoked_at IS NULL"
_ADDRESS: Final = re.compile(r"[\x21-\x7e]{1,2000}")
# RFC 8252, 7.1: a scheme of one's own is a reversed domain name.
_OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")
_GOOD_ADDRESS: Final = (
    "https, http on 127.0.0.1 or [::1], or for a native application a reversed domain name"
)


@dataclass(frozen=True, slots=True)
class Client:
    """A registered application."""

    id: str
    name: str
    organisation: UUID | None
    person: UUID | None
    application: str
    method: str
    profile: str
    grants: frozenset[str]
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    dpop: bool
    jwks: Mapping[str, Any] | None
    jwks_uri: str | None
    launch_url: str | None
    # Their SHA-256: the present secret, and the one before, which is good until an instant.
    secret: bytes | None = field(default=None, repr=False)
    old_secret: bytes | None = field(default=None, repr=False)
    old_secret_until: datetime | None = None

    @property
    def is_public(self) -> bool:
        """Whether it can prove nothing about itself."""
        return self.method == "none"

    @property
    def is_strict(self) -> bool:
        """Whether FAPI 2 decides where suites contradict one another."""
        return self.profile == STRICT

    def redirects_to(self, given: str) -> bool:
        """Say whether an address is one of its own: the same text, but for a loopback's port."""
        if given in self.redirect_uris:
            return True
        wanted = _without_port(given) if self.application == "native" else None
        return wanted is not None and wanted in map(_without_port, self.redirect_uris)


async def find(desk: Desk, id_: str) -> Client | None:
    """Return a client that was not revoked."""
    row = await desk.row(_FIND, id=id_)
    if row is None:
        return None
    return Client(
        id=row["id"],
        name=row["name"],
        organisation=row["organisation_id"],
        person=row["person_id"],
        application=row["application"],
        method=row["method"],
        profile=row["profile"],
        grants=frozenset(row["grants"]),
        redirect_uris=tuple(row["redirect_uris"]),
        scopes=tuple(row["scopes"]),
        dpop=row["dpop"],
        jwks=row["jwks"],
        jwks_uri=row["jwks_uri"],
        launch_url=row["launch_url"],
        secret=row["secret_hash"],
        old_secret=row["old_secret_hash"],
        old_secret_until=row["old_secret_until"],
    )


def _without_port(address: str) -> tuple[str, str, str] | None:
    """Return a loopback address without its port (RFC 8252, 7.3), or None if it is none."""
    if not _ADDRESS.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        return None
    if parts.scheme != "http" or not here or "@" in parts.netloc or parts.fragment:
        return None
    # As it is written, not as a parser understands it: other spellings are other addresses.
    written = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
    return written.rstrip(":"), parts.path, parts.query


def redirect_fault(address: str, application: str) -> str | None:
    """Say what is wrong with a redirect address that somebody wants to register, or None."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "an absolute address"
    if not _ADDRESS.fullmatch(address) or set("#\\") & set(address) or "@" in parts.netloc:
        return "an absolute address without a fragment and a user's name"
    good = (
        (parts.scheme == "https" and host),
        _without_port(address) is not None,
        (application == "native" and _OWN_SCHEME.fullmatch(parts.scheme)),
    )
    return None if any(good) else _GOOD_ADDRESS
