"""Where spans and metrics go: to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, or nowhere.

A collector may come and go: while its name stands for nothing, nothing is sent and nothing is said
again and again about it. So one compose file names it always, and a profile starts it.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry import metrics, trace

from .metrics import meter_provider
from .telemetry import tracer_provider

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
AGAIN_SECONDS: Final = 30.0

_log = logging.getLogger("chassis.exporting")


class Collector:
    """Whether the collector's name stands for anything; asked again after a while."""

    def __init__(self, url: str, steady: Callable[[], float] = time.monotonic) -> None:
        """Keep its name; `steady` are the seconds of a clock that never jumps."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._steady = steady
        self._asked = float("-inf")
        self._there: bool | None = None

    def there(self) -> bool:
        """Say whether to send. Whether somebody listens there is the exporter's own affair."""
        if self._there is None or self._steady() - self._asked >= AGAIN_SECONDS:
            found, self._asked = self._known(), self._steady()
            if found is not self._there:
                _log.info("collector.found" if found else "collector.missing")
            self._there = found
        return self._there

    def _known(self) -> bool:
        try:
            return bool(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            return False


def sending(exporter: type, collector: Collector, dropped: Any) -> Any:
    """Return an exporter that drops, and answers `dropped`, while there is no collector."""

    class Sending(exporter):  # type: ignore[misc]  # whichever it is given
        def export(self, *given: Any, **more: Any) -> Any:
            """Export, or drop."""
            return super().export(*given, **more) if collector.there() else dropped

    return Sending()


def install(service: str) -> None:
    """Begin to trace and to count. Without an endpoint nothing leaves, and logs have their ids."""
    url = os.environ.get(ENDPOINT)
    if not url:
        trace.set_tracer_provider(tracer_provider(service))
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import SpanExportResult

    collector = Collector(url)
    spans = sending(OTLPSpanExporter, collector, SpanExportResult.SUCCESS)
    trace.set_tracer_provider(tracer_provider(service, spans))
    # What a counter counted meanwhile is told by the next that is sent: counters are cumulative.
    found = sending(OTLPMetricExporter, collector, MetricExportResult.SUCCESS)
    metrics.set_meter_provider(meter_provider(service, PeriodicExportingMetricReader(found)))
