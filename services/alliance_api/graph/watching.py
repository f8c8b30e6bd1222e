"""What every stream of answers shares: how many there may be, and the token that it lasts as long as."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import Final, Protocol

from starlette.types import Scope

from alliance_api.charter.principal import Principal

PLACES: Final = 500
"""How many subscriptions one process serves at once: each looks once a second."""
EACH: Final = 20
"""How many of these one person may have."""
KEEP_SECONDS: Final = 0.5
"""Between two looks at a token: with the second of a replica that listens, under two in all."""
LAST_SECONDS: Final = 2.0
"""So long one who does not read is waited for with the last that there is to say."""
FULL: Final = (
    "TOO_MANY_SUBSCRIPTIONS",
    "Too many are watching. End a subscription, or try again later.",
)
"""Code and message for whom there is no place."""

_log = logging.getLogger("alliance.graphql")


class Callers(Protocol):
    """Makes the principal of a request, and knows later whether its token is good yet."""

    def __call__(
        self, authorization: str | None, scope: Scope | None = None, /
    ) -> Awaitable[Principal]:
        """Return the principal of a header Authorization; a bound token needs all of the request.

        Raises `Unauthorised`.
        """

    def still(self, authorization: str, /) -> Awaitable[bool]:
        """Say whether a token that was taken is good yet."""


class Lost(Exception):  # noqa: N818  (it is told nobody but those who stream)
    """A stream ended for a fault of ours, and had better be asked for again."""


async def until_over(callers: Callers, authorization: str) -> None:
    """Return when a token is good no more, or nobody can say whether it is."""
    try:
        while await callers.still(authorization):  # noqa: ASYNC110  (nobody tells when it runs out)
            await asyncio.sleep(KEEP_SECONDS)
    except Exception as error:  # noqa: BLE001  # whatever it was: nobody has said that it is good
        lost(error)


async def unfailing(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield events; where they fail, they end: raise `Lost`, which tells nothing."""
    try:
        async for event in events:
            yield event
    except Exception as error:  # noqa: BLE001  # what is not foreseen must not tell what it saw
        lost(error)
        raise Lost from None


def lost(error: Exception) -> None:
    """Note that a stream ended for a fault of ours: of the error no more than its type."""
    _log.warning("graphql.stream.lost", extra={"exception.type": type(error).__name__})
