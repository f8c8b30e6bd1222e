"""The service in a process of its own, as `alliance serve` runs it, with every log and span kept.

`python -m evidence.canary_server PORT SPANS`: logs go to standard error as JSON, at the level that
says most; spans to a file, through the same allow-list as in production.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import uvicorn
from opentelemetry import trace
from opentelemetry.sdk.trace.export import ConsoleSpanExporter

from alliance_api.app import create_app
from alliance_api.graph.websocket import SERVED
from chassis import logs, telemetry


def main() -> None:
    """Serve until it is ended."""
    port, spans = int(sys.argv[1]), Path(sys.argv[2])
    logs.log_as_json(level=logging.DEBUG)
    with spans.open("a", encoding="utf-8", buffering=1) as file:
        exporter = ConsoleSpanExporter(out=file)
        provider = telemetry.tracer_provider("alliance-api", exporter)
        trace.set_tracer_provider(provider)
        uvicorn.run(
            create_app(),
            host="127.0.0.1",
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            **SERVED,
        )
        provider.shutdown()


if __name__ == "__main__":
    main()
