"""Two questions an orchestrator asks: does the process live, and may it be given work?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Probe = Callable[[], Awaitable[object]]

PATIENCE_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


def live() -> Route:
    """Answer 200 as long as the event loop turns; asks nothing else, so that a sick database restarts nobody."""

    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"status": "live"})

    return Route("/health/live", answer)


def ready(probe: Probe, *, patience: float = PATIENCE_SECONDS) -> Route:
    """Answer 200 when `probe` returns within `patience` seconds, and 503 when it raises or is too slow."""

    async def answer(_: Request) -> JSONResponse:
        try:
            async with asyncio.timeout(patience):
                await probe()
        except Exception:  # noqa: BLE001 - whatever the probe raises means the same: not ready
            _log.warning("health.not_ready", exc_info=True)
            return JSONResponse({"status": "not ready"}, status_code=503)
        return JSONResponse({"status": "ready"})

    return Route("/health/ready", answer)
