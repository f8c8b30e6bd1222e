"""`alliance serve`."""

from __future__ import annotations

import argparse

from .common import Verbs, verb


def register(verbs: Verbs) -> None:
    """Add the verbs of this module."""
    serve = verb(verbs, "serve", "serve the API; settings come from the environment", _serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1)


def _serve(found: argparse.Namespace) -> int:
    import uvicorn

    uvicorn.run(
        "alliance_api.app:serve_app",
        factory=True,
        host=found.host,
        port=found.port,
        workers=found.workers,
        # No access log: a path can name a person. No log_config: ours is set by `serve_app`.
        access_log=False,
        log_config=None,
        server_header=False,
    )
    return 0
