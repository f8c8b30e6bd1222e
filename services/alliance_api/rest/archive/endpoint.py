"""GET /v1/me/archive: everything of one's own, as a signed ZIP.

Stored GraphQL documents and pure maps: the archive holds what its person may read. It is made in
the memory, and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.problems import ALWAYS
from chassis.refused import Refused
from chassis.signing import SigningKey

from ..answering import Authenticate, Read, answering, principal_of
from .gather import MOST, Gathering, Nobody, TooLarge
from .zipped import zipped

# Each archive asks the database many times, and works a processor for as long as it is packed.
AT_ONCE: Final = 2
PATIENCE_SECONDS: Final = 120.0

_NO_KEY = (
    "Archives are signed, and there is no key to sign them with. The operator has to set "
    "EXPORT_KEY_FILE; `alliance export keys` makes the key."
)
_NOBODY = "You are nobody of this organisation, or your data were erased."
_TOO_LARGE = "You have more than {most} {kind}. Ask your clinic: an archive holds so many."
_UNAVAILABLE = "Your data could not be read or packed now. Try again."


def routes(
    read: Read,
    authenticate: Authenticate,
    key: SigningKey | None,
    product: str,
    clock: Callable[[], datetime],
) -> list[BaseRoute]:
    """Return the archive's route; without a key it says what is missing."""
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def made(request: Request) -> Response:
        principal = await principal_of(authenticate, request)
        if key is None:
            raise Refused(501, "NO_EXPORT_KEY", _NO_KEY)
        try:
            with anyio.fail_after(PATIENCE_SECONDS):
                async with limiter:
                    archive = await Gathering(read, principal).everything(clock())
                    body = await to_thread.run_sync(zipped, archive, key, product)
        except Nobody:
            raise Refused(404, "NOT_FOUND", _NOBODY) from None
        except TooLarge as found:
            told = _TOO_LARGE.format(most=MOST, kind=found)
            raise Refused(422, "TOO_LARGE", told) from None
        return Response(body, 200, _headers(archive.created), "application/zip")

    return [Route("/v1/me/archive", answering(made, "archive", _UNAVAILABLE))]


def _headers(created: datetime) -> dict[str, str]:
    # The name tells nothing of whose it is.
    name = f"alliance-archive-{created:%Y-%m-%d}.zip"
    always = {header.decode(): value.decode() for header, value in ALWAYS}
    return {**always, "content-disposition": f'attachment; filename="{name}"'}
