"""What the pages work with, put together once by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from alliance_api.store import second_steps
from alliance_api.store.transaction import Database
from chassis.masters import MasterKeys, Wrapped

from ..requests import Asked
from . import places
from .passkeys import Site
from .passwords import Passwords
from .places import Choice, Places, Read
from .upstream import Provider, Upstream

_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class NotSafe(ValueError):  # noqa: N818  (it says what was wrong)
    """An address at which people's cookies would not be safe."""


async def no_device(_: str) -> str | None:
    """Know no device at all."""
    return None


@dataclass
class Gatehouse:
    """The collaborators: each is real in production and in tests."""

    database: Database
    masters: MasterKeys
    read: Read
    clock: Callable[[], datetime]
    # The authorization server's `iss`: where these pages are served.
    address: str
    passwords: Passwords = field(default_factory=Passwords)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    upstream: Upstream = field(default_factory=Upstream)
    # Returns the request of the device that shows a code, if one waits; given by the desk of devices.
    entered: Callable[[str], Awaitable[str | None]] = no_device
    # Plain http, for development: on this machine only.
    plain_http: bool = False

    def __post_init__(self) -> None:
        """Refuse, when the service starts, to send cookies over the open net."""
        parts = urlsplit(self.address)
        if parts.scheme == "https" and parts.hostname:
            return
        if not (self.plain_http and parts.scheme == "http" and parts.hostname in _HERE):
            raise NotSafe("people sign in over https; over http on this machine only, if allowed")

    def now(self) -> datetime:
        """Return the time."""
        return self.clock()

    @property
    def site(self) -> Site:
        """Whom passkeys are made for."""
        parts = urlsplit(self.address)
        return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", "Alliance")

    @property
    def is_secure(self) -> bool:
        """Tell whether cookies go over TLS only."""
        return self.address.startswith("https:")

    @property
    def cookie(self) -> str:
        """The name of the cookie of a visit and a session."""
        return self._named("alliance")

    @property
    def device_cookie(self) -> str:
        """The name of the cookie of a browser that signed in before."""
        return self._named("alliance-device")

    @property
    def language_cookie(self) -> str:
        """The name of the cookie that keeps the language."""
        return self._named("alliance-language")

    def _named(self, name: str) -> str:
        # The prefix makes browsers keep the cookie to this host, this path and TLS.
        return f"__Host-{name}" if self.is_secure else name

    async def places(self, organisation: UUID, person: UUID) -> Places | None:
        """Return how somebody stands to an organisation, now."""
        return await places.places(self.database, organisation, person)

    async def greeting(self, organisation: UUID, person: UUID) -> tuple[str, str]:
        """Return the names of a person and of their organisation."""
        return await places.greeting(self.read, organisation, person)

    async def choices(self, organisation: UUID, person: UUID) -> list[Choice]:
        """Return for whom somebody may open an application."""
        return await places.choices(self.read, self.database, organisation, person)

    async def sealed(self, text: str, about: UUID) -> Wrapped:
        """Seal a secret of an account under the operator's current master key."""
        return await self.masters.wrap(text.encode(), second_steps.about(about))

    async def opened(self, wrapped: Wrapped, about: UUID) -> str:
        """Open what `sealed` made. Raises `UnknownMaster` or `DoesNotOpen`."""
        return (await self.masters.unwrap(wrapped, second_steps.about(about))).decode()

    def offered(self, asked: Asked | None) -> Sequence[Provider]:
        """Return the identity providers to offer: of whom the request is for, if that is known."""
        wanted = asked.organisation if asked else None
        found = self.providers.values()
        return [one for one in found if wanted is None or one.organisation == wanted]
