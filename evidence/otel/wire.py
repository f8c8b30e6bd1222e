"""Every metric and a span of ours, sent over a real wire to a real receiver in this process."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from chassis.metrics import METRICS, Sort, meter_provider
from chassis.telemetry import tracer_provider
from evidence.otel.collector import Kept, handler

SAID = "I do not feel understood by you"


def received() -> dict[str, Any]:
    """Send each metric with its labels and what must not leave; return what a collector saw."""
    kept = Kept({})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(kept))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        _send(f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return {**kept.seen(), "text": kept.text()}


def _send(url: str) -> None:
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{url}/v1/metrics"))
    provider = meter_provider("evidence", reader)
    meter = provider.get_meter("alliance")
    for metric in METRICS:
        instrument = getattr(meter, f"create_{metric.sort.value}")(metric.name, unit=metric.unit)
        labels = dict.fromkeys(metric.labels, "value") | {"comment": SAID}
        write = {Sort.GAUGE: "set", Sort.HISTOGRAM: "record"}.get(metric.sort, "add")
        getattr(instrument, write)(1, labels)
    meter.create_counter("a.library.of.others").add(1, {"url": SAID})
    provider.shutdown()
    spans = tracer_provider("evidence", OTLPSpanExporter(endpoint=f"{url}/v1/traces"))
    with spans.get_tracer("evidence").start_as_current_span("send") as span:
        span.set_attributes({"reminder.kind": "session-upcoming", "comment": SAID})
        span.record_exception(ValueError(SAID))
    spans.shutdown()
