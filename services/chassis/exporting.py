"""Where spans and metrics go: to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, or nowhere."""

from __future__ import annotations

import os

from opentelemetry import metrics, trace

from .metrics import meter_provider
from .telemetry import tracer_provider

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def install(service: str) -> None:
    """Begin to trace and to count. Without an endpoint nothing leaves, and logs have their ids."""
    if not os.environ.get(ENDPOINT):
        trace.set_tracer_provider(tracer_provider(service))
        return
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    trace.set_tracer_provider(tracer_provider(service, OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(meter_provider(service, reader))
