"""`alliance serve`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alliance_api.settings import Settings

from .common import Verbs, verb


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    serve = verb(verbs, "serve", "serve the API; settings come from the environment", _serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1)


def _serve(found: argparse.Namespace) -> int:
    import uvicorn

    from alliance_api.graph.websocket import SERVED
    from chassis import serving

    uvicorn.run(
        "alliance_api.app:serve_app",
        factory=True,
        host=found.host,
        port=found.port,
        workers=found.workers,
        **SERVED,
        **serving.options(_checked().trusted_proxies),
    )
    return 0


def _checked() -> Settings:
    """Return the settings, or leave saying why, where workers would only die one after the other."""
    from pydantic import ValidationError

    from alliance_api.app import masters_of
    from alliance_api.settings import Settings
    from chassis.masters import BadMasters

    try:
        settings = Settings()  # type: ignore[call-arg]  # the environment fills them
        masters_of(settings)
    except ValidationError as error:
        sys.exit("\n".join(_told(found) for found in error.errors(include_input=False)))
    except (BadMasters, OSError) as error:
        sys.exit(f"The master keys cannot be read: {error}")
    return settings


def _told(error: Any) -> str:
    name = ".".join(map(str, error["loc"])).upper()
    return f"{name}: {error['msg']}" if name else str(error["msg"]).removeprefix("Value error, ")
