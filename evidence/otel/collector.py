"""A collector's stand-in, in a container of its own: OTLP in, Prometheus' text and OTLP out.

`collector.py --config=FILE` does what FILE says as far as ours goes: OTLP over HTTP, deletion by
pattern, traces to another OTLP endpoint, metrics to be scraped. `collector.py` alone keeps traces, in
Jaeger's place. Both tell at /seen what they have seen, for the experiment.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from evidence.otel import names, pipelines

Labels = tuple[tuple[str, str], ...]


def value_of(value: Any) -> Any:
    """Return a protobuf value as Python's own."""
    return getattr(value, value.WhichOneof("value") or "string_value")


def attributes(found: Iterable[Any]) -> dict[str, Any]:
    """Return attributes as a dictionary."""
    return {each.key: value_of(each.value) for each in found}


class Kept:
    """What came in."""

    def __init__(self, config: dict[str, Any]) -> None:
        """Keep what to delete, and where to send."""
        self.lock = threading.Lock()
        self.series: dict[str, dict[Labels, float]] = defaultdict(dict)
        self.kinds: dict[str, str] = {}
        self.spans: list[dict[str, Any]] = []
        self.metrics: dict[str, set[str]] = defaultdict(set)
        self.resources: set[str] = set()
        self.instances: set[tuple[str, str]] = set()
        self.raw: list[bytes] = []
        actions = config.get("processors", {}).get("attributes/scrub", {}).get("actions", [])
        self.deleted = [
            re.compile(each["pattern"]) for each in actions if each["action"] == "delete"
        ]
        self.onward = [
            exporter["endpoint"].rstrip("/") + "/v1/traces"
            for name, exporter in config.get("exporters", {}).items()
            if name.startswith("otlphttp")
        ]

    def traces(self, body: bytes) -> None:
        """Take spans: scrub, keep, send on."""
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            whose = self._resource(resource.resource)
            for scope in resource.scope_spans:
                for span in scope.spans:
                    kept = [each for each in span.attributes if not self._is_deleted(each.key)]
                    del span.attributes[:]
                    span.attributes.extend(kept)
                    self.spans.append(_told(span, whose))
        for url in self.onward:
            given = request.SerializeToString()
            headers = {"content-type": "application/x-protobuf"}
            asked = urllib.request.Request(url, given, headers)  # noqa: S310  (from our own file)
            urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310  (the same)

    def _is_deleted(self, key: str) -> bool:
        return any(pattern.search(key) for pattern in self.deleted)

    def _resource(self, resource: Any) -> dict[str, Any]:
        found = attributes(resource.attributes)
        self.resources |= set(found)
        self.instances.add((found["service.name"], str(found.get("service.instance.id", ""))))
        return found

    def take_metrics(self, body: bytes) -> None:
        """Take metrics: the latest value of each series."""
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            whose = self._resource(resource.resource)
            base = {"job": whose["service.name"], "instance": whose.get("service.instance.id", "")}
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self._metric(metric, base)

    def _metric(self, metric: Any, base: dict[str, Any]) -> None:
        sort = metric.WhichOneof("data")
        data = getattr(metric, sort)
        kind = {"gauge": "gauge", "histogram": "histogram"}.get(sort, "up_down")
        if sort == "sum" and data.is_monotonic:
            kind = "counter"
        name = names.family(metric.name, metric.unit, kind)
        self.kinds[name] = "gauge" if kind == "up_down" else kind
        for point in data.data_points:
            own = attributes(point.attributes)
            self.metrics[metric.name] |= set(own)
            told = {names.label(key): str(value) for key, value in own.items()} | base
            if kind == "histogram":
                self._histogram(name, told, point)
            else:
                number = point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
                self._keep(name, told, number)

    def _histogram(self, name: str, told: dict[str, str], point: Any) -> None:
        total = 0
        bounds = [*map(_number, point.explicit_bounds), "+Inf"]
        for bound, count in zip(bounds, point.bucket_counts, strict=True):
            total += count
            self._keep(f"{name}_bucket", {**told, "le": bound}, total)
        self._keep(f"{name}_sum", told, point.sum)
        self._keep(f"{name}_count", told, point.count)

    def _keep(self, name: str, labels: dict[str, str], value: float) -> None:
        self.series[name][tuple(sorted(labels.items()))] = value

    def text(self) -> str:
        """Return what is scraped."""
        lines = [f"# TYPE {name} {kind}" for name, kind in sorted(self.kinds.items())]
        for name, found in sorted(self.series.items()):
            for labels, value in sorted(found.items()):
                inner = ",".join(f"{key}={json.dumps(text)}" for key, text in labels)
                lines.append(f"{name}{{{inner}}} {value}")
        return "\n".join(sorted(lines, key=lambda line: line.startswith("#"), reverse=True)) + "\n"

    def seen(self) -> dict[str, Any]:
        """Return what was seen."""
        return {
            "metrics": {name: sorted(found) for name, found in self.metrics.items()},
            "series": sorted(self.series),
            "resources": sorted(self.resources),
            "instances": sorted(self.instances),
            "spans": self.spans,
            "raw": b"".join(self.raw).decode("latin-1"),
        }


def _number(bound: float) -> str:
    return repr(int(bound)) if bound == int(bound) else repr(bound)


def _told(span: Any, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": span.name,
        "service": resource["service.name"],
        "trace": span.trace_id.hex(),
        "span": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "attributes": attributes(span.attributes),
        "events": [[event.name, attributes(event.attributes)] for event in span.events],
    }


def handler(kept: Kept) -> type[BaseHTTPRequestHandler]:
    """Return what answers."""

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with kept.lock:
                kept.raw.append(body)
                take = {"/v1/traces": kept.traces, "/v1/metrics": kept.take_metrics}.get(self.path)
                if take:
                    take(body)
            self._answer(b"", 200 if take else 404, "application/x-protobuf")

        def do_GET(self) -> None:
            with kept.lock:
                text = kept.text() if self.path == "/metrics" else json.dumps(kept.seen())
            self._answer(text.encode(), 200, "text/plain; version=0.0.4")

        def _answer(self, body: bytes, status: int, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Answers


def main(arguments: list[str]) -> None:
    """Serve until told to stop."""
    given = [each.partition("=")[2] for each in arguments if each.startswith("--config=")]
    config: dict[str, Any] = {}
    ports: set[int | None] = {4318, 16686}
    if given:
        config = yaml.safe_load(Path(given[0]).read_text(encoding="utf-8"))
        wrong = pipelines.problems(config)
        if wrong:
            sys.exit("\n".join(wrong))
        ports = {
            pipelines.port(config["receivers"]["otlp"]["protocols"]["http"]["endpoint"]),
            pipelines.port(config["exporters"]["prometheus"]["endpoint"]),
        }
    kept = Kept(config)
    # In a container: whoever is in its network may come.
    servers = [ThreadingHTTPServer(("0.0.0.0", port or 0), handler(kept)) for port in ports]  # noqa: S104
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
